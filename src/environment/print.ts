import { Document, isScalar, visit } from "yaml";

/** A value as YAML: the same text on every machine, and what another reader would take for something else is quoted. */
export function yamlText(value: unknown, comment?: string): string {
  const document = new Document(value, { aliasDuplicateObjects: false, compat: "yaml-1.1" });
  visit(document, {
    Pair: (_key, { key }) => {
      // A whole number stays one: `3: 12`.
      if (isScalar(key) && typeof key.value === "string" && /^(0|[1-9]\d{0,14})$/.test(key.value)) {
        key.value = Number(key.value);
      }
    },
  });
  const text = document.toString({ lineWidth: 0, indentSeq: true });
  return comment === undefined ? text : `# ${comment}\n${text}`;
}

export function jsonText(value: unknown): string {
  return `${JSON.stringify(value, undefined, 2)}\n`;
}
