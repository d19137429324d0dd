import { z } from "zod";

/** JSON Schema, as far as zod writes it for the properties of resources. */
export interface Limits {
  type?: string;
  enum?: unknown[];
  minimum?: number;
  maximum?: number;
  minLength?: number;
  maxLength?: number;
  maxItems?: number;
  items?: Limits;
  properties?: Record<string, Limits>;
  additionalProperties?: Limits | false;
  required?: string[];
  /** What the messages of the schema's own checks say. */
  description?: string;
}

/** A schema as data; the words of its checks' messages become descriptions. */
export function limitsOf(schema: z.ZodType): Limits {
  return z.toJSONSchema(schema, {
    unrepresentable: "any",
    override: ({ zodSchema, jsonSchema }) => {
      const rules = rulesOf(zodSchema);
      if (rules.length > 0) jsonSchema.description = rules.join("; ");
    },
  }) as Limits;
}

function rulesOf(schema: z.core.$ZodTypes): string[] {
  const definition = schema._zod.def as { error?: Message; checks?: { _zod: { def: { error?: Message } } }[] };
  const messages = [definition.error, ...(definition.checks ?? []).map(({ _zod }) => _zod.def.error)];
  return messages.flatMap((message) =>
    message
      ? [
          String(message({}))
            .replace(/^must be /, "")
            .replace(/, such as .*/, ""),
        ]
      : [],
  );
}

type Message = (issue: object) => unknown;

/** What a value must be, in words; empty where any value of its type will do. */
export function limitsText(limits: Limits): string {
  const { items, enum: values, minLength, maxLength } = limits;
  const parts = [
    ...(values ? [values.map((value) => `\`${String(value)}\``).join(", ")] : []),
    bounds(limits.minimum, limits.maximum, ""),
    minLength === 1 && isOpen(maxLength) ? "not empty" : bounds(minLength, maxLength, " characters"),
    bounds(undefined, limits.maxItems, " items"),
    limits.type === "integer" ? "a whole number" : "",
    limits.description ?? "",
    items && limitsText(items) !== "" ? `each: ${limitsText(items)}` : "",
  ];
  return parts.filter((part) => part !== "").join("; ");
}

function isOpen(most: number | undefined): boolean {
  return most === undefined || most >= Number.MAX_SAFE_INTEGER;
}

function bounds(least: number | undefined, most: number | undefined, unit: string): string {
  const low = least !== undefined && least > Number.MIN_SAFE_INTEGER && least > 0 ? least : undefined;
  const high = isOpen(most) ? undefined : most;
  if (high === undefined) return low === undefined ? "" : `at least ${number(low)}${unit}`;
  return low === undefined ? `at most ${number(high)}${unit}` : `${number(low)} to ${number(high)}${unit}`;
}

function number(value: number): string {
  return value.toLocaleString("en-US");
}
