import type { Emulator, FaultAction, FaultRule } from "../../src/emulator/index.js";
import { realTime } from "./clock.js";

/** The kinds of faults that strike single requests, and how often each is drawn. */
export const FAULT_CLASSES = {
  "lost answer": 6,
  "late commit": 3,
  throttling: 4,
  slow: 2,
  drift: 3,
  lists: 3,
  "foreign write": 2,
  secrets: 2,
} as const;

export type FaultClass = keyof typeof FAULT_CLASSES;

/** One fault, as the server plays it and as the rules must know it. */
export interface Fault {
  readonly faultClass: FaultClass;
  readonly words: string;
  readonly rule: Pick<FaultRule, "operation" | "when" | "action">;
  /** How long the server may still do what the request asked, after its answer. */
  readonly lagMs?: number;
  /** So long the answer asks to wait, in milliseconds. */
  readonly waitMs?: number;
  /** When it was laid, where the answer asks to wait until a date that is `waitMs` later. */
  readonly laidAt?: number;
  /** It answers after the deadline of the call. */
  readonly isBeyond?: boolean;
}

/** Settings of the provider under faults: a stalled call ends, and what is carried out late shows while it looks. */
export const FAULTY_SETTINGS = { timeoutSeconds: "40", settleSeconds: "5" };

/** How many times faster time passes under faults: a busy machine must not look like a slow server. */
export const FAULTY_SPEED = 10;

const CREATES = ["create-service", "create-use-case", "create-self-service-workspace"];
const WITH_BODY = ["update-service", "update-workspace", "provision-workspace", "update-test-caller-numbers"];
const WITHOUT_BODY = [
  "upsert-service-version-set",
  "delete-service",
  "delete-use-case",
  "unbind-use-case-from-service",
];
const BIND = "bind-use-case-to-service";
const WRITES = [...CREATES, ...WITH_BODY, ...WITHOUT_BODY, BIND, "archive-workspace"];
const LISTS = ["list-services", "list-use-cases", "list-workspaces"];
const READS = [...LISTS, "get-service", "get-workspace", "get-use-case-service-binding", "get-test-caller-numbers"];
const ANSWERED = [...READS, ...CREATES, ...WITH_BODY, BIND];

export const DEADLINE_MS = Number(FAULTY_SETTINGS.timeoutSeconds) * 1000;
export const BEYOND_MS = DEADLINE_MS + 10_000;
const DATE_MS = 9000;
const lateMs = [300, 1200, 2500];

