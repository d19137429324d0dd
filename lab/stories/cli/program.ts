import { type Declaration, type Options, type Program, Ref } from "../../engine/program.js";

/** The program as JavaScript, as a user would write it. */
export function programText(program: Program): string {
  const variables = new Map(program.map(({ kind, name }, index) => [`${kind} ${name}`, `resource${index}`]));
  const variable = ({ kind, name }: { kind: string; name: string }) => {
    const found = variables.get(`${kind} ${name}`);
    if (!found) throw new Error(`the program names ${kind} "${name}", which it does not declare`);
    return found;
  };
  const literal = (value: unknown): string => {
    if (value instanceof Ref) return `${variable(value)}.${value.output}`;
    if (Array.isArray(value)) return `[${value.map(literal).join(", ")}]`;
    if (value === null || typeof value !== "object") return JSON.stringify(value) ?? "undefined";
    return object(Object.entries(value).map(([key, inner]) => [key, literal(inner)]));
  };
  const statement = (declaration: Declaration): string => {
    const { kind, name, inputs, options } = declaration;
    const secrets = options.secrets ?? [];
    const values = Object.entries(inputs).map(([key, value]): [string, string] => [
      key,
      secrets.includes(key) ? `pulumi.secret(${literal(value)})` : literal(value),
    ]);
    const className = `${kind[0]?.toUpperCase()}${kind.slice(1)}`;
    const made = `new amigo.${className}(${JSON.stringify(name)}, ${object(values)}, ${object(resourceOptions(options))})`;
    return `const ${variable(declaration)} = ${made};`;
  };
  const resourceOptions = ({ aliases, deletedWith, secrets, provider, ...others }: Options) => {
    if (provider) throw new Error("a story's program has no explicit provider");
    const chosen = Object.entries(others).map(([key, value]): [string, string] => [key, literal(value)]);
    if (aliases) chosen.push(["aliases", literal(aliases.map((name) => ({ name })))]);
    if (deletedWith) chosen.push(["deletedWith", variable(deletedWith)]);
    return chosen;
  };
  return [
    'const pulumi = require("@pulumi/pulumi");',
    'const amigo = require("pulumi-amigo");',
    ...program.map(statement),
    "",
  ].join("\n");
}

function object(values: readonly (readonly [key: string, text: string])[]): string {
  return `{ ${values.map(([key, text]) => `${JSON.stringify(key)}: ${text}`).join(", ")} }`;
}
