import { existsSync, readFileSync } from "node:fs";

/** One thing that the engine did, or in a preview would do, to a resource. */
export interface Step {
  /** `create`, `update`, `delete`, `same`, `refresh`, `create-replacement`, `delete-replaced`, `import`, ... */
  op: string;
  urn: string;
  type: string;
  name: string;
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
  diagnostics: Diagnostic[];
}

interface EngineEvent {
  resourcePreEvent?: { metadata: { op: string; urn: string; type: string }; planning?: boolean };
  diagnosticEvent?: { severity: string; message: string; urn?: string };
}

export function readEvents(file: string, isPreview: boolean): RunEvents {
  const lines = existsSync(file) ? readFileSync(file, "utf8").split("\n").filter(isComplete) : [];
  const events = lines.map((line) => JSON.parse(line) as EngineEvent);
  const steps = events.flatMap(({ resourcePreEvent: pre }) =>
    pre && Boolean(pre.planning) === isPreview ? [toStep(pre.metadata)] : [],
  );
  return { steps, changed: steps.filter(isChange).map(({ op, name }) => `${op} ${name}`), diagnostics: tell(events) };
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
