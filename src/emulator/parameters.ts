import type { JsonSchema } from "./validation.js";

export interface ParameterObject {
  name: string;
  in: "path" | "query";
  required: boolean;
  schema: JsonSchema;
}

/** One schema for all parameters of a place. */
export function parametersSchema(parameters: ParameterObject[]): JsonSchema {
  return {
    type: "object",
    properties: Object.fromEntries(parameters.map((parameter) => [parameter.name, parameter.schema])),
    required: parameters.filter((parameter) => parameter.required).map((parameter) => parameter.name),
  };
}

/** Parameters as the contract types them, with its defaults; text that does not fit its type stays text. */
export function readParameters(parameters: ParameterObject[], texts: Record<string, string>): Record<string, unknown> {
  const entries = parameters.flatMap(({ name, schema }): [string, unknown][] => {
    const text = texts[name];
    if (text !== undefined) return [[name, readText(schema, text)]];
    return schema.default === undefined ? [] : [[name, schema.default]];
  });
  return Object.fromEntries(entries);
}

function readText(schema: JsonSchema, text: string): unknown {
  const type = schema.type ?? schema.anyOf?.find((member) => member.type !== "null")?.type;
  if (type === "integer" && /^-?\d+$/.test(text)) return Number(text);
  if (type === "boolean" && /^(true|1)$/i.test(text)) return true;
  if (type === "boolean" && /^(false|0)$/i.test(text)) return false;
  return text;
}
