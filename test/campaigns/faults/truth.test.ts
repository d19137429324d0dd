import { expect, it } from "vitest";
import type { RequestLogEntry } from "../../../src/emulator/index.js";
import type { Strike } from "./drive.js";
import type { Operation, Values } from "./program.js";
import { earlyRetries, overruns } from "./traffic.js";
import { type Held, lostUpdate, strays, type Truth } from "./truth.js";

const service = (id: string, more: Values = {}): Values => ({
  id,
  workspace_id: "w",
  name: "Desk",
  created_by: "owner",
  description: "",
  tags: [{ key: "pulumi-owner", value: "mine" }],
  keyterms: [],
  tool_capacity: 3,
  is_active: true,
  version_sets: {},
  ...more,
});
const truth = (parts: Partial<Truth>): Truth => ({
  workspaces: [],
  services: [],
  useCases: [],
  bindings: [],
  ...parts,
});
const held: Held = { kind: "service", name: "desk", id: "a", reached: { workspaceId: "w", name: "Desk" } };
const operation = (action: Operation["action"], kind: Operation["kind"] = "service"): Operation => ({
  id: "s0r0-desk",
  stack: 0,
  round: 0,
  name: "desk",
  kind,
  action,
  declared: { name: "desk", kind, args: {} },
  paired: false,
});

it("finds a second thing of one name, and one that no stack knows", () => {
  expect(strays(truth({ services: [service("a")] }), [held])).toEqual([]);
  const doubled = truth({ services: [service("a"), service("b")] });
  expect(strays(doubled, [held])).toMatchObject([{ what: "duplicate", kind: "service", key: "service w Desk" }]);
  expect(strays(truth({ services: [service("a")] }), [])).toMatchObject([{ what: "orphan", kind: "service" }]);
  expect(strays(doubled, []).map(({ what }) => what)).toEqual(["orphan", "duplicate"]);
});

it("leaves out what somebody else made, and what is archived", () => {
  const foreign = service("b", { created_by: "somebody-else" });
  const archived = { id: "w", slug: "old", created_by: "owner", archived_at: "2026-01-01T00:00:00Z" };
  expect(strays(truth({ services: [foreign], workspaces: [archived] }), [])).toEqual([]);
});

it("finds acknowledged writes that the server does not show", () => {
  const there = truth({ services: [service("a")] });
  expect(lostUpdate(there, operation("create"), held)).toBeUndefined();
  expect(lostUpdate(truth({}), operation("create"), held)).toContain("is not there");
  const changed = { ...held, reached: { ...held.reached, description: "New" } };
  expect(lostUpdate(there, operation("update"), changed)).toContain('description: "New" was acknowledged, "" is there');
  expect(lostUpdate(there, operation("delete"), undefined, "a")).toContain("acknowledged as deleted and is there");
  expect(lostUpdate(truth({}), operation("delete"), undefined, "a")).toBeUndefined();
});

it("finds lost version sets, bindings and numbers", () => {
  const set: Held = {
    kind: "versionSet",
    name: "set",
    id: "a/canary",
    reached: { workspaceId: "w", serviceId: "a", name: "canary", agentVersionNumber: 2 },
  };
  const withSet = (version: number) =>
    truth({ services: [service("a", { version_sets: { canary: { agent_version_number: version } } })] });
  expect(lostUpdate(withSet(2), operation("update", "versionSet"), set)).toBeUndefined();
  expect(lostUpdate(withSet(1), operation("update", "versionSet"), set)).toContain("agentVersionNumber");
  expect(lostUpdate(withSet(1), operation("delete", "versionSet"), undefined, "a/canary")).toContain("is there");

  const binding: Held = { kind: "serviceBinding", name: "line", id: "u", reached: { useCaseId: "u", serviceId: "a" } };
  const bound = truth({ bindings: [{ use_case_id: "u", service_id: "b", workspace_id: "w" }] });
  expect(lostUpdate(bound, operation("update", "serviceBinding"), binding)).toContain("serviceId");

  const numbers: Held = { kind: "testCallerNumbers", name: "qa", id: "w", reached: { numbers: ["+1", "+2"] } };
  const listed = (list: string[]) => truth({ workspaces: [{ id: "w", archived_at: null, test_caller_numbers: list }] });
  expect(lostUpdate(listed(["+2", "+1"]), operation("create", "testCallerNumbers"), numbers)).toBeUndefined();
  expect(lostUpdate(listed(["+2"]), operation("create", "testCallerNumbers"), numbers)).toContain("numbers");
});

const at = Date.parse("2026-01-01T00:00:00.000Z");
const request = (sequence: number, afterMs: number, more: Partial<RequestLogEntry> = {}): RequestLogEntry => ({
  sequence,
  at: new Date(at + afterMs).toISOString(),
  method: "POST",
  path: "/v1/w/services",
  operation: "create-service",
  status: 429,
  requestId: "r",
  ms: 1,
  committed: false,
  requestBody: { name: "Desk" },
  ...more,
});
const strike = (injection: Partial<Strike["injection"]>): Strike => ({
  rule: "rule",
  operation: operation("create"),
  injection: { faultClass: "throttling", variant: "429 seconds", rules: [], toldMs: 1000, ...injection },
  from: at,
  to: at + 5000,
});

it("finds requests that came before the time was over", () => {
  const answered = request(1, 0, { faults: ["rule"] });
  const early = (entry: RequestLogEntry, injection = {}) =>
    earlyRetries([answered, entry], [strike(injection)], at + 60_000).length;
  expect(early(request(2, 900))).toBe(1);
  expect(early(request(2, 1001))).toBe(0);
  expect(early(request(2, 10))).toBe(1);
  // Another resource's request may have been under way already.
  expect(early(request(2, 10, { requestBody: { name: "Other" } }))).toBe(0);
  expect(early(request(2, 500, { requestBody: { name: "Other" } }))).toBe(1);
  expect(early(request(2, 500, { operation: "create-use-case" }))).toBe(0);
  expect(early(request(2, 900), { toldMs: undefined, toldUntil: at + 2000 })).toBe(1);
});

it("finds calls that went on after their deadline", () => {
  const slow = (droppedMs: number | undefined) =>
    overruns([request(1, 0, { faults: ["rule"], droppedMs })], [strike({ faultClass: "slow" })], 1).length;
  expect(slow(1100)).toBe(0);
  expect(slow(1600)).toBe(1);
  // Never cut: as long as the call itself took.
  expect(slow(undefined)).toBe(1);
});
