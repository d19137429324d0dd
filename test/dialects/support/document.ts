import { byDefault, differences, type Outcomes } from "./outcomes.js";
import { readings } from "./readings.js";
import { departures, settings } from "./values.js";

export function dialectsDocument(): string {
  const rows = readings.map(({ setting, wire, provider }) => {
    const { name, label } = departures.find((one) => one.label === setting) ?? { name: "", label: "" };
    const standard = settings.find((one) => one.name === name && one.isDefault)?.label ?? "";
    const word = (text: string) => `\`${text.slice(name.length + 1)}\``;
    return `| \`${name}\` | ${word(label)} | ${word(standard)} | ${wire} | ${provider} |`;
  });
  const outcomes = Object.entries(steps).map(([key, step]) => {
    const standard = byDefault[key as keyof Outcomes];
    const others = departures.flatMap(({ label }) => {
      const differing = differences[label]?.[key as keyof Outcomes];
      return differing === undefined ? [] : [`${inWords(differing)} (\`${label}\`)`];
    });
    return `| ${step} | ${inWords(standard)} | ${others.join("<br>")} |`;
  });
  return `${[INTRODUCTION, rows.join("\n"), OUTCOMES, outcomes.join("\n")].join("\n").trimEnd()}\n`;
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

const INTRODUCTION = `# Dialects: what the contract leaves open

You can make the emulator answer in each way that the contract allows. Each way is a value of a
switch, a **dialect**. Use one to try your program against a server that differs from the default.

The tests in \`test/dialects\` create, update, refresh, repair, replace and delete all six kinds of
resources. They do so under each value below and under 50 mixtures of values. After each step the
state must match the server, nothing may exist twice, and a second \`up\` must send nothing.

\`npm run docs\` writes this page.

| switch | value | default | what the server does | what the provider does |
| --- | --- | --- | --- | --- |`;

const OUTCOMES = `
## Where the result differs

All other results are the same under each value. Where a step is refused, the error names the
property, and the state keeps what the server has.

| step | by default | otherwise |
| --- | --- | --- |`;

function inWords(outcome: Outcomes[keyof Outcomes]): string {
  if (typeof outcome === "boolean") return outcome ? "yes" : "no";
  if (typeof outcome === "object")
    return outcome.length === 0 ? "none" : outcome.map((name) => `\`${name}\``).join(", ");
  return String(outcome);
}
