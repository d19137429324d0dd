import type { ResourceValidationPolicy } from "@pulumi/policy";
import type { Command } from "commander";
import { type Reason, reasonRows } from "../../../src/api/reasons.js";
import { createProgram } from "../../../src/cli/main.js";
import { refusals } from "../../../src/engine/advice.js";
import { environmentName, readSettings, SETTING_NAMES } from "../../../src/engine/settings.js";
import { lifecycles } from "../../../src/resources/index.js";
import { fileOf } from "./resources.js";
import { declarationText, docOfExport, errorClasses, exampleOf, functions, membersOf } from "./source.js";
import { code, page, table } from "./text.js";

export function indexPage(): string {
  const kinds = Object.values(lifecycles).map(({ kind }) => [`[${kind}](${fileOf(kind)})`, docOfExport(kind)]);
  const others = [
    ["[functions.md](functions.md)", "Look-ups of what exists."],
    ["[provider.md](provider.md)", "Settings, the explicit provider, environment variables."],
    ["[commands.md](commands.md)", "The command line `pulumi-amigo`."],
    ["[errors.md](errors.md)", "What a failure is called and what it means."],
    ["[policies.md](policies.md)", "Rules of the policy pack."],
  ];
  return page(
    "# Reference",
    "Read a page to know one thing in full.",
    table(["page", "what it is about"], [...kinds, ...others]),
  );
}

export function functionsPage(): string {
  const all = functions();
  const sections = all.map(({ name, doc, signature, args }) => [
    `## ${name}`,
    doc,
    ["```ts", signature, declarationText(args), "```"].join("\n"),
    ["```ts", exampleOf(name), "```"].join("\n"),
  ]);
  const results = [...new Set(all.map(({ result }) => result))].map((name) => [
    `## ${name}`,
    docOfExport(name),
    ["```ts", declarationText(name), "```"].join("\n"),
  ]);
  const intro =
    "Each function asks the API when the program runs, and fails when it does not find what it looks for. " +
    "Each has a twin for arguments that are outputs, such as `getServiceOutput`, which returns an output.";
  return page("# Functions", intro, ...sections.flat(), ...results.flat());
}

/** Variables that are no settings. */
const VARIABLES: [string, string][] = [
  [
    "`AMIGO_LOG`",
    "`debug` prints each request with its status and id; `trace` prints bodies too; `off`, the default, prints none. Keys are never printed.",
  ],
  [
    "`AMIGO_SHARED_BUDGET`",
    "Set by `pulumi-amigo budget` for what it starts: where the shared budget of requests is found.",
  ],
  ["`HTTPS_PROXY`, `HTTP_PROXY`, `NO_PROXY`", "The proxy for requests. Requests to this machine never use one."],
];

export function providerPage(): string {
  const members = membersOf("ProviderArgs");
  const rows = SETTING_NAMES.map((name) => {
    const member = members.get(name);
    if (!member) throw new Error(`the setting ${name} is no argument of Provider`);
    return [
      code(name),
      code(`amigo:${name}`),
      code(environmentName(name)),
      member.doc,
      member.default ?? "",
      limitsOfSetting(name),
    ];
  });
  return page(
    "# Provider and settings",
    docOfExport("Provider"),
    ["```ts", exampleOf("Provider"), "```"].join("\n"),
    "## Settings",
    "The default provider reads stack config, then the environment, then takes the default. Only the key is read from the environment first. " +
      "An explicit provider reads its arguments, then the environment, then takes the default.",
    table(["argument", "stack config", "environment", "meaning", "default", "limits"], rows),
    "## Other environment variables",
    table(["variable", "meaning"], VARIABLES),
  );
}

/** What the message about an impossible value says. */
function limitsOfSetting(setting: string): string {
  const config = (name: string) => (name === setting ? "impossible" : undefined);
  const { problems } = readSettings({ config, environment: {}, explicit: true });
  return /must be (.*)/.exec(problems.join())?.[1] ?? "";
}

export function commandsPage(): string {
  return page(
    "# Commands",
    "Run a command with `npx`, in a folder where the package is installed.",
    ...commandSections(createProgram()),
  );
}

/** The help of a command, then of each command in it. */
function commandSections(command: Command, above = ""): string[] {
  const name = `${above}${command.name()}`;
  const help = ["```", helpOf(command).trimEnd(), "```"].join("\n");
  return [`## ${name}`, help, ...command.commands.flatMap((inner) => commandSections(inner, `${name} `))];
}

/** What `--help` prints on a terminal of 100 columns. */
function helpOf(command: Command): string {
  let text = "";
  const write = (part: string) => {
    text += part;
  };
  command.configureOutput({ writeOut: write, getOutHelpWidth: () => 100, getOutHasColors: () => false });
  command.outputHelp();
  return text;
}

export function errorsPage(): string {
  const rows = errorClasses().map(({ name, parent, doc }) => [code(name), code(parent), doc]);
  const known: readonly {
    statuses: readonly number[];
    operations?: readonly string[];
    when?: RegExp;
    reason: Reason;
  }[] = reasonRows;
  const advice = known.map(({ statuses, operations, when, reason }) => [
    statuses.join(", "),
    (operations ?? [when ? "any, where the server's words fit" : "any other"])
      .map((operation) => operation.replaceAll("-", " "))
      .join(", "),
    refusals[reason],
  ]);
  return page(
    "# Errors",
    "Every message names the operation, the status and the request id where there is one, and says what to do next. " +
      "The message begins with the resource. These are the kinds:",
    table(["error", "is a", "when"], rows),
    "Each says whether its request may have taken effect (`outcome`): `rejected`, the server refused it; `not-sent`, it certainly had no " +
      "effect; `unknown`, a write may have been carried out. After `unknown` the provider looks before it says anything.",
    "## What to do next",
    "What a message says after the server's own words, by status and operation. The first row that fits counts; some fit only certain words of the server.",
    table(["status", "operation", "what to do"], advice),
  );
}

export function policiesPage(policies: readonly ResourceValidationPolicy[]): string {
  const sections = policies.map(({ name, displayName, description, enforcementLevel, severity, configSchema }) => {
    const rows = Object.entries(configSchema?.properties ?? {}).map(([key, schema]) => [
      code(key),
      code(String(schema.type)),
      schema.description ?? "",
    ]);
    return [
      `## ${name}`,
      `${displayName}. ${description}`,
      `Level: ${enforcementLevel}. Severity: ${severity}.`,
      ...(rows.length > 0 ? [table(["setting", "type", "meaning"], rows)] : []),
    ];
  });
  const intro = "The policy pack is the folder `policies`; its README says how to install and configure it.";
  return page("# Policies", intro, ...sections.flat());
}
