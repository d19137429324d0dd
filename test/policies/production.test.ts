import { beforeEach, expect, it } from "vitest";
import { productionReleasePinned } from "../../policies/production-release-pinned.js";
import { productionSafetyFilters } from "../../policies/production-safety-filters.js";
import { productionWorkspaceProtected } from "../../policies/production-workspace-protected.js";
import { workspaceClassified } from "../../policies/workspace-classified.js";
import { type Described, judge, UNKNOWN_ON_WIRE } from "./support.js";

/** What the policies about production have in common: which resources they judge. */
const workspaceId = "6f0c1d52-94a7-4c1e-8f3b-0d2a5b7c9e10";
const bad = (args: object = {}, more: object = {}): Described => ({
  type: "Service",
  name: "desk",
  args: { workspaceId, safetyFiltersEnabled: false, ...args },
  ...more,
});
const workspace = (environment: string, slug = "clinic"): Described => ({
  type: "Workspace",
  name: "clinic",
  args: { slug, environment },
  protect: true,
});

beforeEach(async () => {
  await judge(workspaceClassified, [], {});
});

it.each([
  productionWorkspaceProtected,
  productionSafetyFilters,
  productionReleasePinned,
])("$name judges what is in a listed workspace, and no other", async (policy) => {
  expect(await judge(policy, [bad()], { production: [workspaceId] })).toHaveLength(1);
  expect(await judge(policy, [bad()], { other: [workspaceId] })).toEqual([]);
});

it("takes the lists of workspace-classified where a policy has none of its own", async () => {
  await judge(workspaceClassified, [], { other: [workspaceId] });
  expect(await judge(productionSafetyFilters, [bad()])).toEqual([]);
  expect(await judge(productionSafetyFilters, [bad()], { production: [workspaceId] })).toHaveLength(1);
});

it("judges by the workspace of the stack: its environment, its slug, before its id is known", async () => {
  const inside = bad({ workspaceId: UNKNOWN_ON_WIRE }, { from: { workspaceId: ["clinic"] } });
  expect(await judge(productionSafetyFilters, [workspace("production"), inside])).toHaveLength(1);
  expect(await judge(productionSafetyFilters, [workspace("staging"), inside])).toEqual([]);
  const lists = { production: ["clinic"] };
  expect(await judge(productionSafetyFilters, [workspace("staging"), inside], lists)).toHaveLength(1);
  expect(await judge(productionSafetyFilters, [workspace("staging", UNKNOWN_ON_WIRE), inside], lists)).toEqual([]);
});

it("follows a workspace through another resource's property, and through the provider", async () => {
  const first = bad({ workspaceId: UNKNOWN_ON_WIRE }, { name: "first", from: { workspaceId: ["clinic"] } });
  const second = bad({ workspaceId: UNKNOWN_ON_WIRE }, { name: "second", from: { workspaceId: ["first"] } });
  const provider = {
    type: "pulumi:providers:pulumi-nodejs",
    name: "account",
    from: { "amigo:workspaceId": ["clinic"] },
  };
  const third: Described = { ...bad({ workspaceId: undefined }), name: "third", outputs: {}, provider: "account" };
  const all = [workspace("production"), provider, first, second, third];
  expect((await judge(productionSafetyFilters, all)).map(({ on }) => on)).toEqual(["first", "second", "third"]);
});

it("cannot tell where two workspaces are behind an id, or something else", async () => {
  const other = { ...workspace("production"), name: "other" };
  const inside = bad({ workspaceId: UNKNOWN_ON_WIRE }, { from: { workspaceId: ["clinic", "other"] } });
  expect(await judge(productionSafetyFilters, [workspace("production"), other, inside])).toEqual([]);
  const reference = { type: "pulumi:pulumi:StackReference", name: "shared" };
  const elsewhere = bad({ workspaceId: UNKNOWN_ON_WIRE }, { from: { workspaceId: ["shared"] } });
  expect(await judge(productionSafetyFilters, [reference, elsewhere])).toEqual([]);
});

it("counts a workspace of which only an unlisted id is known as production, and says so", async () => {
  const [finding] = await judge(productionSafetyFilters, [bad()], { production: ["clinic"] });
  expect(finding?.message).toContain("its workspace is in neither list and counts as production");
});

it("does not judge what is only looked up", async () => {
  const declared = { ...workspace("production"), name: "declared" };
  const lookedUp = bad({}, { declared: false });
  for (const policy of [productionWorkspaceProtected, productionSafetyFilters, productionReleasePinned]) {
    expect(await judge(policy, [declared, lookedUp], { production: [workspaceId] })).toEqual([]);
  }
});
