import { fieldsOf, type Kind, kinds } from "../../../src/environment/kinds.js";
import { membersOf } from "./source.js";

/** A node of a JSON Schema. */
interface Node {
  description?: string;
  properties?: Record<string, Node>;
  items?: Node;
  additionalProperties?: Node | false;
}

/** The JSON Schema of documents with what the docstrings of the arguments say, which editors show beside a key. */
export function withDocstrings(schema: object): object {
  const described = structuredClone(schema) as Node;
  for (const kind of kinds) describe(entryOf(kind, described), kind);
  return described;
}

function describe(entry: Node, kind: Kind): void {
  const args = membersOf(`${kind.name}Args`);
  for (const { name, property } of fieldsOf(kind)) {
    const node = kind.form.shape === "value" ? entry : entry.properties?.[name];
    const member = args.get(property);
    // The key of a map is no property of its entries.
    if (!node || !member) continue;
    node.description = [member.doc, node.description].filter(Boolean).join(" ");
    if (member.refersTo) describeMembers(node, member.refersTo);
  }
}

/** The properties of a value that is an object, or holds some. */
function describeMembers(node: Node, type: string): void {
  if (!node.properties) {
    const inner = node.items ?? node.additionalProperties;
    if (inner) describeMembers(inner, type);
    return;
  }
  for (const { name, doc, refersTo } of membersOf(type).values()) {
    const inner = node.properties[name];
    if (!inner) continue;
    inner.description = doc;
    if (refersTo) describeMembers(inner, refersTo);
  }
}

/** Where the entries of a kind stand. */
function entryOf({ form, above }: Kind, document: Node): Node {
  const section = (above ? entryOf(above, document) : document).properties?.[form.section];
  const entry = form.shape === "map" ? section?.additionalProperties : form.shape === "list" ? section?.items : section;
  if (!entry) throw new Error(`the schema has no ${form.section}`);
  return entry;
}