/** All faults; the key is what some of them repeat. */
function faults(key: string, nobodysService: string): Fault[] {
  const group = (faultClass: FaultClass, operation: string[] | string, when: "before" | "after" = "before") => {
    return (words: string, action: FaultAction, more: Partial<Fault> = {}): Fault => {
      return { faultClass, words, rule: { operation, when, action }, ...more };
    };
  };
  const [lostBefore, lostAfter] = [group("lost answer", WRITES), group("lost answer", WRITES, "after")];
  const [throttled, late] = [group("throttling", [...WRITES, ...READS]), group("late commit", CREATES)];
  const [slow, drift] = [group("slow", WRITES, "after"), group("drift", ANSWERED, "after")];
  const page = { kind: "contentType", value: "text/html", body: "<html>" } as const;
  const refusal = { detail: `the key ${key} may not`, error_code: key, request_id: key };
  const headers = { "x-request-id": key, location: `http://127.0.0.1:9/?key=${key}` };
  const date = new Date(realTime() + DATE_MS).toUTCString();
  const repeats = group("secrets", WRITES);
  const move: FaultAction = {
    kind: "call",
    fn: ({ request, store }) => {
      const useCase = /use-cases\/([^/]+)/.exec(request.path)?.[1]?.toLowerCase() ?? "";
      if (store.useCases.get(useCase)) store.bind(useCase, nobodysService);
    },
  };
  return [
    lostBefore("the connection is cut before the work", { kind: "reset" }),
    lostAfter("the connection is cut after the work", { kind: "reset" }),
    lostBefore("502 before the work", { kind: "status", status: 502 }),
    lostAfter("504 after the work", { kind: "status", status: 504 }),
    group("lost answer", ANSWERED, "after")("half of the answer", { kind: "truncate" }),
    group("lost answer", ANSWERED, "after")("a web page in place of the answer", page),
    ...lateMs.map((delayMs) =>
      late(`504, and the work ${delayMs} ms later`, { kind: "lateCommit", delayMs, status: 504 }, { lagMs: delayMs }),
    ),
    ...[429, 503].flatMap((status) => [
      ...["2", "86400"].map((seconds) =>
        throttled(
          `${status}, wait ${seconds} s`,
          { kind: "status", status, headers: { "retry-after": seconds } },
          { waitMs: Number(seconds) * 1000 },
        ),
      ),
      throttled(
        `${status}, wait until a date`,
        { kind: "status", status, headers: { "retry-after": date } },
        { waitMs: DATE_MS, laidAt: Date.now() },
      ),
      throttled(`${status} without a time`, { kind: "status", status }),
    ]),
    group("slow", WRITES)(
      "no answer in time, and the work after that",
      { kind: "stallHeaders", ms: BEYOND_MS },
      { lagMs: BEYOND_MS, isBeyond: true },
    ),
    slow("no answer in time, after the work", { kind: "stallHeaders", ms: BEYOND_MS }, { isBeyond: true }),
    group("slow", ANSWERED, "after")(
      "a body that does not come in time",
      { kind: "stallBody", ms: BEYOND_MS },
      { isBeyond: true },
    ),
    group("slow", ANSWERED, "after")("a body that drips", { kind: "drip", bytesPerSecond: 2000 }),
    slow("late, and in time", { kind: "stallHeaders", ms: 2000 }),
    drift("keys that the contract lacks", { kind: "edit", set: { lifecycle_stage: "general", links: { self: "" } } }),
    drift("an enum member that the contract lacks", { kind: "edit", set: { tier: "preview" } }),
    drift("optional keys missing", { kind: "edit", drop: ["agent_name", "persona_name", "configuration_set_name"] }),
    drift("required keys missing", { kind: "edit", drop: ["id", "agent_id", "created_at", "service_id", "numbers"] }),
    group("lists", LISTS)("a page that skips one", { kind: "pageShift", by: 1 }),
    group("lists", LISTS)("a page that repeats one", { kind: "pageShift", by: -1 }),
    group("lists", LISTS)("a page that repeats its token", { kind: "repeatToken" }),
    group("lists", LISTS)("a list that is 2 s old", { kind: "staleList", ms: 2000 }),
    group("lists", LISTS)("502 to a list", { kind: "status", status: 502 }),
    group("foreign write", BIND)("somebody binds the use case just before", move),
    group("foreign write", BIND, "after")("somebody binds the use case just after", move),
    ...[400, 403, 500].map((status) =>
      repeats(`${status} that repeats the key`, { kind: "status", status, headers, body: refusal }),
    ),
    repeats("a redirect that repeats the key", { kind: "status", status: 307, headers }),
    group("secrets", ANSWERED, "after")("an answer that repeats the key", { kind: "edit", set: { debug: refusal } }),
  ];
}

/** Lays all faults for one run, so that most requests are struck with about this probability; answers them by their ids. */
export function layFaults(emulator: Emulator, rate: number, seed: number, key: string): Map<string, Fault> {
  const nobodysService = emulator.store.services.find(({ is_system }) => is_system)?.id ?? "";
  const all = faults(key, nobodysService);
  const weights = Object.values(FAULT_CLASSES).reduce((sum, weight) => sum + weight, 0);
  emulator.faults.reseed(seed);
  return new Map(
    all.map((fault) => {
      const { length } = all.filter(({ faultClass }) => faultClass === fault.faultClass);
      const probability = (rate * FAULT_CLASSES[fault.faultClass]) / weights / length;
      return [emulator.faults.add({ ...fault.rule, probability }), fault];
    }),
  );
}
