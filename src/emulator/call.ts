import type { Dialect } from "./dialects.js";
import type { Principal } from "./principals.js";
import type { EmulatorStore } from "./store.js";

/** How a fault distorts the lists of one request. */
export interface ListDistortion {
  staleMs: number;
  shift: number;
  repeatToken: boolean;
}

/** One checked request on its way through an operation. */
export interface Call {
  path: Record<string, string>;
  query: Record<string, unknown>;
  body: unknown;
  /** The query as it came, with what the contract does not know. */
  rawQuery: Record<string, string>;
  writes: boolean;
  /** Absent only on the bootstrap route. */
  principal: Principal | undefined;
  store: EmulatorStore;
  dialect: Dialect;
  lists: ListDistortion;
}

export interface Answer {
  status: number;
  /** Undefined: no body. */
  body?: unknown;
  headers?: Record<string, string>;
}

/** Runs one operation: reads and changes the store, or throws an ApiError. Never waits, so it is atomic. */
export type Handler = (call: Call) => Answer;

export function pathParameter(call: Call, name: string): string {
  const value = call.path[name];
  if (value === undefined) throw new Error(`the route has no parameter ${name}`);
  return value;
}

export function pathId(call: Call, name: string): string {
  return pathParameter(call, name).toLowerCase();
}

/** The moment that a single read shows; undefined for now. */
export function readMoment(call: Call): number | undefined {
  return ago(call.dialect.getLagMs);
}

/** The moment that a list shows; undefined for now. */
export function listMoment(call: Call): number | undefined {
  return ago(Math.max(call.dialect.listLagMs, call.lists.staleMs));
}

/** Whether a request may name a record already: writes may have to wait until a new one is known everywhere. */
export function isKnown(call: Call, record: { created_at: string }): boolean {
  return !call.writes || Date.now() - Date.parse(record.created_at) >= call.dialect.showsAfter;
}

function ago(milliseconds: number): number | undefined {
  return milliseconds > 0 ? Date.now() - milliseconds : undefined;
}

export function timestamp(): string {
  return new Date().toISOString();
}

/** An answer object in the dialect's taste: optional keys with null are spelled out or left out. */
export function answerBody(
  dialect: Dialect,
  required: Record<string, unknown>,
  optional: Record<string, unknown>,
): Record<string, unknown> {
  if (dialect.defaultsInAnswers) return { ...required, ...optional };
  return { ...required, ...withoutNulls(optional) };
}

export function withoutNulls(value: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(value).filter(([, part]) => part !== null && part !== undefined));
}
