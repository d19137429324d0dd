import type { Lifecycle, Property } from "../../../src/engine/lifecycle.js";
import { snakeCase } from "../../../src/engine/wire.js";
import { lifecycles } from "../../../src/resources/index.js";
import { type Limits, limitsOf, limitsText } from "./limits.js";
import { docOfExport, exampleOf, type Member, membersOf } from "./source.js";
import { code, page, table } from "./text.js";

/** What the engine keeps as the id, and how to look it up. */
const IDS: Record<string, string> = {
  Workspace: "<workspaceId>",
  Service: "<serviceId>",
  VersionSet: "<serviceId>/<name>",
  UseCase: "<useCaseId>",
  ServiceBinding: "<useCaseId>",
  TestCallerNumbers: "<workspaceId>",
};

const CHANGES: Record<Property["change"], string> = {
  update: "updates in place",
  replace: "replaces the resource",
  action: "updates, without a field of its own",
  local: "is stored, and sends nothing",
};

const WITHDRAWN: Record<NonNullable<Property["withdrawn"]>, string> = {
  reset: "",
  unmanaged: "Removing it leaves the value as it is.",
  refuse: "It cannot be removed again.",
};

export function resourcePages(): Record<string, string> {
  const pages = Object.values(lifecycles).map((lifecycle) => [fileOf(lifecycle.kind), resourcePage(lifecycle)]);
  return Object.fromEntries(pages);
}

export function fileOf(kind: string): string {
  return `${snakeCase(kind).replaceAll("_", "-").replace(/^-/, "")}.md`;
}

function resourcePage(lifecycle: Lifecycle): string {
  const { kind, properties } = lifecycle;
  const args = membersOf(`${kind}Args`);
  const outputs = membersOf(kind);
  const id = IDS[kind];
  if (id === undefined) throw new Error(`say in IDS what the id of ${kind} is`);
  const rows = Object.entries(properties).map(([name, property]) => argumentRow(args.get(name), name, property));
  const computed = lifecycle.computed.map((name) => {
    const member = outputs.get(name);
    return [code(name), code(member?.type ?? ""), member?.doc ?? ""];
  });
  const state = lifecycle.inWorkspace ? ", { workspaceId }" : "";
  return page(
    `# ${kind}`,
    docOfExport(kind),
    ["```ts", exampleOf(kind), "```"].join("\n"),
    "## Arguments",
    docOfExport(`${kind}Args`),
    table(["argument", "meaning", "default", "limits", "a change", "API field"], rows),
    ...nestedSections(args, properties),
    "## Outputs",
    "Every argument is an output of the same name. The id is `id`.",
    ...(computed.length > 0 ? [table(["output", "type", "meaning"], computed)] : []),
    "## Import and look up",
    `The id is \`${id}\`.`,
    [
      "```ts",
      `new amigo.${kind}("name", { ... }, { import: "${id}" });`,
      `amigo.${kind}.get("name", "${id}"${state});`,
      "```",
    ].join("\n"),
  );
}

function argumentRow(member: Member | undefined, name: string, property: Property): string[] {
  if (!member) throw new Error(`the property ${name} is no argument`);
  const kept = property.change === "local" || property.change === "action";
  return [
    `${code(name)}${member.optional ? "" : " (required)"}<br>${code(member.type)}`,
    [member.doc, WITHDRAWN[property.withdrawn ?? "reset"]].filter(Boolean).join(" "),
    property.default === undefined ? (member.default ?? "") : code(JSON.stringify(property.default)),
    limitsText(withoutChoices(limitsOf(property.schema), member)),
    CHANGES[property.change],
    kept ? "none" : code(snakeCase(name)),
  ];
}

/** The type shows the choices, unless it is a name. */
function withoutChoices(limits: Limits, { type }: Member): Limits {
  return type.includes('"') ? { ...limits, enum: undefined } : limits;
}

/** The interfaces that arguments name, and those that these name. */
function nestedSections(args: Map<string, Member>, properties: Lifecycle["properties"]): string[] {
  const sections = new Map<string, string[]>();
  const visit = (member: Member, limits: Limits | undefined) => {
    const { refersTo } = member;
    if (!refersTo || sections.has(refersTo)) return;
    const members = [...membersOf(refersTo).values()];
    if (members.length === 0) return;
    const inner = propertiesIn(limits);
    const rows = members.map((one) => [
      `${code(one.name)}${one.optional ? "" : " (required)"}<br>${code(one.type)}`,
      one.doc,
      one.default ? code(one.default) : "",
      inner[one.name] ? limitsText(withoutChoices(inner[one.name] as Limits, one)) : "",
      code(snakeCase(one.name)),
    ]);
    const text = [
      `### ${refersTo}`,
      docOfExport(refersTo),
      table(["property", "meaning", "default", "limits", "API field"], rows),
    ];
    sections.set(refersTo, text);
    for (const one of members) visit(one, inner[one.name]);
  };
  for (const [name, { schema }] of Object.entries(properties)) {
    const member = args.get(name);
    if (member) visit(member, limitsOf(schema));
  }
  return [...sections.values()].flat();
}

function propertiesIn(limits: Limits | undefined): Record<string, Limits> {
  if (!limits) return {};
  return limits.properties ?? propertiesIn(limits.items ?? (limits.additionalProperties || undefined));
}
