import type { FaultAction, FaultRule } from "../../../src/emulator/index.js";
import type { FaultClass, Timing } from "./classes.js";
import type { Action, Kind, Values } from "./program.js";
import type { Random } from "./random.js";

/** A fault as it is laid for one call of the provider. */
export interface Injection {
  readonly faultClass: FaultClass;
  readonly variant: string;
  readonly rules: readonly FaultRule[];
  /** The latest moment, after the call began, at which the server may still do what the call asked. */
  readonly lagMs?: number;
  /** How long the answer tells the caller to wait, at most; only for throttling. */
  readonly toldMs?: number;
  /** Told as a date instead: epoch milliseconds. */
  readonly toldUntil?: number;
  /** It stops a whole provider process, so the call gets one of its own. */
  readonly alone?: boolean;
}

/** What a call will ask of the server, as far as it is known beforehand. */
export interface Target {
  readonly action: Action;
  readonly kind: Kind;
  readonly id: string | undefined;
  readonly values: Values;
}

export interface Surroundings {
  readonly timing: Timing;
  readonly random: Random;
  readonly apiKey: string;
  /** Somebody else's service in this workspace. */
  readonly foreignService?: string;
  /** Moves a binding behind everybody's back. */
  readonly rebind: (useCaseId: string, serviceId: string) => void;
}

type Match = Pick<FaultRule, "operation" | "path" | "body">;

/** The request that carries out the call, and no other. */
export function writeOf({ action, kind, id, values }: Target): Match {
  const { workspaceId, serviceId, useCaseId } = values as Record<string, string>;
  const named = (key: string) => new RegExp(`"${key}":"${values[key]}"`);
  switch (kind) {
    case "workspace":
      if (action === "create") return { operation: "create-self-service-workspace", body: named("slug") };
      return { operation: action === "update" ? "update-workspace" : "archive-workspace", path: new RegExp(`${id}`) };
    case "service":
      if (action === "create") {
        return { operation: "create-service", path: new RegExp(`${workspaceId}`), body: named("name") };
      }
      return { operation: action === "update" ? "update-service" : "delete-service", path: new RegExp(`${id}$`) };
    case "versionSet":
      if (action === "delete") return { operation: "update-service", path: new RegExp(`${serviceId}$`) };
      return {
        operation: "upsert-service-version-set",
        path: new RegExp(`${serviceId}/version-sets/${values.name}$`),
      };
    case "useCase":
      if (action === "delete") return { operation: "delete-use-case", path: new RegExp(`${id}$`) };
      return { operation: "create-use-case", path: new RegExp(`${workspaceId}`), body: named("name") };
    case "serviceBinding":
      return {
        operation: action === "delete" ? "unbind-use-case-from-service" : "bind-use-case-to-service",
        path: new RegExp(`${useCaseId}/service-binding`),
      };
    case "testCallerNumbers":
      return { operation: "update-test-caller-numbers", path: new RegExp(`${workspaceId}`) };
  }
}

type Maker = (target: Target, around: Surroundings) => Omit<Injection, "faultClass"> | undefined;

const LISTS = ["list-services", "list-use-cases"];
const WITHOUT_BODY = [
  "delete-use-case",
  "delete-service",
  "unbind-use-case-from-service",
  "upsert-service-version-set",
];

