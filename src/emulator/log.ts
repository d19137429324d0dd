import { randomUUID } from "node:crypto";

/** One request as the server saw it. */
export interface RequestLogEntry {
  /** Counts from 1 in the order of arrival. */
  sequence: number;
  /** Arrival, ISO 8601. */
  at: string;
  method: string;
  /** With its query. */
  path: string;
  /** The contract's operationId; undefined where no operation is served. */
  operation?: string;
  /** 0 while there is no answer, and for ever where a fault cut the connection before one. */
  status: number;
  requestId: string;
  /** From arrival to the first byte of the answer. */
  ms: number;
  /** From arrival until the caller cut the connection, where it did so before the whole answer was sent. */
  droppedMs?: number;
  /** Whether the request changed the server's state. */
  committed: boolean;
  requestBody?: unknown;
  principal?: string;
  /** Ids of the fault rules that struck. */
  faults?: string[];
  /** How the server's own answer broke the contract, or how it crashed: a defect of the emulator, answered with 500. */
  error?: string;
}

const limit = 100_000;

/** Keeps the latest requests, in the order of arrival. */
export class RequestLog {
  readonly entries: RequestLogEntry[] = [];
  #sequence = 0;

  open(method: string, path: string, operation: string | undefined): RequestLogEntry {
    this.#sequence += 1;
    const entry: RequestLogEntry = {
      sequence: this.#sequence,
      at: new Date().toISOString(),
      method,
      path,
      operation,
      status: 0,
      requestId: `req_${randomUUID().replaceAll("-", "").slice(0, 20)}`,
      ms: 0,
      committed: false,
    };
    this.entries.push(entry);
    if (this.entries.length > limit) this.entries.splice(0, this.entries.length - limit);
    return entry;
  }

  clear(): void {
    this.entries.length = 0;
  }
}

/** A request as one line for people. */
export function logLine(entry: RequestLogEntry): string {
  const answer = entry.status === 0 ? "cut" : String(entry.status);
  const notes = [
    entry.faults === undefined ? "" : ` fault ${entry.faults.join(",")}`,
    entry.error ? ` ERROR ${entry.error}` : "",
  ];
  return `${entry.method} ${entry.path} ${answer} ${Math.round(entry.ms)} ms ${entry.requestId}${notes.join("")}`;
}
