import { afterEach, describe, expect, test, vi } from "vitest";
import { dialectLines, dialectNames, parseDialectSetting } from "../../src/emulator/index.js";
import { passTime, readings, stopClock, updated, workspacePath } from "./readings.js";
import { bindingPath, demo, newService, newWorkspace, servicesPath, startApi, useCasesPath } from "./support.js";

afterEach(() => {
  vi.useRealTimers();
});

describe.each(readings)("$name", ({ dialect, look, byDefault, otherwise }) => {
  test("by default", async () => expect(await look(await startApi())).toEqual(byDefault));
  test("otherwise", async () => expect(await look(await startApi({ dialect }))).toEqual(otherwise));
});

test("every dialect has a reading here", () => {
  expect(new Set(readings.flatMap((reading) => Object.keys(reading.dialect)))).toEqual(new Set(dialectNames));
});

test("both putNull and putVersionSets keep edge and release, whatever is sent", async () => {
  const api = await startApi({ dialect: { putNull: "clears" } });
  expect(Object.keys((await updated(api, { version_sets: null })).version_sets).sort()).toEqual(["edge", "release"]);
});

test.each([
  ["seconds", /^\d+$/],
  ["date", / GMT$/],
] as const)("Retry-After in %s names a moment at which the next request passes", async (retryAfter, form) => {
  stopClock();
  const api = await startApi({ dialect: { rateLimit: { requests: 1, perMs: 1500, retryAfter } } });
  await api.get("/v1/workspaces");
  passTime(300);
  const value = (await api.get("/v1/workspaces")).headers.get("retry-after") ?? "";
  expect(value).toMatch(form);
  const waitMs = retryAfter === "seconds" ? Number(value) * 1000 : Date.parse(value) - Date.now();
  expect(waitMs).toBeLessThanOrEqual(3000);
  passTime(1199);
  expect((await api.get("/v1/workspaces")).status).toBe(429);
  passTime(waitMs - 1199);
  expect((await api.get("/v1/workspaces")).status).toBe(200);
});

test("Retry-After may be absent", async () => {
  const api = await startApi({ dialect: { rateLimit: { requests: 1, perMs: 60_000, retryAfter: "absent" } } });
  await api.get("/v1/workspaces");
  const { status, headers } = await api.get("/v1/workspaces");
  expect([status, headers.get("retry-after")]).toEqual([429, null]);
});

test("the dialect can change while the server runs", async () => {
  const api = await startApi();
  api.emulator.dialect.regionImmutable = true;
  expect((await api.patch(workspacePath, { region: "eu-central-1" })).status).toBe(422);
});

test("settings are read from name=value and checked", () => {
  expect(parseDialectSetting("putNull=clears")).toEqual({ putNull: "clears" });
  expect(parseDialectSetting("archivedStatus=403")).toEqual({ archivedStatus: 403 });
  expect(parseDialectSetting("extraKeys=true")).toEqual({ extraKeys: true });
  expect(parseDialectSetting("rateLimit=10/1000")).toEqual({
    rateLimit: { requests: 10, perMs: 1000, retryAfter: "seconds" },
  });
  expect(parseDialectSetting("extraKeys=kept")).toEqual({ extraKeys: "kept" });
  expect(parseDialectSetting("freesNameAfter=3000")).toEqual({ freesNameAfter: 3000 });
});

const seeAll = "Run `npx pulumi-amigo emulator --list-dialects` to see all names and values.";

test.each([
  ["putNul=clears", `There is no dialect "putNul"; did you mean putNull? ${seeAll}`],
  ["putNull", `Dialect putNull needs a value: write putNull=unchanged. ${seeAll}`],
  ["putNull=clear", `Dialect putNull cannot be "clear"; it takes unchanged, clears. Did you mean clears? ${seeAll}`],
  ["extraKeys=1", `Dialect extraKeys cannot be 1; it takes true, false, kept, refused. ${seeAll}`],
  ["freesNameAfter=-1", `Dialect freesNameAfter cannot be -1; it takes 0 to 60000. ${seeAll}`],
])("the wrong setting %s is one clear message", (setting, message) => {
  expect(() => parseDialectSetting(setting)).toThrow(new Error(message));
});

