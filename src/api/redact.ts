/** Removes what must not be read by anybody: keys that this process uses, and whatever stands behind `Bearer`. */

const mask = "[redacted]";
const shortestSecret = 4;
const shortestPrefix = 8;
/** The longest first, so that one which holds another goes as a whole. */
let secrets: string[] = [];

/** From here on `redact` removes this value, in clear, as JSON and as part of an address. Values under 4 characters are not secrets. */
export function registerSecret(value: string): void {
  if (value.length < shortestSecret || secrets.includes(value)) return;
  const forms = [value, JSON.stringify(value).slice(1, -1), encodeURIComponent(value)];
  secrets = [...new Set([...secrets, ...forms])].sort((left, right) => right.length - left.length);
}

/** The text without any registered secret, without a prefix of one that a cut left at its end, and without `Bearer` tokens. */
export function redact(text: string): string {
  let clean = text;
  for (const secret of secrets) {
    clean = clean.replaceAll(secret, mask);
    clean = withoutCutSecret(clean, secret);
  }
  return clean.replace(/\bBearer(\s+|%20)(?!\[redacted\])[^\s"',;<>\\]+/gi, `Bearer ${mask}`);
}

function withoutCutSecret(text: string, secret: string): string {
  for (let length = Math.min(secret.length - 1, text.length); length >= shortestPrefix; length -= 1) {
    if (text.endsWith(secret.slice(0, length))) return text.slice(0, text.length - length) + mask;
  }
  return text;
}
