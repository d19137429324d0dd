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
  for (const lifecycle of Object.values<Lifecycle>(lifecycles)) {
    const form = lifecycle.document;
    if (!form) continue;
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

/** The fields of a kind's entries in order, its key among them; sections of the kinds within are none. */
export function fieldsOf({ form, lifecycle, within }: Kind): Field[] {
  return form.fields.flatMap((property) => {
    const schema = lifecycle.properties[property];
    if (!schema || within.some((kind) => kind.form.section === property)) return [];
    const reference = form.references?.[property];
    return [{ name: reference?.as ?? property, property, schema, reference }];
  });
}

/** The kinds of aliases that documents use, such as `agents`, each with the word for one. */
export const aliasTables: ReadonlyMap<string, string> = new Map(
  kinds.flatMap(({ form }) =>
    Object.values(form.references ?? {}).flatMap((reference) =>
      "aliases" in reference ? [[reference.aliases, reference.as] as const] : [],
    ),
  ),
);
