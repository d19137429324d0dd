import { redact } from "./redact.js";

export type LogLevel = "off" | "debug" | "trace";

/** What AMIGO_LOG asks for; anything but `debug` and `trace` is off. */
export function logLevelFrom(value: string | undefined): LogLevel {
  return value === "debug" || value === "trace" ? value : "off";
}

export function writeToStandardError(line: string): void {
  process.stderr.write(`${line}\n`);
}

const longestBody = 4096;

/** A body as a log may show it: redacted first, then cut. */
export function shownBody(body: string | undefined): string {
  if (body === undefined || body === "") return "(none)";
  const clean = redact(body);
  return clean.length <= longestBody ? clean : `${clean.slice(0, longestBody)}… (${body.length} characters)`;
}
