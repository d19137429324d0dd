import { expect, it, vi } from "vitest";
import { workspaceClassified } from "../../policies/workspace-classified.js";
import { judge, UNKNOWN_ON_WIRE } from "./support.js";

const id = "6f0c1d52-94a7-4c1e-8f3b-0d2a5b7c9e10";

const workspace = (args: object = {}, more: object = {}) => ({
  type: "Workspace",
  name: "clinic",
  args: { slug: "clinic", name: "Clinic", environment: "staging", ...args },
  ...more,
});
const child = (type: string, workspaceId: string | undefined, more: object = {}) => ({
  type,
  name: `the ${type}`,
  args: { workspaceId },
  ...more,
});

it("passes workspaces that are listed by slug, in either list, whatever their case", async () => {
  expect(await judge(workspaceClassified, [workspace()], { other: ["clinic"] })).toEqual([]);
  expect(await judge(workspaceClassified, [workspace()], { production: ["CLINIC"] })).toEqual([]);
});

it("passes what lives in a listed id, or in a workspace of the stack", async () => {
  const alone = child("Service", id.toUpperCase());
  expect(await judge(workspaceClassified, [alone], { other: [id] })).toEqual([]);
  const inside = child("Service", id, { from: { workspaceId: ["clinic"] } });
  const byValue = child("UseCase", id);
  expect(await judge(workspaceClassified, [workspace(), inside, byValue], { production: ["clinic"] })).toEqual([]);
});

it("takes the id of a stack's workspace from those that refer to it", async () => {
  const inside = child("Service", id, { from: { workspaceId: ["clinic"] } });
  expect(await judge(workspaceClassified, [workspace(), inside], { other: [id] })).toEqual([]);
});

it("finds a workspace in neither list, with what to do", async () => {
  const findings = await judge(workspaceClassified, [workspace()], { production: ["else"], other: [] });
  expect(findings).toEqual([
    {
      on: "clinic",
      message:
        'Workspace "clinic": slug is "clinic"; allowed: a listed workspace. ' +
        "Add the slug to `production` or `other` of `workspace-classified` in the policy configuration.",
    },
  ]);
  expect(await judge(workspaceClassified, [workspace()])).toHaveLength(1);
});

it.each([
  "Service",
  "VersionSet",
  "UseCase",
  "ServiceBinding",
  "TestCallerNumbers",
])("finds a %s in an id that is in neither list", async (type) => {
  const [finding, ...others] = await judge(workspaceClassified, [child(type, id)], { production: ["clinic"] });
  expect(others).toEqual([]);
  expect(finding).toMatchObject({ on: `the ${type}`, message: expect.stringContaining(`workspaceId is "${id}"`) });
  expect(finding?.message).toMatch(/Add the id to `production` or `other` of `workspace-classified` in the policy c/);
});

it("counts a workspace declared as production as such, and refuses to have it listed as other", async () => {
  const declared = workspace({ environment: "production" });
  expect(await judge(workspaceClassified, [declared])).toEqual([]);
  const [finding] = await judge(workspaceClassified, [declared], { other: ["clinic"] });
  expect(finding).toMatchObject({ on: "clinic", message: expect.stringContaining('environment is "production"') });
});

it("finds a workspace that is in both lists, as a matter of the stack", async () => {
  const findings = await judge(workspaceClassified, [workspace()], { production: ["clinic"], other: ["Clinic"] });
  expect(findings).toEqual([
    { on: undefined, message: expect.stringContaining('lists "clinic" as production and as other') },
  ]);
});

it("says nothing while a preview cannot tell, and what it can", async () => {
  const unknownSlug = workspace({ slug: UNKNOWN_ON_WIRE });
  const unknownEnvironment = workspace({ environment: UNKNOWN_ON_WIRE });
  const unknownId = child("Service", UNKNOWN_ON_WIRE);
  expect(await judge(workspaceClassified, [unknownSlug, unknownId])).toEqual([]);
  expect(await judge(workspaceClassified, [unknownEnvironment])).toEqual([]);

  const outputs = { workspaceId: id };
  const knownAtLast = child("Service", UNKNOWN_ON_WIRE, { outputs });
  expect(await judge(workspaceClassified, [knownAtLast])).toHaveLength(1);
});

it("judges a workspace that is looked up, but not what else is", async () => {
  const lookedUp = workspace({}, { declared: false });
  expect(await judge(workspaceClassified, [lookedUp])).toHaveLength(1);
  const service = child("Service", id, { declared: false });
  expect(await judge(workspaceClassified, [service, child("UseCase", UNKNOWN_ON_WIRE)])).toEqual([]);
});

it("takes everything as declared where the engine asks about the stack only", async () => {
  vi.resetModules();
  const fresh = await import("../../policies/workspace-classified.js");
  const { name, description, validateStack } = fresh.workspaceClassified;
  expect(await judge({ name, description, validateStack }, [child("Service", id)])).toHaveLength(1);
});
