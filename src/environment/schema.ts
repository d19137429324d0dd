import { z } from "zod";
import type { Field, Kind } from "./kinds.js";
import { FORMER_NAME, fieldsOf, kinds, mayBeRenamed, roots } from "./kinds.js";

/** An alias of the references file. */
const alias = z
  .string()
  .min(1)
  .max(256)
  .regex(/^\S(.*\S)?$/, { error: "must be an alias of the references file, without white space at its ends" })
  .describe("An alias; the references file of each workspace says which id it stands for.");

const sections = kinds.map(({ section }) => section) as [string, ...string[]];

/** The contract of an environment document. */
export const documentSchema = z.strictObject({
  version: z.literal(1),
  $schema: z.string().optional(),
  ...Object.fromEntries(roots.map((kind) => [kind.form.section, sectionSchema(kind).optional()])),
  incomplete: z
    .array(z.enum(sections))
    .optional()
    .describe("The kinds that could not be read. They are never compared, and never taken for empty."),
});

/** The JSON Schema that editors use; shipped as `schemas/environment.schema.json`. */
export function jsonSchema(): object {
  const { $schema, ...schema } = z.toJSONSchema(documentSchema, { io: "input", unrepresentable: "any" }) as Record<
    string,
    unknown
  >;
  return { $schema, title: "Amigo environment", description: "One workspace of the Amigo platform.", ...schema };
}

function sectionSchema(kind: Kind): z.ZodType {
  const { form } = kind;
  const key = form.key.map((property) => kind.lifecycle.properties[property]?.schema)[0];
  switch (form.shape) {
    case "map":
      return z.record(key as z.ZodType<string>, entrySchema(kind));
    case "list":
      return z.array(entrySchema(kind));
    case "object":
      return entrySchema(kind);
    case "value":
      return fieldSchema(fieldsOf(kind)[0] as Field);
  }
}

function entrySchema(kind: Kind): z.ZodType {
  const { form, within } = kind;
  const fields = new Map(fieldsOf(kind).map((field) => [field.property, field]));
  const shape: Record<string, z.ZodType> = {};
  for (const property of form.fields) {
    if (form.shape === "map" && form.key.includes(property)) continue;
    const field = fields.get(property);
    if (field) shape[field.name] = fieldSchema(field);
    const section = within.find((one) => one.form.section === property);
    if (section) shape[property] = sectionSchema(section).optional();
  }
  if (mayBeRenamed(kind)) {
    const name = kind.lifecycle.properties[form.key.at(-1) as string]?.schema as z.ZodType;
    shape[FORMER_NAME] = name
      .optional()
      .describe(
        "The name that it had in this document before. A stack then renames it, instead of a deletion and a creation.",
      );
  }
  return z.strictObject(shape);
}

function fieldSchema({ schema: { schema }, reference }: Field): z.ZodType {
  if (!reference) return schema;
  const text = "aliases" in reference ? alias : z.string().min(1).describe(`The key of one of the ${reference.as}s.`);
  return schema.safeParse(undefined).success ? text.optional() : text;
}
