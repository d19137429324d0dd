import { stringify } from "yaml";
import { COMMAND } from "../command.js";
import { type Difference, type DriftFinding, hidden, isSecretName, masked, seenLine, segmentsOf } from "./drift.js";
import { markerOf } from "./marker.js";
import type { Target } from "./target.js";
import { cut, fenceCharacters, fenced, mostCharacters, plain } from "./text.js";

export interface IssueText {
  target: Target;
  /** What two runs in a row have seen. */
  reported: readonly Difference[];
  /** How many differences one run has seen so far. */
  waiting: number;
  /** False where the run could not read everything. */
  complete: boolean;
  /** Keys for the next run. */
  seen: ReadonlySet<string>;
}

export function issueMarker(target: Target): string {
  return markerOf("drift", target.subject);
}

export function issueTitle({ subject: { project, stack } }: Target): string {
  return `Drift in stack ${project ? `${project}/` : ""}${stack}`;
}

/** The text of the issue. Its first two lines are for the next run and are never cut. */
export function issueBody(text: IssueText): string {
  const { target, reported, waiting, complete, seen } = text;
  const run = target.link ? `[This run](${target.link})` : "The last run";
  const head = [issueMarker(target), seenLine(seen)].join("\n");
  const notes = [
    ...(complete ? [] : [`${run} could not read everything, so there may be more differences.`]),
    ...(waiting > 0
      ? [
          `${waiting} ${reported.length > 0 ? "more " : ""}${waiting === 1 ? "difference was" : "differences were"} seen for the first time. The next run that sees this again reports it.`,
        ]
      : []),
  ];
  if (reported.length === 0) {
    return [head, `${run} has nothing to report: only what two runs in a row see is reported.`, ...notes].join("\n\n");
  }
  const changes = changesOf(reported);
  const rest = head.length + 2000 + 2 * fenceCharacters + notes.join("").length + 3 * (target.link?.length ?? 0);
  const room = Math.max(0, mostCharacters - rest);
  const list = cut(plain(listOf(reported)), Math.floor(room * (changes ? 0.6 : 1)));
  const yaml = cut(plain(changes), Math.floor(room * 0.4));
  const isCut = list.leftOut + yaml.leftOut > 0;
  return [
    head,
    `What is live differs from what stack \`${target.subject.stack}\` declares. Two runs in a row saw this. ${run} saw it last.`,
    fenced(list.text),
    ...(isCut
      ? [
          `**The list is too long for an issue.** \`${COMMAND} drift --stack ${target.subject.stack}\` prints all of it.`,
        ]
      : []),
    putBack(reported, target.subject.stack),
    takeOver(reported, yaml.text),
    ...notes,
    "The issue closes by itself when a run no longer sees the differences.",
  ].join("\n\n");
}

function putBack(reported: readonly Difference[], stack: string): string {
  const has = (name: DriftFinding["class"]) => reported.some(({ finding }) => finding.class === name);
  return [
    "### Put it back",
    "",
    ...(has("changed") || has("missing")
      ? [
          `\`pulumi up --refresh --stack ${stack}\` writes what is declared${has("missing") ? " and makes again what is missing" : ""}.`,
        ]
      : []),
    ...(has("foreign") ? ["It leaves alone what the stack does not declare: remove that by hand."] : []),
  ].join("\n");
}

function takeOver(reported: readonly Difference[], yaml: string): string {
  const has = (name: DriftFinding["class"]) => reported.some(({ finding }) => finding.class === name);
  return [
    "### Take it over",
    "",
    ...(has("changed")
      ? [
          yaml
            ? `Change the document to what is live:\n\n${fenced(yaml, "yaml")}\n`
            : "Change the document to the live values above.\n",
        ]
      : []),
    ...(has("missing") ? ["Remove from the document what is missing."] : []),
    ...(has("foreign") ? ["Add to the document what it does not declare, and take it over with `adopt`."] : []),
  ]
    .join("\n")
    .trimEnd();
}

const longestValue = 300;

function listOf(reported: readonly Difference[]): string {
  return byFinding(reported)
    .flatMap(([finding, differences]) => {
      const { class: kindOfDrift, kind, name, id, owner } = finding;
      const more = [...(id ? [`id ${id}`] : []), ...(owner ? [`owner ${owner}`] : [])].map((text) => oneLine(text));
      const title = `${kindOfDrift.padEnd(8)} ${oneLine(kind)} ${JSON.stringify(name)}${more.length > 0 ? ` (${more.join(", ")})` : ""}`;
      const fields = differences.flatMap(({ field }) =>
        field
          ? [
              `           ${oneLine(field.path)}: declared ${shown(field.path, field.declared)}, live ${shown(field.path, field.live)}`,
            ]
          : [],
      );
      return [title, ...fields];
    })
    .join("\n");
}

function shown(path: string, value: unknown): string {
  const safe = masked(path, value);
  if (safe === undefined || safe === null) return "not set";
  if (safe === hidden) return hidden;
  const text = JSON.stringify(safe);
  return text.length > longestValue ? `${cut(text, longestValue).text.replaceAll("\n", " ")}` : text;
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, " ");
}

/** The changes to the document, by resource; a place in a list, and a value that is hidden, is named only. */
function changesOf(reported: readonly Difference[]): string {
  return byFinding(reported)
    .filter(([finding]) => finding.class === "changed")
    .map(([{ kind, name }, differences]) => {
      const document: Record<string, unknown> = {};
      const byHand: string[] = [];
      for (const { field } of differences) {
        if (!field) continue;
        const safe = masked(field.path, field.live) ?? null;
        const isHidden = isSecretName(field.path) || JSON.stringify(safe).includes(JSON.stringify(hidden));
        if (isHidden || field.path.includes("[") || !place(document, segmentsOf(field.path), safe))
          byHand.push(field.path);
      }
      const comments = byHand.map((path) => `# ${oneLine(path)}: by hand, see above`);
      const values = Object.keys(document).length > 0 ? [stringify(document, { lineWidth: 0 }).trimEnd()] : [];
      return [`# ${oneLine(kind)} ${JSON.stringify(name)}`, ...values, ...comments].join("\n");
    })
    .join("\n");
}

/** Sets the value at a path; false where a name on it would not be a property of its own. */
function place(document: Record<string, unknown>, path: string[], value: unknown): boolean {
  const [first, ...others] = path;
  if (first === undefined || first === "__proto__") return false;
  if (others.length === 0) {
    document[first] = value;
    return true;
  }
  document[first] ??= {};
  const inner = document[first];
  return inner !== null && typeof inner === "object" && place(inner as Record<string, unknown>, others, value);
}

function byFinding(reported: readonly Difference[]): [DriftFinding, Difference[]][] {
  const groups = new Map<DriftFinding, Difference[]>();
  for (const difference of reported) {
    groups.set(difference.finding, [...(groups.get(difference.finding) ?? []), difference]);
  }
  return [...groups];
}
