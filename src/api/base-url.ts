import { SettingsError } from "./errors.js";
import { isLoopback, parsedUrl } from "./url.js";

export interface BaseUrl {
  /** Scheme, host and port. */
  origin: string;
  /** The path before `/v1`, without a slash at its end; often empty. */
  prefix: string;
}

/** Takes a base URL apart; anything that could lead a key astray is a SettingsError, which never repeats the URL's user or password. */
export function parseBaseUrl(text: string): BaseUrl {
  if (/[\s\\\p{Cc}]/u.test(text)) throw refused("contains white space, a control character or a backslash");
  const url = parsedUrl(text);
  if (url === undefined || !/^https?:\/\//i.test(text)) throw refused("is not a complete http(s) address");
  if (authority(text).includes("@") || url.username !== "" || url.password !== "")
    throw refused("contains a user or password; the key is a setting of its own");
  if (text.includes("?")) throw refused("contains a query");
  if (text.includes("#")) throw refused("contains a fragment");
  if (url.protocol === "http:" && !isLoopback(url.hostname)) {
    throw refused(`uses plain http for ${url.hostname}, which would show the key to everybody on the way`);
  }
  return { origin: url.origin, prefix: url.pathname.replace(/\/+$/, "") };
}

function authority(text: string): string {
  return text.replace(/^https?:\/\//i, "").split(/[/?#]/)[0] ?? "";
}

function refused(reason: string): SettingsError {
  return new SettingsError(`The base URL ${reason}.`, { setting: "baseUrl" });
}
