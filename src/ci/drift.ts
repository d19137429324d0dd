import { createHash } from "node:crypto";
import { z } from "zod";
import { COMMAND } from "../command.js";

const field = z.object({ path: z.string(), declared: z.unknown(), live: z.unknown() });

const finding = z.object({
  class: z.enum(["changed", "missing", "foreign"]),
  kind: z.string(),
  name: z.string(),
  id: z.string().nullish(),
  owner: z.string().nullish(),
  fields: z.array(field).nullish(),
});

const report = z.object({
  stack: z.string(),
  /** False where something could not be read: what is not among the findings may differ, too. */
  complete: z.boolean(),
  findings: z.array(finding),
});

export type DriftField = z.infer<typeof field>;
export type DriftFinding = z.infer<typeof finding>;
/** What `pulumi-amigo drift --json` prints. */
export type DriftReport = z.infer<typeof report>;

/** Takes the text of a report; says what is wrong with it. */
export function parseDrift(text: string, stack: string): DriftReport {
  let value: unknown;
  try {
    value = JSON.parse(text.replace(/^\ufeff/, ""));
  } catch (error) {
    throw new Error(`the input is no JSON: ${(error as Error).message}. Give what \`${COMMAND} drift --json\` prints.`);
  }
  const parsed = report.safeParse(value);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const where = issue?.path.length ? ` at ${issue.path.join(".")}` : "";
    throw new Error(
      `the input is no drift report${where}: ${issue?.message}. Give what \`${COMMAND} drift --json\` prints.`,
    );
  }
  const last = (name: string) => name.slice(name.lastIndexOf("/") + 1);
  if (last(parsed.data.stack) !== last(stack)) {
    throw new Error(
      `the input is about stack ${JSON.stringify(parsed.data.stack)}, and --stack is ${JSON.stringify(stack)}`,
    );
  }
  return parsed.data;
}

/** One thing that differs: a field, or a whole resource. */
export interface Difference {
  finding: DriftFinding;
  field: DriftField | undefined;
  /** The same for the same difference in every run, whatever its values are. */
  key: string;
}

/** All differences of a report, each once. */
export function differencesOf({ findings }: DriftReport): Difference[] {
  const all = findings.flatMap((finding): Difference[] => {
    const fields = finding.class === "changed" && finding.fields?.length ? finding.fields : [undefined];
    return fields.map((one) => ({ finding, field: one, key: keyOf(finding, one?.path ?? "") }));
  });
  return [...new Map(all.map((difference) => [difference.key, difference])).values()];
}

const keyLength = 8;

function keyOf({ class: kindOfDrift, kind, name, id }: DriftFinding, path: string): string {
  const named = JSON.stringify([kindOfDrift, kind, id ?? name, path]);
  return createHash("sha256").update(named).digest("base64url").slice(0, keyLength);
}

/** What an issue has room for, beside the text. */
export const mostKeys = 4000;

/** The keys as one line that only this reads; those beyond {@link mostKeys} are forgotten. */
export function seenLine(keys: Iterable<string>): string {
  return `<!-- pulumi-amigo seen ${[...keys].sort().slice(0, mostKeys).join("")} -->`;
}

/** What such a line holds; undefined where it is none. */
export function readSeen(line: string | undefined): Set<string> | undefined {
  const [, keys] = /^<!-- pulumi-amigo seen ([\w-]*) -->$/.exec(line?.trim() ?? "") ?? [];
  if (keys === undefined || keys.length % keyLength !== 0) return undefined;
  return new Set(Array.from({ length: keys.length / keyLength }, (_, at) => keys.substr(at * keyLength, keyLength)));
}

/** Whether a field of this name may hold a secret. */
export function isSecretName(path: string): boolean {
  return segmentsOf(path).some((name) => /(key|token|secret|password)$/i.test(name));
}

/** The names on a path such as `versionSets.release` or `params["api-key"]`. */
export function segmentsOf(path: string): string[] {
  return [...path.matchAll(/\["((?:[^"\\]|\\.)*)"\]|\[(\d+)\]|([^.[\]]+)/g)].map(
    ([, quoted, index, plainName]) => quoted ?? index ?? plainName ?? "",
  );
}

export const hidden = "(hidden)";

/** What `pulumi-amigo drift` writes in place of a secret, or of a part of a text. */
const redacted = "[redacted]";

/** The value without what stands under a secret's name, whichever side it is on. */
export function masked(path: string, value: unknown): unknown {
  if (value === undefined || value === null) return value;
  return isSecretName(path) ? hidden : withoutSecrets(value);
}

function withoutSecrets(value: unknown): unknown {
  if (typeof value === "string" && value.includes(redacted)) return hidden;
  if (Array.isArray(value)) return value.map(withoutSecrets);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [
      name,
      isSecretName(name) && item !== null ? hidden : withoutSecrets(item),
    ]),
  );
}
