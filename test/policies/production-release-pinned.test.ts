import { expect, it } from "vitest";
import { productionReleasePinned } from "../../policies/production-release-pinned.js";
import { type Described, judge, UNKNOWN_ON_WIRE } from "./support.js";

const workspaceId = "6f0c1d52-94a7-4c1e-8f3b-0d2a5b7c9e10";
const pins = { agentVersionNumber: 3, contextGraphVersionNumber: 4 };

const desk = (args: object = {}): Described => ({ type: "Service", name: "desk", args: { workspaceId, ...args } });
const set = (args: object, more: object = {}): Described => ({
  type: "VersionSet",
  name: "set",
  args: { workspaceId, serviceId: UNKNOWN_ON_WIRE, name: "release", ...args },
  from: { serviceId: ["desk"] },
  ...more,
});
const found = async (...resources: Described[]) =>
  (await judge(productionReleasePinned, resources, { production: [workspaceId] })).map(
    ({ on, message }) => `${on} ${/: (\S+ is .+?);/.exec(message)?.[1]}`,
  );

it("passes a pinned release, as a resource or inline", async () => {
  expect(await found(desk(), set(pins))).toEqual([]);
  expect(await found(desk({ versionSets: { release: pins } }))).toEqual([]);
});

it("finds a service without a release, other sets or none", async () => {
  expect(await found(desk())).toEqual(["desk versionSets.release is not set"]);
  expect(await found(desk({ versionSets: { canary: pins } }))).toHaveLength(1);
  expect(await found(desk(), set({ ...pins, name: "canary" }))).toHaveLength(1);
  const other: Described = { ...desk({ versionSets: { release: pins } }), name: "other" };
  expect(await found(desk(), other, set(pins, { from: { serviceId: ["other"] } }))).toHaveLength(1);
});

it("finds each number that is left out", async () => {
  expect(await found(desk(), set({ agentVersionNumber: 3 }))).toEqual(["set contextGraphVersionNumber is not set"]);
  expect(await found(desk({ versionSets: { release: { contextGraphVersionNumber: 4 } } }))).toEqual([
    "desk versionSets.release.agentVersionNumber is not set",
  ]);
  expect(await found(desk({ versionSets: { release: {} } }))).toHaveLength(2);
});

it("finds them in a release of a service that others keep", async () => {
  const serviceId = "00000000-0000-4000-8000-000000000001";
  expect(await found(set({ serviceId }, { from: {} }))).toHaveLength(2);
});

it("knows a service by its id, too", async () => {
  const serviceId = "00000000-0000-4000-8000-000000000001";
  const byReference = set({ ...pins, serviceId, name: "canary" });
  const byValue = { ...set({ ...pins, serviceId }, { from: {} }), name: "literal" };
  expect(await found(desk(), byReference, byValue)).toEqual([]);
});

it("says nothing where a preview cannot tell, and what it can", async () => {
  expect(await found(desk({ versionSets: UNKNOWN_ON_WIRE }))).toEqual([]);
  expect(await found(desk({ versionSets: { release: UNKNOWN_ON_WIRE } }))).toEqual([]);
  expect(await found(desk(), set({ ...pins, agentVersionNumber: UNKNOWN_ON_WIRE }))).toEqual([]);
  expect(await found(desk(), set({ name: UNKNOWN_ON_WIRE }))).toEqual([]);
  expect(await found(desk(), set(pins, { from: {} }))).toEqual([]);
  expect(await found(desk(), set({ agentVersionNumber: UNKNOWN_ON_WIRE }))).toEqual([
    "set contextGraphVersionNumber is not set",
  ]);
});
