import { SettingsError } from "./errors.js";
import { registerSecret } from "./redact.js";
import { isLoopback, parsedUrl } from "./url.js";

export interface Proxy {
  url: string;
  /** The environment variable that names it. */
  variable: string;
}

/**
 * As undici reads them for https: the lower case counts first, even when empty, and the proxy for
 * http where https has none.
 */
const variables = [
  ["https_proxy", "HTTPS_PROXY"],
  ["http_proxy", "HTTP_PROXY"],
];

/**
 * The proxy that the environment names for an origin (NO_PROXY is judged per request, by undici).
 * Requests to this machine never go through one, since their key is in clear, and all others are
 * https. A variable that names no usable proxy is a SettingsError. A password becomes a secret.
 */
export function proxyFor(origin: string, environment: NodeJS.ProcessEnv = process.env): Proxy | undefined {
  if (isLoopback(new URL(origin).hostname)) return undefined;
  for (const names of variables) {
    const variable = names.find((name) => environment[name] !== undefined);
    const value = variable && environment[variable];
    if (value) return { variable, url: checked(variable, value) };
  }
  return undefined;
}

/** The address with its scheme; without one it is http, as for curl. */
function checked(variable: string, value: string): string {
  const text = value.trim();
  const scheme = /^[a-z][a-z0-9+.-]*(?=:\/\/)/i.exec(text)?.[0].toLowerCase();
  const address = scheme === undefined ? `http://${text.replace(/^\/\//, "")}` : text;
  // Before anything else, so that no error shows it.
  const password = /^[^/]*\/\/[^/]*?:(.*)@/.exec(address)?.[1];
  if (password !== undefined) registerSecret(password);
  if (scheme !== undefined && scheme !== "http" && scheme !== "https") {
    throw refused(variable, `uses ${scheme}, and only http and https proxies are supported`);
  }
  const url = parsedUrl(address);
  // Else `http:///proxy` would have the host "proxy", and a host with white space or a backslash
  // another one.
  if (url === undefined || /[\s\\]/.test(address) || /^https?:\/\/([^/@]*@)?([/:?#]|$)/i.test(address)) {
    throw refused(variable, "is not the address of a proxy");
  }
  try {
    registerSecret(decodeURIComponent(url.password));
    decodeURIComponent(url.username);
  } catch {
    throw refused(variable, "has a % in its user or password that is no percent-encoding; write a plain % as %25");
  }
  return url.href;
}

function refused(variable: string, problem: string): SettingsError {
  return new SettingsError(`The environment variable ${variable} ${problem}. Nothing was sent.`, { setting: "proxy" });
}
