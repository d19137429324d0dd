/** JSON without `__proto__` keys at any depth, which could reach a prototype when copied by assignment. Throws SyntaxError. */
export function parseJson(text: string): unknown {
  return JSON.parse(text, /__proto__|\\u00/.test(text) ? withoutProto : undefined);
}

function withoutProto(key: string, value: unknown): unknown {
  return key === "__proto__" ? undefined : value;
}
