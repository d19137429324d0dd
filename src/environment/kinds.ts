import type { DocumentForm, Reference } from "../engine/document-form.js";
import type { Lifecycle, Property } from "../engine/lifecycle.js";
import { lifecycles } from "../resources/index.js";

/** A kind of resource that has a place in environment documents. */
export interface Kind {
  /** Such as `ServiceBinding`. */
  readonly name: string;
  readonly lifecycle: Lifecycle;
  readonly form: DocumentForm;
  /** The kind in whose entries it stands. */
  readonly above?: Kind;
  /** The kinds that stand in its entries. */
  readonly within: Kind[];
  /** Its place in a document, such as `useCases.service`. */
  readonly section: string;
}

/** In the order of a document; a kind comes after the one that it stands in. */
export const kinds: readonly Kind[] = makeKinds();

/** What says in an entry how its key ended before. */
export const FORMER_NAME = "formerName";

/** The kinds whose entries may say so: a stack then renames what it has. What stands in them follows. */
export function mayBeRenamed({ above, form }: Kind): boolean {
  return above === undefined && form.key.length > 0;
}

/** The kinds that stand in the document itself. */
export const roots: readonly Kind[] = kinds.filter(({ above }) => above === undefined);

export function kindNamed(name: string): Kind {
  const found = kinds.find((kind) => kind.name === name);
  if (!found) throw new Error(`no kind ${name} has a place in a document`);
  return found;
}

export function kindOfSection(section: string): Kind | undefined {
  return kinds.find((kind) => kind.section === section);
}

function makeKinds(): Kind[] {
  const made: Kind[] = [];
  const placed = Object.values<Lifecycle>(lifecycles)
    .flatMap((lifecycle) => (lifecycle.document ? [{ lifecycle, form: lifecycle.document }] : []))
    .sort((a, b) => a.form.place - b.form.place);
  for (const { lifecycle, form } of placed) {
    const above = made.find(({ name }) => name === form.within?.kind);
    const section = above ? `${above.section}.${form.section}` : form.section;
    const kind: Kind = { name: lifecycle.kind, lifecycle, form, above, within: [], section };
    above?.within.push(kind);
    made.push(kind);
  }
  return made;
}

/** One field of an entry: a property by the name that the document gives it. */
export interface Field {
  /** As in the document, such as `agent`. */
  readonly name: string;
  /** As in the program, such as `agentId`. */
  readonly property: string;
  readonly schema: Property;
  readonly reference?: Reference;
}

/** What stands in a kind's entries, in the order of a document: fields, its key among them, and kinds that have a section there. */
export function partsOf({ form, lifecycle, within }: Kind): (Field | Kind)[] {
  return form.fields.flatMap((property): (Field | Kind)[] => {
    const kind = within.find((one) => one.form.section === property);
    if (kind) return [kind];
    const schema = lifecycle.properties[property];
    const reference = form.references?.[property];
    return schema ? [{ name: reference?.as ?? property, property, schema, reference }] : [];
  });
}

/** The fields of a kind's entries in order, its key among them. What is a section of another kind is no field. */
export function fieldsOf(kind: Kind): Field[] {
  return partsOf(kind).filter((part): part is Field => "property" in part);
}

/** The kinds of aliases that documents use, such as `agents`, each with the word for one. */
export const aliasTables: ReadonlyMap<string, string> = new Map(
  kinds.flatMap(({ form }) =>
    Object.values(form.references ?? {}).flatMap((reference) =>
      "aliases" in reference ? [[reference.aliases, reference.as] as const] : [],
    ),
  ),
);