export const makers: Record<Exclude<FaultClass, "ownership">, Maker> = {
  "ambiguous create": (target, { random, timing }) => {
    if (target.action !== "create") return undefined;
    const write = once(writeOf(target));
    const delayMs = random.next() * timing.commitLagMs;
    const late = write({ kind: "lateCommit", delayMs, status: 504 }, "before");
    const stale = { ...listsOf(target), when: "before" as const, action: staleList(timing) };
    return random.pick([
      { variant: "reset before", rules: [write({ kind: "reset" }, "before")] },
      { variant: "reset after", rules: [write({ kind: "reset" }, "after")] },
      { variant: "502 before", rules: [write({ kind: "status", status: 502 }, "before")] },
      { variant: "504 after", rules: [write({ kind: "status", status: 504 }, "after")] },
      { variant: "504, commit later", rules: [late], lagMs: delayMs },
      { variant: "504, commit later, stale lists", rules: [late, stale], lagMs: delayMs },
      { variant: "truncated", rules: [write({ kind: "truncate" }, "after")] },
      { variant: "wrong type", rules: [write({ kind: "contentType", value: "text/html", body: "<html>" }, "after")] },
    ]);
  },

  "lost answer": (target, { random }) => {
    if (target.action === "create") return undefined;
    const write = once(writeOf(target));
    return random.pick([
      { variant: "reset before", rules: [write({ kind: "reset" }, "before")] },
      { variant: "reset after", rules: [write({ kind: "reset" }, "after")] },
      { variant: "502 before", rules: [write({ kind: "status", status: 502 }, "before")] },
      { variant: "504 after", rules: [write({ kind: "status", status: 504 }, "after")] },
      { variant: "truncated", rules: [write({ kind: "truncate" }, "after")] },
      { variant: "wrong type", rules: [write({ kind: "contentType", value: "text/html", body: "<html>" }, "after")] },
    ]);
  },

  throttling: (target, { random, timing: { scale } }) => {
    const status = random.pick([429, 503]);
    const seconds = random.whole(1, 2) * scale;
    const date = Math.ceil((Date.now() + random.whole(1, 2) * 1000 * scale) / 1000) * 1000;
    const rule = (after: string | undefined): FaultRule => ({
      ...writeOf(target),
      times: 1,
      when: "before",
      action: { kind: "status", status, headers: after === undefined ? {} : { "retry-after": after } },
    });
    return random.weighted([
      [{ variant: `${status} seconds`, rules: [rule(String(seconds))], toldMs: seconds * 1000 }, 4],
      [{ variant: `${status} date`, rules: [rule(new Date(date).toUTCString())], toldUntil: date }, 2],
      [{ variant: `${status} absurd`, rules: [rule("86400")], toldMs: 86_400_000, alone: true }, 1],
      [{ variant: `${status} absent`, rules: [rule(undefined)] }, 3],
    ]);
  },

  slow: (target, { random, timing }) => {
    const limitMs = timing.timeoutSeconds * 1000;
    const beyond = limitMs + 200 + random.next() * 0.8 * timing.commitLagMs;
    const write = once(writeOf(target));
    const stall = { kind: "stallHeaders", ms: beyond } as const;
    const crawl = { kind: "drip", bytesPerSecond: 250_000 / limitMs } as const;
    // An answer without a body is over with its headers: what stalls behind them strikes the next request of the connection.
    const { operation } = writeOf(target);
    if (WITHOUT_BODY.some((one) => one === operation))
      return { variant: "stalled after", rules: [write(stall, "after")] };
    return random.pick([
      { variant: "stalled before", rules: [write(stall, "before")], lagMs: beyond },
      { variant: "stalled after", rules: [write(stall, "after")] },
      { variant: "stalled body", rules: [write({ kind: "stallBody", ms: beyond }, "after")] },
      { variant: "drip, too slow", rules: [write(crawl, "after")] },
      { variant: "drip, in time", rules: [write({ kind: "drip", bytesPerSecond: 5000 }, "after")] },
      { variant: "stalled, in time", rules: [write({ kind: "stallHeaders", ms: limitMs * 0.3 }, "before")] },
    ]);
  },

  drift: (target, { random }) => {
    const { kind, action } = target;
    if (action === "delete") return undefined;
    // A version set is written without an answer, and read back with its service.
    const answer: Match =
      kind === "versionSet"
        ? { operation: "get-service", path: new RegExp(`${target.values.serviceId}$`) }
        : writeOf(target);
    const edit = (set: Values, drop: string[] = []) => [once(answer)({ kind: "edit", set, drop }, "after")];
    return random.pick([
      { variant: "extra keys", rules: edit({ lifecycle_stage: "general", links: { self: "" } }) },
      { variant: "unknown member", rules: edit(NEWER_MEMBERS[kind]) },
      { variant: "missing optional", rules: edit({}, OPTIONAL[kind]) },
      { variant: "missing required", rules: edit({}, REQUIRED[kind]) },
    ]);
  },

  lists: (target, { random, timing }) => {
    if (target.action !== "create" || !["workspace", "service", "useCase"].includes(target.kind)) return undefined;
    // Only a create whose answer is lost looks into a list.
    const lost = once(writeOf(target))({ kind: "reset" }, "after");
    const { variant, action, times, operation } = listFault(random, timing);
    const lists = target.kind === "workspace" ? listsOf(target) : { ...listsOf(target), operation };
    return { variant, rules: [lost, { ...lists, times, when: "before", action }] };
  },

  binding: (target, { random, foreignService, rebind }) => {
    const useCaseId = String(target.values.useCaseId);
    if (target.kind !== "serviceBinding" || target.action === "delete" || foreignService === undefined)
      return undefined;
    const move: FaultAction = { kind: "call", fn: () => rebind(useCaseId, foreignService) };
    return random.pick([
      { variant: "foreign PUT before ours", rules: [once(writeOf(target))(move, "before")] },
      { variant: "foreign PUT after ours", rules: [once(writeOf(target))(move, "after")] },
    ]);
  },

  "version sets": ({ kind, values }) => {
    if (kind !== "versionSet") return undefined;
    // Reads that take longer leave more room for two writers.
    const match = { operation: "get-service", path: new RegExp(`${values.serviceId}$`), times: 2 };
    return { variant: "slow reads", rules: [{ ...match, when: "after", action: { kind: "stallHeaders", ms: 40 } }] };
  },

  secrets: (target, { random, apiKey }) => {
    const write = once(writeOf(target));
    const told = { detail: `the key ${apiKey} may not`, error_code: apiKey, request_id: apiKey };
    const status = random.pick([400, 403, 500]);
    const headers = { "x-request-id": apiKey, location: `http://127.0.0.1:9/?key=${apiKey}` };
    return random.pick([
      {
        variant: `${status} that repeats the key`,
        rules: [write({ kind: "status", status, headers, body: told }, "before")],
      },
      { variant: "redirect with the key", rules: [write({ kind: "status", status: 307, headers }, "before")] },
      { variant: "extra key in the answer", rules: [write({ kind: "edit", set: { debug: told } }, "after")] },
    ]);
  },
};

