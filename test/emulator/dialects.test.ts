import { afterEach, describe, expect, test, vi } from "vitest";
import { dialectNames, parseDialectSetting } from "../../src/emulator/index.js";
import { passTime, readings, stopClock, updated, workspacePath } from "./readings.js";
import { startApi } from "./support.js";

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
  const told = retryAfter === "seconds" ? Number(value) * 1000 : Date.parse(value) - Date.now();
  expect(told).toBeLessThanOrEqual(3000);
  passTime(1199);
  expect((await api.get("/v1/workspaces")).status).toBe(429);
  passTime(told - 1199);
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
  expect(() => parseDialectSetting("putNull=maybe")).toThrow(/putNull/);
  expect(() => parseDialectSetting("colour=red")).toThrow(/no dialect setting/);
});
