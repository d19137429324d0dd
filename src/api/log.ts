import { redact } from "./redact.js";

export type LogLevel = "off" | "debug" | "trace";

export function isLogLevel(value: string | undefined): value is LogLevel {
  return value === "off" || value === "debug" || value === "trace";
}

/** What AMIGO_LOG asks for; anything else is off. */
export function logLevelFrom(value: string | undefined): LogLevel {
  return isLogLevel(value) ? value : "off";
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
