import type { RequestLogEntry } from "./log.js";
import { mulberry32 } from "./random.js";
import type { EmulatorStore } from "./store.js";

/** What a `call` action gets. */
export interface FaultContext {
  request: RequestLogEntry;
  store: EmulatorStore;
  when: "before" | "after";
}

export type FaultAction =
  /** Cuts the connection (TCP reset) instead of answering. */
  | { kind: "reset" }
  /** Answers with this status instead; without `body`, an error body in the dialect's shape. */
  | { kind: "status"; status: number; headers?: Record<string, string>; body?: unknown }
  /** Answers with the status at once and does the work `delayMs` later. */
  | { kind: "lateCommit"; delayMs: number; status: number }
  /** Waits: before the work, or between the work and the answer. */
  | { kind: "stallHeaders"; ms: number }
  /** Sends the headers, waits, then sends the body. */
  | { kind: "stallBody"; ms: number }
  /** Sends the body at this speed. */
  | { kind: "drip"; bytesPerSecond: number }
  /** Announces the whole body, sends half of it and cuts the connection. */
  | { kind: "truncate" }
  /** Sends the answer under another content type; with `body`, that text instead of it. */
  | { kind: "contentType"; value: string; body?: string }
  /** Changes keys of the answer's object, or of each item of a list: sets some, drops some. Errors stay as they are. */
  | { kind: "edit"; set?: Record<string, unknown>; drop?: string[] }
  /** Shifts the second and later pages by `by` items (default 1: one is skipped; -1: one comes twice). */
  | { kind: "pageShift"; by?: number }
  /** Pages claim that there is more and repeat their own token. */
  | { kind: "repeatToken" }
  /** Lists show the state of that long ago (at most a minute). */
  | { kind: "staleList"; ms: number }
  /** For tests in this process; what it throws is a 500. */
  | { kind: "call"; fn: (context: FaultContext) => void | Promise<void> };

export interface FaultRule {
  /** Default: `fault-N`. */
  id?: string;
  /** operationId; absent: any. */
  operation?: string | string[];
  method?: string;
  /** Matched against path and query. */
  path?: RegExp;
  /** Matched against the request's body as JSON without white space. */
  body?: RegExp;
  /** How often it strikes at most; default without end. */
  times?: number;
  /** How many matching requests it lets pass first; default 0. */
  skip?: number;
  /** Of striking a matching request, drawn from the seeded generator; default 1. */
  probability?: number;
  /** Before or after the work is done. Has no meaning for actions that only shape the answer. */
  when: "before" | "after";
  action: FaultAction;
}

/** A rule and how often it has matched and struck. */
export interface FaultStatus {
  rule: FaultRule & { id: string };
  matched: number;
  struck: number;
}

type Phase = "lists" | "before" | "after";

const listKinds: FaultAction["kind"][] = ["pageShift", "repeatToken", "staleList"];
const answerKinds: FaultAction["kind"][] = ["stallBody", "drip", "truncate", "contentType", "edit"];

/** Decides which faults strike which request; the same seed and the same requests give the same faults. */
export class FaultInjector {
  #statuses: FaultStatus[] = [];
  #random: () => number;
  #count = 0;

  constructor(rules: FaultRule[] = [], seed = 1) {
    this.#random = mulberry32(seed);
    for (const rule of rules) this.add(rule);
  }

  /** Adds a rule and returns its id; a rule of the same id is replaced. */
  add(rule: FaultRule): string {
    this.#count += 1;
    const id = rule.id ?? `fault-${this.#count}`;
    this.remove(id);
    this.#statuses.push({ rule: { ...rule, id }, matched: 0, struck: 0 });
    return id;
  }

  remove(id: string): boolean {
    const before = this.#statuses.length;
    this.#statuses = this.#statuses.filter((status) => status.rule.id !== id);
    return this.#statuses.length < before;
  }

  clear(): void {
    this.#statuses = [];
  }

  /** Starts the random sequence again. */
  reseed(seed: number): void {
    this.#random = mulberry32(seed);
  }

  list(): FaultStatus[] {
    return this.#statuses.map((status) => ({ ...status }));
  }

  /** The actions that strike a request in one phase, in the order of their rules; each is counted. */
  strike(request: RequestLogEntry, phase: Phase): FaultAction[] {
    return this.#statuses
      .filter(({ rule }) => phaseOf(rule) === phase && matches(rule, request))
      .filter((status) => this.#draw(status))
      .map((status) => {
        request.faults = [...(request.faults ?? []), status.rule.id];
        return status.rule.action;
      });
  }

  #draw(status: FaultStatus): boolean {
    const { skip = 0, times = Number.POSITIVE_INFINITY, probability = 1 } = status.rule;
    status.matched += 1;
    if (status.matched <= skip || status.struck >= times) return false;
    if (probability < 1 && this.#random() >= probability) return false;
    status.struck += 1;
    return true;
  }
}

function phaseOf(rule: FaultRule): Phase {
  if (listKinds.includes(rule.action.kind)) return "lists";
  if (answerKinds.includes(rule.action.kind)) return "after";
  return rule.action.kind === "lateCommit" ? "before" : rule.when;
}

function matches(rule: FaultRule, request: RequestLogEntry): boolean {
  const { operation } = rule;
  if (operation !== undefined && ![operation].flat().some((id) => id === request.operation)) return false;
  if (rule.method !== undefined && rule.method.toUpperCase() !== request.method) return false;
  // A pattern with the g flag remembers where it stopped.
  if (rule.path !== undefined && request.path.search(rule.path) < 0) return false;
  return rule.body === undefined || (JSON.stringify(request.requestBody) ?? "").search(rule.body) >= 0;
}
