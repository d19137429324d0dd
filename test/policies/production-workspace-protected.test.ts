import { expect, it } from "vitest";
import { productionWorkspaceProtected } from "../../policies/production-workspace-protected.js";
import { judge, UNKNOWN_ON_WIRE } from "./support.js";

const lists = { production: ["clinic"] };
const clinic = (args: object, protect: boolean) => ({
  type: "Workspace",
  name: "clinic",
  args: { slug: "clinic", environment: "staging", ...args },
  protect,
});

it("passes what is protected; deletionProtection is on where it is left out", async () => {
  expect(await judge(productionWorkspaceProtected, [clinic({}, true)], lists)).toEqual([]);
  expect(await judge(productionWorkspaceProtected, [clinic({ deletionProtection: true }, true)], lists)).toEqual([]);
});

it("finds a workspace without either protection", async () => {
  const findings = await judge(productionWorkspaceProtected, [clinic({ deletionProtection: false }, false)], lists);
  expect(findings.map(({ message }) => message)).toEqual([
    'Workspace "clinic": deletionProtection is false; allowed: true in production. ' +
      "Leave deletionProtection out, or set it to true.",
    'Workspace "clinic": protect is false; allowed: true in production. Set the resource option `protect: true`.',
  ]);
});

it.each(["Service", "UseCase", "ServiceBinding"])("finds a %s without protect", async (type) => {
  const args = { workspaceId: UNKNOWN_ON_WIRE };
  const child = { type, name: "child", args, from: { workspaceId: ["clinic"] } };
  const findings = await judge(productionWorkspaceProtected, [clinic({}, true), child], lists);
  expect(findings).toEqual([{ on: "child", message: expect.stringContaining("protect is false") }]);
  const guarded = { ...child, protect: true };
  expect(await judge(productionWorkspaceProtected, [clinic({}, true), guarded], lists)).toEqual([]);
});

it.each(["VersionSet", "TestCallerNumbers"])("asks nothing of a %s", async (type) => {
  const child = { type, name: "child", args: { workspaceId: "x" }, from: { workspaceId: ["clinic"] } };
  expect(await judge(productionWorkspaceProtected, [clinic({}, true), child], lists)).toEqual([]);
});

it("says nothing about a protection that is not known yet", async () => {
  const unknown = clinic({ deletionProtection: UNKNOWN_ON_WIRE }, true);
  expect(await judge(productionWorkspaceProtected, [unknown], lists)).toEqual([]);
});
