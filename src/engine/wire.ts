import type { z } from "zod";

/**
 * Converts between the program's camelCase and the contract's snake_case along a schema of the camelCase form, so that the
 * keys of maps (version-set names, model parameters) stay as they are.
 */
export function toWire(schema: z.ZodType, value: unknown): unknown {
  return convert(schema, value, (key) => [key, snakeCase(key)]);
}

/** The reverse; keys that the schema does not know are left out. */
export function fromWire(schema: z.ZodType, value: unknown): unknown {
  return convert(schema, value, (key) => [snakeCase(key), key]);
}

export function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

type Definition = {
  type: string;
  innerType?: z.ZodType;
  shape?: Record<string, z.ZodType>;
  element?: z.ZodType;
  valueType?: z.ZodType;
};

function convert(schema: z.ZodType, value: unknown, keys: (key: string) => [from: string, to: string]): unknown {
  const definition = schema.def as unknown as Definition;
  if (definition.innerType) return convert(definition.innerType, value, keys);
  if (value === null || typeof value !== "object") return value;
  if (definition.element && Array.isArray(value)) {
    const { element } = definition;
    return value.map((item) => convert(element, item, keys));
  }
  if (definition.valueType) {
    const { valueType } = definition;
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, convert(valueType, inner, keys)]));
  }
  if (!definition.shape) return value;
  return Object.fromEntries(
    Object.entries(definition.shape).flatMap(([key, inner]) => {
      const [from, to] = keys(key);
      const found = Object.hasOwn(value, from) ? (value as Record<string, unknown>)[from] : undefined;
      return found === undefined ? [] : [[to, convert(inner, found, keys)]];
    }),
  );
}
