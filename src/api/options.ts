import type { LogLevel } from "./log.js";

/** How one client talks to one API with one key. */
export interface ClientOptions {
  /** https, or plain http on this machine only; a path prefix is kept. */
  baseUrl: string;
  /** Asked before every request, so that a rotated key is used at once. */
  apiKey: () => string | undefined;
  /** Requests under way at once, over all clients of this process with the same address and key. @default 16 */
  maxConcurrency?: number;
  /** Requests begun per second, evenly spaced, over all clients likewise. @default no limit */
  requestsPerSecond?: number;
  /**
   * Seconds for one call over all its attempts and waits. Before its first request may start, only
   * the waits that the server asks for count, and time in which no request of the account may
   * start. @default 60
   */
  timeoutSeconds?: number;
  /** Requests per call at most. @default 5 */
  maxAttempts?: number;
  /** Bytes of one response body at most. @default 8 MiB */
  maxResponseBytes?: number;
  /** @default "pulumi-amigo/<version>" */
  userAgent?: string;
  /** `debug`: one line per request; `trace`: bodies too. @default the environment's AMIGO_LOG, else "off" */
  logLevel?: LogLevel;
  /** @default one line on standard error */
  log?: (line: string) => void;
}
