import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { dialectGuards } from "../guards.js";
import { byDefault, differences, type Outcomes } from "./outcomes.js";
import { readings } from "./readings.js";
import { departures, settings } from "./values.js";

const root = join(__dirname, "..", "..", "..");

/** Where the document stands, from the package's root. */
export const dialectsFile = "docs/dialects.md";

/** What came of trying a wrong implementation. */
export interface Trial {
  /** Tests under the setting that fail, of all of them. */
  readonly failed: number;
  readonly of: number;
  /** Tests on a default server that fail. */
  readonly byDefault: number;
}

export function renderDialects(trials: readonly (Trial | undefined)[]): string {
  const rows = readings.map(({ setting, wire, provider }) => {
    const { name, label } = departures.find((one) => one.label === setting) ?? { name: "", label: "" };
    const standard = settings.find((one) => one.name === name && one.isDefault)?.label ?? "";
    const word = (text: string) => `\`${text.slice(name.length + 1)}\``;
    const wrong = dialectGuards.flatMap((guard, index) =>
      guard.setting === setting ? [`${head(index)}${figures(trials[index])}`] : [],
    );
    return `| \`${name}\` | ${word(label)} | ${word(standard)} | ${wire} | ${provider} | ${wrong.join("<br>")} |`;
  });
  const outcomes = Object.entries(steps).map(([key, step]) => {
    const standard = byDefault[key as keyof Outcomes];
    const others = departures.flatMap(({ label }) => {
      const differing = differences[label]?.[key as keyof Outcomes];
      return differing === undefined ? [] : [`${said(differing)} (\`${label}\`)`];
    });
    return `| ${step} | ${said(standard)} | ${others.join("<br>")} |`;
  });
  return `${[INTRODUCTION, SETTINGS, rows.join("\n"), OUTCOMES, outcomes.join("\n")].join("\n").trimEnd()}\n`;
}

const steps: Record<keyof Outcomes, string> = {
  clearing: "A persona and a voice config are withdrawn",
  removedSets: "A version set is taken out",
  removals: "Its removal shows",
  parameters: "White space at the ends of a model's parameter",
  region: "Another region is declared",
  foreignDeletion: "Somebody deletes a service that a use case is bound to",
  archivedAgain: "An archived workspace is deleted",
  ends: "White space at the ends of a description",
  madeSets: "Version sets of a new service that nobody declared",
  throttled: "Requests are answered with 429 and sent again",
  missedRoutes: "Requests to a self-service route that is not there",
};

const INTRODUCTION = `# Dialects: right under every reading of the contract

Where the contract is silent the emulator can play each plausible server: its switches, the **dialects**. The whole life of
all six kinds of resources (create, nothing to do, update, withdrawal, drift, refresh, repair, replacement, deletion) runs under every
value of every switch and under 50 seeded combinations (\`test/dialects\`). After each step state is what the server holds, nothing
is double, and a second \`up\` sends nothing.

Each value has a wrong implementation: a small change of the source that a default server does not show. It was made once, to see
that the tests under the value fail and those on a default server pass.

This page is written by \`npm run traps\`; \`npm test\` checks that it is what the data says.
`;

const SETTINGS = `| switch | value | default | what changes on the wire | what the provider does | the wrong implementation that fails |
| --- | --- | --- | --- | --- | --- |`;

const OUTCOMES = `
## Outcomes that rightly differ

Everything else comes out the same under every value. In a combination each switch decides its own outcomes. Where a step is
refused, the error names the property and state keeps what the server holds.

| step | by default | otherwise |
| --- | --- | --- |`;

function head(index: number): string {
  const { wrong, file, together } = dialectGuards[index] as (typeof dialectGuards)[number];
  return `${wrong} (\`${file}\`${together === undefined ? "" : `, only together with \`${together}\``})`;
}

function figures(trial: Trial | undefined): string {
  return trial === undefined ? "" : `: ${trial.failed} of ${trial.of} tests fail, by default ${trial.byDefault}`;
}

function said(outcome: Outcomes[keyof Outcomes]): string {
  if (typeof outcome === "boolean") return outcome ? "yes" : "no";
  if (typeof outcome === "object")
    return outcome.length === 0 ? "none" : outcome.map((name) => `\`${name}\``).join(", ");
  return String(outcome);
}

/** What the document says of a wrong implementation, as it was when that was last tried. */
export function documentedTrial(index: number): Trial | undefined {
  const text = existsSync(join(root, dialectsFile)) ? readFileSync(join(root, dialectsFile), "utf8") : "";
  const start = text.indexOf(`${head(index)}: `);
  if (start < 0) return undefined;
  const found = /^: (\d+) of (\d+) tests fail, by default (\d+)/.exec(text.slice(start + head(index).length));
  return found ? { failed: Number(found[1]), of: Number(found[2]), byDefault: Number(found[3]) } : undefined;
}

/** Everything in which the document is not true of the data, and the wrong implementations not of the source. */
export function dialectProblems(): string[] {
  const trials = dialectGuards.map((_, index) => documentedTrial(index));
  const isCurrent =
    existsSync(join(root, dialectsFile)) && readFileSync(join(root, dialectsFile), "utf8") === renderDialects(trials);
  return [
    ...(isCurrent ? [] : [`${dialectsFile} is not what the data in test/dialects says`]),
    ...dialectGuards.flatMap((_, index) => unfit(index)),
    ...dialectGuards.flatMap((_, index) => unproven(index, trials[index])),
    ...departures.flatMap(({ label }) =>
      dialectGuards.some(({ setting }) => setting === label) ? [] : [`${label} has no wrong implementation`],
    ),
    ...dialectGuards.flatMap(({ setting, together }) =>
      [setting, together ?? setting].flatMap((label) =>
        departures.some((one) => one.label === label) ? [] : [`there is no setting ${label}`],
      ),
    ),
  ];
}

/** A wrong implementation whose text does not stand exactly once in its file. */
export function unfit(index: number): string[] {
  const { setting, wrong, file, find } = dialectGuards[index] as (typeof dialectGuards)[number];
  const times = readFileSync(join(root, file), "utf8").split(find).length - 1;
  return times === 1 ? [] : [`${setting} (${wrong}): its text stands ${times} times in ${file}`];
}

/** A wrong implementation that no test under its setting notices, or that a default server shows as well. */
export function unproven(index: number, trial: Trial | undefined): string[] {
  const { setting, wrong } = dialectGuards[index] as (typeof dialectGuards)[number];
  if (trial === undefined) return [`${setting} (${wrong}): not tried yet`];
  return [
    ...(trial.failed === 0 ? [`${setting}: no test notices one that ${wrong}`] : []),
    ...(trial.byDefault > 0 ? [`${setting}: a default server shows one that ${wrong} as well`] : []),
  ];
}
