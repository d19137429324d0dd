import * as pulumi from "@pulumi/pulumi";
import { expect, it } from "vitest";
import type { Existing, Values } from "../../src/engine/lifecycle.js";
import { Unfinished } from "../../src/engine/provider/failure.js";
import { UNKNOWN } from "../../src/engine/unknown.js";
import { workspaceLifecycle as lifecycle, Workspace } from "../../src/resources/workspace.js";
import { hurryClock, lost, processWith, refusal, stopClock } from "./support.js";

const operations = ["create", "createSelfService", "update", "provision", "archive", "get", "list"];
const args = { slug: "clinic", name: "Clinic", environment: "staging" } as const;
const epic = { connectorType: "epic" } as const;
const workspace = (more: object = {}, age = 0) => ({
  ...{ id: "w", ...args, connector_type: null, provisioned_at: null },
  ...{ created_at: new Date(Date.now() - age).toISOString(), ...more },
});

/** A process whose server has this workspace; the first requests of each name fail as `ends` says. */
function serverOf(there: object, ends: Record<string, unknown[]> = {}, { list = [] as object[], seconds = 0 } = {}) {
  const asked: string[] = [];
  const answer = (name: string, ...path: unknown[]) => {
    const body = path.find((part) => typeof part === "object");
    asked.push(name === "update" ? `${name} ${JSON.stringify(body)}` : name);
    if (ends[name]?.length) throw ends[name].shift();
    return name === "list" ? list : Object.assign(there, body, name === "provision" && { provisioned_at: "then" });
  };
  const own = operations.map((on) => [`${on}Workspace${on === "list" ? "s" : ""}`, answer.bind(undefined, on)]);
  return { ...processWith(Object.fromEntries(own), seconds), asked: () => asked.join() };
}
async function create({ context, asked }: ReturnType<typeof serverOf>, more: Values = {}) {
  const end = await lifecycle.create(context, { ...args, ...more }).catch((error: Error & Existing) => error);
  return { end, asked: asked(), wasMade: context.run.wasMade("Workspace", "w") };
}

it.each<[text: string, inputs: Values, there: object, asked: string, live: Values]>([
  ["by its owner", {}, {}, "createSelfService,provision", { provisionedAt: "then" }],
  ["without an owner", { creation: "bootstrap" }, {}, "create,provision", { provisionedAt: "then" }],
  ["and left unprovisioned", { provision: false }, {}, "createSelfService", { provisionedAt: undefined }],
  ["provisioned", {}, { provisioned_at: "before" }, "createSelfService", { provisionedAt: "before" }],
  ["with a connector", epic, {}, 'createSelfService,update {"connector_type":"epic"},provision', epic],
  ["connected already", epic, { connector_type: "epic" }, "createSelfService,provision", epic],
])("a workspace is made %s, with the requests that this takes", async (_, inputs, there, asked, live) => {
  const server = serverOf(workspace(there));
  const done = await create(server, { ...inputs, backendOrgId: "o" });
  const end = { id: "w", live: { ...args, ...live, backendOrgId: "o" } };
  expect([done, server.calls[0]?.[1]]).toMatchObject([{ end, asked, wasMade: true }, { backend_org_id: "o" }]);
});

it("a create keeps what it reached, and waits where the new workspace shows late", async () => {
  hurryClock();
  for (const [name, live] of Object.entries({ update: args, provision: epic })) {
    const cause = refusal(403);
    const { end } = await create(serverOf(workspace(), { [name]: [cause] }), epic);
    expect([end instanceof Unfinished, end]).toMatchObject([true, { id: "w", cause, live }]);
  }
  const late = serverOf(workspace(), { update: [refusal(404)], provision: [refusal(404)] }, { seconds: 1e6 });
  expect((await create(late, epic)).end.live).toMatchObject({ ...epic, provisionedAt: "then" });
});