test("every dialect is listed with its values and default", () => {
  const lines = dialectLines();
  expect(lines.map((line) => line.split(" ")[0])).toEqual(dialectNames);
  expect(lines).toContainEqual(expect.stringMatching(/^archivedStatus +404, 403 \(default: 404\)$/));
  expect(lines).toContainEqual(expect.stringMatching(/^showsAfter +0 or more \(default: 0\)$/));
});

test.each([
  {},
  { useCasePages: true, emptyPages: true, fallingTokens: true },
])("following the tokens of a paged list gives every item once: %o", async (dialect) => {
  const api = await startApi({ dialect });
  for (let ordinal = 1; ordinal <= 45; ordinal += 1) {
    await api.service({ name: `Line ${ordinal}` });
    await api.useCase({ name: ordinal > 25 ? "b".repeat(ordinal - 25) : "a".repeat(ordinal) });
  }
  for (const [path, count] of [
    [servicesPath, 46],
    [useCasesPath, 45],
  ] as const) {
    const seen: string[] = [];
    let token: number | null | undefined;
    do {
      const { body } = await api.get(token ? `${path}?continuation_token=${token}` : path);
      seen.push(...body.items.map((item: { id: string }) => item.id));
      token = body.has_more ? body.continuation_token : undefined;
    } while (token);
    expect([new Set(seen).size, seen.length]).toEqual([count, count]);
  }
});

test.each(["lower", "upper"] as const)("ids in capitals find the thing in every operation: %s", async (idCase) => {
  const api = await startApi({ dialect: { idCase, serverMadeSets: false } });
  const up = (id: string) => id.toUpperCase();
  const workspace = up(demo.workspace);
  const ids = { agent_id: up(demo.agents.frontDesk), context_graph_id: up(demo.contextGraphs.scheduling) };
  const service = await api.service({ ...ids, persona_id: up(demo.personas.warm) });
  const useCase = await api.useCase({ setup_id: up(demo.setups.voiceApproved) });
  const servicePath = `/v1/${workspace}/services/${up(service.id)}`;
  const useCasePath = `/v1/${workspace}/use-cases/${up(useCase.id)}`;
  const replies = [
    await api.get(`/v1/workspaces/${workspace}`),
    await api.patch(`/v1/workspaces/${workspace}`, { name: "Other" }),
    await api.post(`/v1/workspaces/${workspace}/provision`),
    await api.get(`/v1/${workspace}/services`),
    await api.get(servicePath),
    await api.put(servicePath, { agent_id: up(demo.agents.nightNurse) }),
    await api.put(`${servicePath}/version-sets/pilot`, { version_set: {} }),
    await api.get(`/v1/${workspace}/use-cases?setup_id=${up(demo.setups.voiceApproved)}`),
    await api.put(`${useCasePath}/service-binding`, { service_id: up(service.id) }),
    await api.get(`${useCasePath}/service-binding`),
    await api.delete(`${useCasePath}/service-binding`),
    await api.delete(useCasePath),
    await api.delete(servicePath),
  ];
  expect(replies.map((reply) => reply.status)).toEqual([
    200, 200, 200, 200, 200, 200, 204, 200, 200, 200, 204, 204, 204,
  ]);
  expect(replies[7]?.body.items).toHaveLength(1);
  expect(replies[5]?.body.agent_name).toBe("Night Nurse");
  const form = (id: string) => (idCase === "upper" ? id.toUpperCase() : id.toLowerCase());
  const { service_id, use_case_id, workspace_id } = replies[9]?.body ?? {};
  expect([service_id, use_case_id, workspace_id]).toEqual([service.id, useCase.id, demo.workspace].map(form));
});

