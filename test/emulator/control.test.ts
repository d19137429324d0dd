import { request } from "node:http";
import { describe, expect, test } from "vitest";
import { startEmulator } from "../../src/emulator/index.js";
import { demo, newService, servicesPath, startApi } from "./support.js";

describe("faults", () => {
  test("are replaced, shown with their counts, and removed", async () => {
    const api = await startApi();
    const rules = [
      { id: "slow", path: "/services$", method: "GET", when: "before", action: { kind: "status", status: 503 } },
    ];
    expect((await api.put("/__emulator/faults", { rules, seed: 3 }, null)).body).toEqual({ ids: ["slow"] });
    expect((await api.get(servicesPath)).status).toBe(503);
    expect((await api.get("/v1/workspaces")).status).toBe(200);
    const shown = (await api.get("/__emulator/faults", null)).body.rules;
    expect(shown).toEqual([{ rule: rules[0], matched: 1, struck: 1 }]);
    expect((await api.put("/__emulator/faults", { rules: [] }, null)).body).toEqual({ ids: [] });
    expect((await api.get(servicesPath)).status).toBe(200);
    await api.put("/__emulator/faults", { rules }, null);
    expect((await api.delete("/__emulator/faults", null)).status).toBe(204);
    expect((await api.get(servicesPath)).status).toBe(200);
  });

  test.each([
    ["an unknown action", { when: "before", action: { kind: "explode" } }],
    ["a function", { when: "before", action: { kind: "call" } }],
    ["a broken pattern", { when: "before", path: "(", action: { kind: "reset" } }],
    ["an unknown operation", { operation: "create-servce", when: "before", action: { kind: "reset" } }],
    ["an unknown key", { when: "before", often: 1, action: { kind: "reset" } }],
  ])("refuse %s and keep what was there", async (_, rule) => {
    const api = await startApi({ faults: [{ when: "before", action: { kind: "status", status: 503 } }] });
    const reply = await api.put("/__emulator/faults", { rules: [rule] }, null);
    expect([reply.status, reply.body.detail]).toEqual([400, expect.stringContaining("rules.0")]);
    expect((await api.get(servicesPath)).status).toBe(503);
  });

  test("name the operation that was meant", async () => {
    const rule = { operation: ["get-service", "create-servce"], when: "before", action: { kind: "reset" } };
    const { body } = await (await startApi()).put("/__emulator/faults", { rules: [rule] }, null);
    expect(body.detail).toContain('there is no operation "create-servce"; did you mean create-service?');
  });

  test.each([
    ["a list", [], "expected object, received array"],
    ["a key beside the rules", { rules: [], rule: [] }, 'Unrecognized key: "rule"'],
  ])("refuse %s as their body", async (_, body, reason) => {
    const api = await startApi();
    const reply = await api.put("/__emulator/faults", body, null);
    expect(reply.status).toBe(400);
    expect(reply.body.detail).toMatch(/^the body must be an object with `rules`.*: /);
    expect(reply.body.detail).toContain(reason);
  });
});

test("requests are listed and cleared, and the control plane is not among them", async () => {
  const api = await startApi();
  await api.post(servicesPath, newService());
  await api.get("/v2/elsewhere");
  const { requests } = (await api.get("/__emulator/requests", null)).body;
  expect(requests).toMatchObject([
    {
      sequence: 1,
      method: "POST",
      path: servicesPath,
      operation: "create-service",
      status: 201,
      committed: true,
      principal: "owner",
      requestBody: newService(),
    },
    { sequence: 2, method: "GET", path: "/v2/elsewhere", status: 404, committed: false },
  ]);
  expect(JSON.stringify(requests)).not.toContain("amigo-demo-key");
  expect((await api.delete("/__emulator/requests", null)).status).toBe(204);
  expect(api.emulator.requests).toEqual([]);
});

test("the dialect is changed by what is named", async () => {
  const api = await startApi();
  const reply = await api.put("/__emulator/dialect", { putNull: "clears", listLagMs: 5 }, null);
  expect(reply.body).toMatchObject({ putNull: "clears", listLagMs: 5, putAbsent: "unchanged" });
  expect(api.emulator.dialect.putNull).toBe("clears");
  await api.put("/__emulator/dialect", { rateLimit: { requests: 1, perMs: 60_000, retryAfter: "absent" } }, null);
  expect((await api.put("/__emulator/dialect", { rateLimit: null }, null)).body.rateLimit).toBeUndefined();
  expect((await api.put("/__emulator/dialect", { rateLimit: "10/1000/date" }, null)).body.rateLimit).toEqual({
    requests: 10,
    perMs: 1000,
    retryAfter: "date",
  });
  const often = await api.put("/__emulator/dialect", { rateLimit: "often" }, null);
  expect([often.status, often.body.detail]).toEqual([400, expect.stringContaining('rateLimit cannot be "often"; it ')]);
  const wrong = await api.put("/__emulator/dialect", { putNull: "maybe" }, null);
  expect([wrong.status, wrong.body.detail]).toEqual([400, expect.stringContaining("putNull")]);
  expect((await api.get("/__emulator/dialect", null)).body.putNull).toBe("clears");
});

test("the state is the server's truth, with nothing hidden by lags", async () => {
  const api = await startApi({ dialect: { getLagMs: 10_000, listLagMs: 10_000 } });
  const { id } = await api.service();
  const { body } = await api.get("/__emulator/state", null);
  expect(body.services.map((service: { id: string }) => service.id)).toEqual([demo.systemService, id]);
  expect(body).toEqual(api.emulator.store.snapshot());
});

test("only this machine is served", async () => {
  for (const host of ["0.0.0.0", "192.168.0.1", "example.com"]) {
    await expect(startEmulator({ host })).rejects.toThrow(/not a loopback address/);
  }
  const api = await startApi({ host: "localhost" });
  expect((await api.get("/__emulator/state", null)).status).toBe(200);
  // A page on the web can point its own name at this machine; the name then stands in the Host header.
  const status = await new Promise((resolve, reject) => {
    const options = {
      port: api.emulator.port,
      host: "localhost",
      path: "/__emulator/state",
      headers: { host: "evil.example" },
    };
    request(options, (response) => resolve(response.resume().statusCode))
      .on("error", reject)
      .end();
  });
  expect(status).toBe(403);
});
