/** Deeper than any answer of the API; code that walks values would exhaust the stack much later. */
const deepest = 100;

/**
 * JSON without `__proto__` keys at any depth, which could reach a prototype when copied by assignment. Throws SyntaxError,
 * also for what is nested more than 100 levels deep.
 */
export function parseJson(text: string): unknown {
  if (depthOf(text) > deepest) throw new SyntaxError(`nested more than ${deepest} levels deep`);
  return JSON.parse(text, /__proto__|\\u00/.test(text) ? withoutProto : undefined);
}

/** The deepest nesting; of text that is no JSON, any number. */
function depthOf(text: string): number {
  let depth = 0;
  let most = 0;
  let inString = false;
  for (let index = 0; index < text.length; index += 1) {
    const character = text[index];
    if (character === '"') inString = !inString;
    else if (inString) index += character === "\\" ? 1 : 0;
    else if (character === "[" || character === "{") most = Math.max(most, ++depth);
    else if (character === "]" || character === "}") depth -= 1;
  }
  return most;
}

function withoutProto(key: string, value: unknown): unknown {
  return key === "__proto__" ? undefined : value;
}