test("lists lag behind creates, updates and deletes alike", async () => {
  stopClock();
  const api = await startApi({ dialect: { listLagMs: 1000 } });
  const [kept, gone] = [await api.service({ name: "kept" }), await api.service({ name: "gone" })];
  passTime(1001);
  await api.put(`${servicesPath}/${kept.id}`, { name: "renamed" });
  await api.delete(`${servicesPath}/${gone.id}`);
  await api.service({ name: "new" });
  const names = async () =>
    (await api.get(servicesPath)).body.items.map((item: { name: string }) => item.name).slice(1);
  expect(await names()).toEqual(["kept", "gone"]);
  passTime(1001);
  expect(await names()).toEqual(["renamed", "new"]);
});

test("showsAfter holds for every write that names a new thing, and for no read", async () => {
  stopClock();
  const api = await startApi({ dialect: { showsAfter: 1000 } });
  const workspace = (await api.post("/v1/workspaces/self-service", newWorkspace())).body;
  const [service, useCase] = [await api.service(), await api.useCase()];
  const own = `/v1/workspaces/${workspace.id}`;
  const writes = () => [
    api.put(bindingPath(useCase.id), { service_id: service.id }),
    api.put(`${servicesPath}/${service.id}/version-sets/pilot`, { version_set: {} }),
    api.post(`${own}/provision`),
    api.post(`/v1/${workspace.id}/services`, newService()),
    api.patch(own, { name: "Other" }),
  ];
  const statuses = async (replies: Promise<{ status: number }>[]) =>
    (await Promise.all(replies)).map((reply) => reply.status);
  const reads = [own, `${servicesPath}/${service.id}`, `/v1/${workspace.id}/use-cases`];
  expect(await statuses(reads.map((path) => api.get(path)))).toEqual([200, 200, 200]);
  expect(await statuses(writes())).toEqual([404, 404, 404, 404, 404]);
  expect((await api.delete(`${servicesPath}/${service.id}`)).status).toBe(404);
  expect((await api.delete(`${useCasesPath}/${useCase.id}`)).status).toBe(404);
  passTime(1000);
  expect(await statuses(writes())).toEqual([200, 204, 200, 201, 200]);
  expect((await api.delete(`${servicesPath}/${service.id}`)).status).toBe(204);
});

test("extraKeys=kept: what a request leaves out is lost, what it sends or does not write stays", async () => {
  const api = await startApi({ dialect: { extraKeys: "kept" } });
  const made = await api.service({ version_sets: { pilot: {}, canary: {} }, voice_config: { eot_timeout_ms: 9 } });
  const path = `${servicesPath}/${made.id}`;
  const { voice_config, version_sets } = made as unknown as { voice_config: object; version_sets: { pilot: object } };
  expect([voice_config, version_sets.pilot]).toEqual([
    expect.objectContaining({ x_internal: "set-by-server" }),
    expect.objectContaining({ x_internal: "set-by-server" }),
  ]);
  await api.put(`${path}/version-sets/canary`, { version_set: {} });
  await api.put(path, { version_sets: { pilot: version_sets.pilot, canary: {} }, voice_config: { eot_timeout_ms: 5 } });
  const { body } = await api.get(path);
  expect(body.voice_config).not.toHaveProperty("x_internal");
  expect(body.version_sets.canary).not.toHaveProperty("x_internal");
  expect(body.version_sets.pilot.x_internal).toBe("set-by-server");
  expect(body.version_sets.release.x_internal).toBe("set-by-server");
});

test("extraKeys=refused names the place of each key", async () => {
  const api = await startApi({ dialect: { extraKeys: "refused" } });
  const made = await api.service({ version_sets: { pilot: {} }, voice_config: {} });
  const path = `${servicesPath}/${made.id}`;
  const issue = (...loc: string[]) => ({
    loc: ["body", ...loc, "x_internal"],
    msg: "Extra inputs are not permitted",
    type: "extra_forbidden",
  });
  const { body, status } = await api.put(path, { version_sets: made.version_sets, voice_config: made.voice_config });
  expect(status).toBe(422);
  expect(body.detail).toEqual(
    expect.arrayContaining([issue("version_sets", "pilot"), issue("version_sets", "release"), issue("voice_config")]),
  );
  const upsert = await api.put(`${path}/version-sets/pilot`, { version_set: { x_internal: "a" } });
  expect([upsert.status, upsert.body.detail]).toEqual([422, [issue("version_set")]]);
});
