import { expect, test } from "vitest";
import { logLine, type RequestLogEntry, startEmulator } from "../../src/emulator/index.js";
import { demo, startApi } from "./support.js";

const workspace = `/v1/workspaces/${demo.workspace}`;

test("a taken port rejects", async () => {
  const { emulator } = await startApi();
  await expect(startEmulator({ port: emulator.port })).rejects.toMatchObject({ code: "EADDRINUSE" });
});

test("close frees the port", async () => {
  const first = await startEmulator();
  await first.close();
  const second = await startApi({ port: first.port });
  expect(second.emulator.port).toBe(first.port);
  expect((await second.get("/v1/workspaces")).status).toBe(200);
});

test("wrong options are refused", async () => {
  await expect(startEmulator({ dialect: { putNull: "maybe" as "clears" } })).rejects.toThrow(/putNull/);
  await expect(startEmulator({ apiKeys: { key: "owner@third" } })).rejects.toThrow(/owner@third/);
});

test("two organisations do not see each other's things", async () => {
  const api = await startApi();
  const body = { slug: "second-clinic", name: "Second", environment: "production" };
  const created = await api.post("/v1/workspaces/self-service", body, "amigo-second-key");
  expect(created.status).toBe(201);
  expect((await api.get(`/v1/workspaces/${created.body.id}`, "amigo-second-key")).status).toBe(200);
  expect((await api.get(`/v1/workspaces/${created.body.id}`)).status).toBe(404);
  expect((await api.post("/v1/workspaces/self-service", body)).status).toBe(409);
});

test("onRequest hears each request, and its line is short", async () => {
  const entries: RequestLogEntry[] = [];
  const api = await startApi({ onRequest: (entry) => entries.push(entry) });
  await api.get("/v1/workspaces?limit=5");
  await api.get("/v1/workspaces", null);
  expect(entries).toEqual(api.emulator.requests);
  expect(entries.map(logLine)).toEqual([
    expect.stringMatching(/^GET \/v1\/workspaces\?limit=5 200 \d+ ms req_\w+$/),
    expect.stringMatching(/^GET \/v1\/workspaces 401 \d+ ms req_\w+$/),
  ]);
});

test("the store refuses silent edits and takes real ones", async () => {
  const { emulator } = await startApi();
  const [workspace] = emulator.store.workspaces.list();
  expect(() => Object.assign(workspace ?? {}, { name: "x" })).toThrow(TypeError);
  emulator.store.workspaces.update(workspace?.id ?? "", { name: "Edited" });
  expect(emulator.store.workspaces.list()[0]?.name).toBe("Edited");
});

test.each([
  ["DELETE", "/v1/workspaces", "GET, POST"],
  ["POST", `${workspace}`, "GET, PATCH"],
  ["PATCH", `/v1/${demo.workspace}/services/${demo.systemService}`, "DELETE, GET, PUT"],
  ["GET", `${workspace}/provision`, "POST"],
  ["DELETE", "/__emulator/dialect", "GET, PUT"],
  ["GET", "/v1/me/workspaces", null],
  ["GET", "/v1/workspaces/", null],
  ["GET", `/v1/${demo.workspace}/services/${demo.systemService}/version-sets`, null],
])("%s %s allows %s", async (method, path, allowed) => {
  const { emulator } = await startApi();
  const response = await fetch(emulator.url + path, { method });
  expect([response.status, response.headers.get("allow")]).toEqual([allowed === null ? 404 : 405, allowed]);
});

test("the newer self-service path is known where it is served", async () => {
  const { emulator } = await startApi({ dialect: { selfServiceRoute: "me" } });
  const response = await fetch(`${emulator.url}/v1/me/workspaces`);
  expect([response.status, response.headers.get("allow")]).toEqual([405, "POST"]);
});
