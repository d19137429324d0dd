/** Forms in which credentials are issued. Each is long and odd enough that no prose has it. */
const FORMS: readonly { kind: string; form: RegExp }[] = [
  { kind: "a private key", form: /-----BEGIN [A-Z ]*PRIVATE KEY-----/ },
  { kind: "a JSON Web Token", form: /\beyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]*/ },
  { kind: "an AWS access key", form: /\b(AKIA|ASIA)[A-Z0-9]{16}\b/ },
  { kind: "a GitHub token", form: /\b(gh[pousr]_[A-Za-z0-9]{30,}|github_pat_\w{30,})/ },
  { kind: "a Google API key", form: /\bAIza[\w-]{35}/ },
  { kind: "a Slack token", form: /\bxox[abeoprs]-[\w-]{10,}/ },
  { kind: "an API key", form: /\b(sk|pk|rk)[-_][\w-]*[A-Za-z0-9]{20,}/ },
  { kind: "a bearer token", form: /\bBearer\s+(?=\S*\d)[\w~+/.=-]{16,}/i },
  { kind: "a password in an address", form: /\b[a-z][a-z0-9+.-]*:\/\/[^\s/:@]+:[^\s/@]+@/i },
  { kind: "a password", form: /\b(password|passwd|pwd|api[ _-]?key|secret)\s*[:=]\s*["']?(?=\S*\d)[^\s"']{6,}/i },
];

/** What kind of credential stands in a text; undefined where none is seen. */
export function credentialIn(text: string): string | undefined {
  return FORMS.find(({ form }) => form.test(text))?.kind;
}

/** Whether a parameter of this name holds a credential: `apiKey` does, `max_tokens` and `stop_token` do not. */
export function isCredentialName(name: string): boolean {
  const words = name.replace(/([a-z0-9])([A-Z])/g, "$1_$2").toLowerCase();
  return /^token$|(^|_)(api_?key|(access|private|secret|signing)_key|secret|password|passwd|passphrase|(access|api|auth|bearer|refresh|session)_token|authorization|credential)s?$/.test(
    words.replace(/[.-]/g, "_"),
  );
}
