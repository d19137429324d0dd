import type { Values } from "../engine/lifecycle.js";
import { Code, objectText, stringText, valueText, widthOf } from "./code.js";
import { AliasOf, aboveOf, declarationsOf, IdOf, isProduction } from "./declarations.js";
import type { Environment, Item } from "./environment.js";
import { Identifiers } from "./identifiers.js";
import { aliasTables, kinds } from "./kinds.js";
import { logicalName } from "./names.js";
import { jsonText } from "./print.js";
import type { AliasEntry, References } from "./references.js";

export interface ProgramOptions {
  /** The project's name. */
  readonly name: string;
  /** The version range of this package, or the folder of a clone. */
  readonly dependency: string;
}

/** A Pulumi project, file by file, whose resources are those of an environment. Formatted as Prettier does by default. */
export function programFiles(environment: Environment, { name, dependency }: ProgramOptions): Map<string, string> {
  if (environment.workspaceId === undefined) {
    throw new Error(
      `${environment.name} does not say which workspace it belongs to, which a program needs: name its references file`,
    );
  }
  const project = projectName(name);
  const used = new Map<string, Map<string, string>>();
  const index = indexText(environment, used);
  return new Map([
    ["Pulumi.yaml", `name: ${project}\nruntime:\n  name: nodejs\n  options:\n    typescript: true\n`],
    ["package.json", jsonText(packageOf(project, dependency))],
    ["tsconfig.json", TSCONFIG],
    [".gitignore", "node_modules/\n"],
    ["references.ts", referencesText(environment, used)],
    ["index.ts", index],
  ]);
}

/** Before the folder of a clone in a `package.json`. */
export const CLONE = "file:";

const POLICIES = "node_modules/pulumi-amigo-policies";

/** The policies are asked for with the library's version; a clone does not give them. */
function packageOf(name: string, dependency: string): object {
  const hasPolicies = !dependency.startsWith(CLONE);
  return {
    name: name.toLowerCase(),
    private: true,
    main: "index.ts",
    scripts: {
      ...(hasPolicies
        ? { preview: `pulumi preview --policy-pack ${POLICIES}`, up: `pulumi up --policy-pack ${POLICIES}` }
        : {}),
      types: "tsc --noEmit",
    },
    dependencies: { "@pulumi/pulumi": "^3.248.0", "pulumi-amigo": dependency },
    devDependencies: {
      "@types/node": "^20.19.0",
      ...(hasPolicies ? { "pulumi-amigo-policies": dependency } : {}),
      typescript: "^5.9.0",
    },
  };
}

const TSCONFIG = `{
  "compilerOptions": {
    "strict": true,
    "target": "ES2022",
    "module": "Node16",
    "moduleResolution": "Node16",
    "skipLibCheck": true,
    "noEmit": true
  },
  "files": ["index.ts"]
}
`;

/** What Pulumi takes for a project's name, and npm for a package's. */
function projectName(name: string): string {
  const cleaned = name
    .normalize("NFKD")
    .replace(/[^A-Za-z0-9_.-]+/g, "-")
    .replace(/^[^A-Za-z]+|[-_.]+$/g, "")
    .slice(0, 100);
  return cleaned === "" ? "environment" : cleaned;
}

function indexText(environment: Environment, used: Map<string, Map<string, string>>): string {
  const declarations = declarationsOf(environment);
  const named = new Set(
    declarations.flatMap(({ args }) => Object.values(args).flatMap((v) => (v instanceof IdOf ? v.item : []))),
  );
  const variables = new Map<Item, string>();
  const identifiers = new Identifiers(aliasTables.keys());
  const aliases = new Map([...aliasTables.keys()].map((table) => [table, new Identifiers()]));
  const protect = isProduction(environment);
  const parts = declarations.map(({ item, args }): string => {
    if (named.has(item)) variables.set(item, identifiers.make(textsFor(item), wordFor(item)));
    const given = codeOf(args, { variables, aliases, used });
    return resourceText(item, variables.get(item), given, optionsOf(item, environment, variables, protect));
  });
  const tables = [...aliasTables.keys()].filter((table) => used.has(table));
  const imports = ['import * as amigo from "pulumi-amigo";', importText([...tables, "workspaceId"].sort())];
  return `${[[...seenNothingOf(environment), ...imports].join("\n"), ...parts].join("\n\n")}\n`;
}

