/** Removes what must not be read by anybody: keys that this process uses, and whatever stands behind `Bearer`. */

const mask = "[redacted]";
const shortestSecret = 4;
const shortestPrefix = 8;
/** The longest first, so that one which holds another goes as a whole. */
let secrets: string[] = [];

/** From here on `redact` removes this value, in clear, as JSON, as part of an address and in base64. Values under 4 characters are not secrets. */
export function registerSecret(value: string): void {
  if (value.length < shortestSecret || secrets.includes(value)) return;
  const forms = [value, ...jsonForms(value), ...addressForms(value), ...base64Forms(value)];
  secrets = [...new Set([...secrets, ...forms])].sort((left, right) => right.length - left.length);
}

let privateTexts: string[] = [];

/** From here on `redact` removes this text of the user's own, which state keeps. Texts under 4 characters are left. */
export function registerPrivateText(text: string): void {
  if (text.length < shortestSecret || privateTexts.includes(text)) return;
  const forms = [text, ...jsonForms(text)];
  privateTexts = [...new Set([...privateTexts, ...forms])].sort((left, right) => right.length - left.length);
}

/** The text without any registered secret, without a prefix of one that a cut left at its end, and without `Bearer` tokens. */
export function redact(text: string): string {
  let clean = text;
  for (const secret of secrets) {
    clean = clean.replaceAll(secret, mask);
    clean = withoutCutSecret(clean, secret);
  }
  for (const text of privateTexts) clean = clean.replaceAll(text, mask);
  return clean.replace(/\bBearer(\s+|%20)(?!\[redacted\])[^\s"',;<>\\]+/gi, `Bearer ${mask}`);
}

/** Inside JSON, and inside JSON that is itself a text in JSON, as bodies in logs are. */
function jsonForms(value: string): string[] {
  const within = (text: string) => JSON.stringify(text).slice(1, -1);
  const once = within(value);
  return [once, within(once), within(within(once))];
}

function addressForms(value: string): string[] {
  const wellFormed = Buffer.from(value).toString();
  const forms = [encodeURIComponent(wellFormed), new URLSearchParams([["", wellFormed]]).toString().slice(1)];
  return forms.flatMap((form) => [form, form.replace(/%../g, (code) => code.toLowerCase())]);
}

/** At each of the three places where longer text can have it, without the characters that its neighbours share. */
function base64Forms(value: string): string[] {
  const bytes = Buffer.from(value);
  return [0, 1, 2].flatMap((shift) => {
    const whole = Buffer.concat([Buffer.alloc(shift), bytes]);
    const first = shift === 0 ? 0 : shift + 1;
    return (["base64", "base64url"] as const).map((form) =>
      whole.toString(form).slice(first, Math.floor((whole.length * 8) / 6)),
    );
  });
}

/** So short a value may be part of an ordinary word, which state must keep. */
const shortestKey = 16;

/** The text without registered secrets of 16 characters or more: for values of the server that go into state. */
export function withoutKeys(text: string): string {
  return secrets
    .filter(({ length }) => length >= shortestKey)
    .reduce((clean, secret) => clean.replaceAll(secret, mask), text);
}

function withoutCutSecret(text: string, secret: string): string {
  for (let length = Math.min(secret.length - 1, text.length); length >= shortestPrefix; length -= 1) {
    if (text.endsWith(secret.slice(0, length))) return text.slice(0, text.length - length) + mask;
  }
  return text;
}