it("a create takes the workspace that `recover` found, while that is there", async () => {
  const seen: unknown[] = [];
  const settle = (...line: unknown[]) => void seen.push(line.join(" "));
  for (const more of [{}, { id: "gone" }]) {
    const server = serverOf(workspace(), {}, { list: [workspace({ id: "v" }), workspace(more)] });
    Object.assign(server.context, { journal: { claimOf: () => ({ id: "w", entry: "e" }), ask() {}, settle } });
    seen.push((await create(server)).asked);
  }
  expect(seen).toEqual(["e made w", "list,provision", "list,createSelfService,provision"]);
});

const [ABSENT, FOREIGN] = [/broke.* no workspace .*0 s, so/, /unknown: a workspace .*\(w, created 2.*known to be/];
it.each<[text: string, more: object, age: number, ends: object, says: RegExp | undefined]>([
  ["takes one that is there now, as far as two clocks tell", {}, 4000, {}, undefined],
  ["leaves one that is older", {}, 6000, {}, FOREIGN],
  ["leaves one that has another name", { name: "Other" }, 0, {}, FOREIGN],
  ["finds none of another slug", { slug: "other" }, 0, {}, ABSENT],
  ["finds none that is listed and gone", {}, 0, { get: [refusal(404)] }, ABSENT],
  ["cannot look", {}, 0, { get: [refusal(500)] }, /looking it up failed.*status 500/],
  ["says what else made the slug taken", {}, 0, { createSelfService: [refusal(409)] }, /409.*recover` finds that/],
  ["takes what its own request made", {}, 0, { createSelfService: [refusal(409, { outcome: "unknown" })] }, undefined],
  ["passes another refusal on", {}, 0, { createSelfService: [refusal(422)] }, /status 422[^.]*\)\.$/],
])("a create that gets no good answer %s", async (_, more, age, given, says) => {
  stopClock();
  const [there, ends] = [workspace(more, age), { createSelfService: [lost()], ...given }];
  const [cause] = ends.createSelfService;
  const { end, wasMade } = await create(serverOf(there, ends, { list: [workspace({ id: "v", slug: "v" }), there] }));
  expect([end, wasMade]).toMatchObject([says ? { message: expect.stringMatching(says) } : { id: "w" }, !says]);
  if (says) expect((end as Error).cause ?? end).toBe(cause);
});

it("a workspace is read; one that cannot be seen is kept in state, and another failure is passed on", async () => {
  const read = (...get: unknown[]) => lifecycle.read(serverOf(workspace(), { get }).context, "w").catch((end) => end);
  expect(await read()).toMatchObject({ id: "w", live: { ...args, provisionedAt: undefined } });
  const message = expect.stringMatching(/workspace w is archived.*\(http:\/\/here\).* State was kept.* status 40/);
  for (const cause of [refusal(404), refusal(403)]) expect(await read(cause)).toMatchObject({ message, cause });
  expect(await read(refusal(500))).toMatchObject({ name: "ServerError" });
});

const [region, REGION] = [{ region: "eu-central-1" }, 'get,update {"region":"eu-central-1"}'];
it.each<[text: string, at: unknown, over: Values, news: Values, status: number, asked: string, says: RegExp]>([
  ["nothing", "then", {}, {}, 0, "get", /^Clinic then$/],
  ["what is to change", "then", { name: "New" }, {}, 0, 'get,update {"name":"New"}', /^New then$/],
  ["what is unfinished", null, {}, {}, 0, "get,provision", /^Clinic then$/],
  ["only what is wished for", null, {}, { provision: false }, 0, "get", /^Clinic undefined$/],
  ["a region that is refused", null, region, {}, 422, REGION, /in eu-central-1 needs a new slug\.$/],
  ["a region, with another failure", null, region, {}, 409, REGION, /status 409[^.]*\)\.$/],
  ["a name that is refused", null, { name: "New" }, {}, 422, 'get,update {"name":"New"}', /status 422[^.]*\)\.$/],
])("an update sends %s", async (_, provisioned_at, changed, news, status, asked, says) => {
  const server = serverOf(workspace({ provisioned_at }), { update: status ? [refusal(status)] : [] });
  const change = { id: "w", olds: {}, news, over: ({ slug }: Values) => (slug === "clinic" ? changed : {}) };
  const end = lifecycle.update(server.context, change).then((live) => `${live.name} ${live.provisionedAt}`, String);
  expect([await end, server.asked()]).toEqual([expect.stringMatching(says), asked]);
});

const [gone, forbidden, unsure] = [refusal(404), refusal(403), refusal(403, { outcome: "unknown" })];
it.each<[text: string, deletionProtection: unknown, archive: unknown[], get: unknown[], asked: string, says: RegExp]>([
  ["kept where it is protected", undefined, [], [], "", /^Error: deletionProtection is on/],
  ["archived", false, [], [], "archive", /^done$/],
  ["gone", false, [gone], [], "archive", /^done$/],
  ["not archived without the right to", false, [forbidden], [], "archive", /status 403.* lost the answer/],
  ["not archived where it shows", false, [unsure], [], "archive,get", /status 403.* lost the answer/],
  ["gone, as a look shows", false, [unsure], [gone], "archive,get", /^done$/],
  ["out of sight, as a look shows", false, [unsure], [forbidden], "archive,get", /^done$/],
  ["perhaps gone", false, [unsure], [refusal(500)], "archive,get", /status 500/],
  ["not archived by a failure", false, [refusal(500)], [], "archive", /status 500[^.]*\)\.$/],
])("a workspace that is deleted is %s", async (_, deletionProtection, archive, get, asked, says) => {
  const server = serverOf(workspace(), { archive, get });
  const end = lifecycle.remove(server.context, "w", { slug: "clinic", deletionProtection }).then(() => "done", String);
  expect([await end, server.asked()]).toEqual([expect.stringMatching(says), asked]);
  if (asked) expect(server.calls[0]).toEqual(["archiveWorkspace", "w", "clinic"]);
});

it("a workspace takes a new slug with a new organisation, and is unfinished until it is provisioned", () => {
  const rule = (slug: string, backendOrgId: string, olds: Values = { slug: "a", backendOrgId: "old" }) =>
    lifecycle.rules({ slug, backendOrgId }, olds).map(({ property, reason }) => `${property} ${reason}`);
  expect(rule("a", "new")).toEqual([expect.stringMatching(/^slug must change together with backendOrgId/)]);
  expect([rule("b", "new"), rule("a", "old"), rule("a", UNKNOWN), lifecycle.rules(args, undefined)].flat()).toEqual([]);
  const { unfinished } = lifecycle;
  expect([unfinished({ provisionedAt: null }, {}), unfinished({}, { provision: true })]).toEqual([true, true]);
  expect([unfinished({ provisionedAt: "then" }, {}), unfinished({}, { provision: false })]).toEqual([false, false]);
});

it("a workspace is known by its slug, and its first request leaves the connector out", async () => {
  const { keyOf, inputsOf, find, firstSent } = lifecycle.recovery;
  const { context } = serverOf(workspace(), {}, { list: [workspace({ id: "v", slug: "v" }), workspace()] });
  const found = [...(await find(context, args)), ...(await lifecycle.document.list(context, "w"))];
  expect(found.map(({ id, live }) => `${id} ${live.slug}`)).toEqual(["w clinic", "w clinic"]);
  expect([keyOf(args), inputsOf(["a"]), firstSent({ ...args, ...epic })]).toEqual([["clinic"], { slug: "a" }, args]);
  expect([lifecycle.describe(args), lifecycle.deleteFirst()]).toEqual(['Workspace "clinic"', false]);
});

it("the engine protects a workspace too, unless the program says otherwise or only looks it up", async () => {
  await pulumi.runtime.setMocks({ newResource: ({ inputs }) => ({ id: "w", state: inputs }), call: () => ({}) });
  const seen: unknown[] = [];
  const transformations = [({ opts }: pulumi.ResourceTransformationArgs) => void seen.push(opts.protect)];
  for (const own of [args, { ...args, deletionProtection: false }]) new Workspace("a", own, { transformations });
  new Workspace("clinic", args, { transformations, protect: false });
  Workspace.get("clinic", "w", {}, { transformations });
  expect(seen).toEqual([true, false, false, undefined]);
  expect(() => new Workspace("clinic", undefined as never)).toThrow('new amigo.Workspace("clinic")');
});
