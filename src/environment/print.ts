import { Document, isScalar, Scalar, visit } from "yaml";

/** Characters that a reader of YAML 1.1 takes for the end of a line, or refuses. */
const UNSEEN = /[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]/g;

/** A value as YAML: the same text on every machine, and what another reader would take for something else is quoted. */
export function yamlText(value: unknown, comment?: string): string {
  const text = printed(yamlDocument(value), { indentSeq: true });
  return comment === undefined ? text : `# ${comment}\n${text}`;
}

/** What {@link printed} takes. */
export function yamlDocument(value: unknown): Document {
  return new Document(value, { aliasDuplicateObjects: false, compat: "yaml-1.1" });
}

/** The text of a document, with everything quoted that another reader would take for something else. */
export function printed(document: Document, options: Parameters<Document["toString"]>[0] = {}): string {
  visit(document, {
    Scalar: (_key, scalar) => {
      if (typeof scalar.value === "string" && isReadOtherwise(scalar.value)) scalar.type = Scalar.QUOTE_DOUBLE;
    },
    Pair: (_key, { key, value }) => {
      // The number of a version stays one: `3: 12`.
      const isNumbers = isScalar(key) && isScalar(value) && typeof value.value === "number";
      if (isNumbers && typeof key.value === "string" && /^(0|[1-9]\d{0,14})$/.test(key.value)) {
        key.value = Number(key.value);
      }
    },
  });
  const text = document.toString({ lineWidth: 0, ...options });
  return text.replace(UNSEEN, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/** What the library writes plain, and others refuse or read as something else. */
function isReadOtherwise(text: string): boolean {
  return text === "=" || /\t/.test(text) || text.search(UNSEEN) >= 0;
}

export function jsonText(value: unknown): string {
  return `${JSON.stringify(value, undefined, 2)}\n`;
}
