import { existsSync, readFileSync } from "node:fs";

/** One thing that the engine did, or in a preview would do, to a resource. */
export interface Step {
  /** `create`, `update`, `delete`, `same`, `refresh`, `create-replacement`, `delete-replaced`, `import`, ... */
  op: string;
  urn: string;
  type: string;
  name: string;
}

/** How a step ended. */
export interface EngineStep {
  op: string;
  urn: string;
  /** What the resource had, or got; empty where there was none. */
  id: string;
  ok: boolean;
}

export interface Diagnostic {
  severity: string;
  message: string;
  urn?: string;
}

/** What the engine's own event log says about a run. */
export interface RunEvents {
  /** All steps in the order in which they began; those of the preview that precedes an `up` are left out. */
  steps: Step[];
  /** The steps that change something, as `op name`, without the stack itself and its providers. */
  changed: string[];
  /** All steps that ended, in that order. */
  done: EngineStep[];
  diagnostics: Diagnostic[];
}

interface Metadata {
  op: string;
  urn: string;
  type: string;
  old?: { id?: string };
  new?: { id?: string };
}

interface EngineEvent {
  resourcePreEvent?: { metadata: Metadata; planning?: boolean };
  resOutputsEvent?: { metadata: Metadata; planning?: boolean };
  resOpFailedEvent?: { metadata: Metadata };
  diagnosticEvent?: { severity: string; message: string; urn?: string };
}

export function readEvents(file: string, isPreview: boolean): RunEvents {
  const lines = existsSync(file) ? readFileSync(file, "utf8").split("\n").filter(isComplete) : [];
  const events = lines.map((line) => JSON.parse(line) as EngineEvent);
  const steps = events.flatMap(({ resourcePreEvent: pre }) =>
    pre && Boolean(pre.planning) === isPreview ? [toStep(pre.metadata)] : [],
  );
  const changed = steps.filter(isChange).map(({ op, name }) => `${op} ${name}`);
  return { steps, changed, done: events.flatMap((event) => ended(event, isPreview)), diagnostics: tell(events) };
}

function ended({ resOutputsEvent: made, resOpFailedEvent: failed }: EngineEvent, isPreview: boolean): EngineStep[] {
  if (made && Boolean(made.planning) !== isPreview) return [];
  const metadata = made?.metadata ?? failed?.metadata;
  if (!metadata) return [];
  const { op, urn, old, new: now } = metadata;
  return [{ op, urn, id: now?.id || old?.id || "", ok: made !== undefined }];
}

/** A killed engine may leave half a line at the end. */
function isComplete(line: string): boolean {
  return line.startsWith("{") && line.endsWith("}");
}

function toStep({ op, urn, type }: { op: string; urn: string; type: string }): Step {
  return { op, urn, type, name: urn.slice(urn.lastIndexOf("::") + 2) };
}

function isChange({ op, type }: Step): boolean {
  return op !== "same" && type !== "pulumi:pulumi:Stack" && !type.startsWith("pulumi:providers:");
}

function tell(events: EngineEvent[]): Diagnostic[] {
  return events.flatMap(({ diagnosticEvent: found }) =>
    found ? [{ severity: found.severity, message: withoutColors(found.message), urn: found.urn || undefined }] : [],
  );
}

function withoutColors(text: string): string {
  return text.replace(/<\{%.*?%\}>/g, "");
}