function importText(names: readonly string[]): string {
  const line = `import { ${names.join(", ")} } from "./references";`;
  return widthOf(line) <= 80 ? line : `import {\n${names.map((name) => `  ${name},\n`).join("")}} from "./references";`;
}

/** Comments on what could not be seen. */
function seenNothingOf({ incomplete, notes = [] }: Environment): string[] {
  const hidden = kinds.filter(({ name, above }) => incomplete.has(name) && !(above && incomplete.has(above.name)));
  const sentences = [
    ...hidden.map(({ section }) => `The key could not read ${section}: none of them is declared here.`),
    ...notes.map((note) => `${note}.`),
  ];
  return sentences.map((sentence) => `// ${oneLine(sentence)}`).concat(sentences.length > 0 ? [""] : []);
}

/** The last key alone where it is free, else all of them. */
function textsFor({ path }: Item): string[] {
  return [path.at(-1) ?? "", [...path].reverse().join(" ")];
}

function wordFor({ kind: { name } }: Item): string {
  return `${name.charAt(0).toLowerCase()}${name.slice(1)}`;
}

interface Scene {
  readonly variables: ReadonlyMap<Item, string>;
  readonly aliases: ReadonlyMap<string, Identifiers>;
  /** The identifier of each alias that the program uses, by table. */
  readonly used: Map<string, Map<string, string>>;
}

function codeOf(args: Values, { variables, aliases, used }: Scene): Values {
  const code = Object.entries(args).map(([name, value]) => {
    if (value instanceof IdOf) return [name, new Code(`${variables.get(value.item)}.id`)];
    if (!(value instanceof AliasOf)) return [name, value];
    const { table, alias } = value;
    const known = used.get(table) ?? new Map<string, string>();
    used.set(table, known);
    const key = known.get(alias) ?? aliases.get(table)?.make([alias], aliasTables.get(table) ?? "alias") ?? alias;
    known.set(alias, key);
    return [name, new Code(`${table}.${key}`)];
  });
  return { workspaceId: new Code("workspaceId"), ...Object.fromEntries(code) };
}

function optionsOf(
  item: Item,
  { items }: Environment,
  variables: ReadonlyMap<Item, string>,
  protect: boolean,
): Values | undefined {
  const { guarded, within } = item.kind.form;
  const above = within?.deletedWith ? aboveOf(item, items) : undefined;
  if (above) return { deletedWith: new Code(variables.get(above) ?? "undefined") };
  return protect && guarded ? { protect: true } : undefined;
}

function resourceText(item: Item, variable: string | undefined, args: Values, options: Values | undefined): string {
  const start = `${variable === undefined ? "" : `const ${variable} = `}new amigo.${item.kind.name}(`;
  const name = stringText(logicalName(item));
  const head = `${start}${name}, {`;
  if (options === undefined && widthOf(head) <= 80) return `${start}${name}, ${objectText(args, 0)});`;
  const more = options === undefined ? "" : `  ${valueText(options, 2, 2, 1)},\n`;
  return `${start}\n  ${name},\n  ${objectText(args, 2)},\n${more});`;
}

/** The ids of one workspace, in one place: another workspace needs another file. */
function referencesText(
  { workspaceId, references }: Environment,
  used: ReadonlyMap<string, ReadonlyMap<string, string>>,
) {
  const parts = [`/** The workspace that all of it lives in. */\nexport const workspaceId = "${workspaceId}";`];
  for (const table of aliasTables.keys()) {
    const aliases = used.get(table);
    if (aliases) parts.push(tableText(table, aliases, references));
  }
  return `${parts.join("\n\n")}\n`;
}

function tableText(table: string, aliases: ReadonlyMap<string, string>, references: References): string {
  const lines = [...aliases]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([alias, key]) => {
      const entry = references.get(table, alias) as AliasEntry;
      const name = entry.name === undefined ? "" : ` // ${oneLine(entry.name)}`;
      const line = `  ${key}: "${entry.id}",`;
      return `${widthOf(line) <= 80 ? line : `  ${key}:\n    "${entry.id}",`}${name}\n`;
    });
  return `export const ${table} = {\n${lines.join("")}};`;
}

function oneLine(text: string): string {
  return text.replace(/\p{Cc}|\p{Zl}|\p{Zp}|\s+/gu, " ").trim();
}