export interface ListFault {
  readonly variant: string;
  readonly action: FaultAction;
  readonly times?: number;
  readonly operation: string | string[];
}

/** One of the faults of lists. What comes of pages strikes every list of services; the list of use cases has none, and leaves things out once. */
export function listFault(random: Random, timing: Timing): ListFault {
  const pages = { operation: "list-services" };
  return random.pick<ListFault>([
    { variant: "page shift", action: { kind: "pageShift", by: 1 }, ...pages },
    { variant: "page shift back", action: { kind: "pageShift", by: -1 }, ...pages },
    { variant: "repeated token", action: { kind: "repeatToken" }, ...pages },
    { variant: "list leaves things out", action: { kind: "pageShift", by: 2 }, operation: "list-use-cases", times: 1 },
    { variant: "stale list", action: staleList(timing), operation: LISTS },
    { variant: "502 on one page", action: { kind: "status", status: 502 }, operation: LISTS, times: 1 },
  ]);
}

function staleList({ staleMs }: Timing): FaultAction {
  return { kind: "staleList", ms: staleMs };
}

/** The lists in which this thing could be found. */
export function listsOf({ kind, values }: Pick<Target, "kind" | "values">): Match {
  if (kind === "workspace") return { operation: "list-workspaces" };
  return { operation: LISTS, path: new RegExp(String(values.workspaceId)) };
}

function once(match: Match): (action: FaultAction, when: "before" | "after") => FaultRule {
  return (action, when) => ({ ...match, times: 1, when, action });
}

/** Members that the contract does not know, of fields that no program here declares. */
const NEWER_MEMBERS: Record<Kind, Values> = {
  workspace: { region: "sa-east-1" },
  service: { environment: "preview" },
  versionSet: { environment: "preview" },
  useCase: { tier: "preview" },
  serviceBinding: { state: "preview" },
  testCallerNumbers: { state: "preview" },
};

const OPTIONAL: Record<Kind, string[]> = {
  workspace: ["backend_org_id"],
  service: ["agent_name", "context_graph_name", "persona_name"],
  versionSet: ["agent_name", "persona_id"],
  useCase: ["tier", "configuration_set_name"],
  serviceBinding: ["note"],
  testCallerNumbers: ["note"],
};

const REQUIRED: Record<Kind, string[]> = {
  workspace: ["created_at"],
  service: ["agent_id"],
  versionSet: ["version_sets"],
  useCase: ["id"],
  serviceBinding: ["service_id"],
  testCallerNumbers: ["numbers"],
};
