import { expect, test } from "vitest";
import { newService, servicesPath, startApi } from "./support.js";

test("a rule can name the body of its request", async () => {
  const api = await startApi({
    faults: [
      { operation: "create-service", body: /"name":"Second"/, when: "before", action: { kind: "status", status: 503 } },
    ],
  });
  expect((await api.post(servicesPath, newService({ name: "First" }))).status).toBe(201);
  expect((await api.post(servicesPath, newService({ name: "Second" }))).status).toBe(503);
});

test("edit changes what a success answers, item by item in a list, and leaves errors", async () => {
  const api = await startApi({
    faults: [
      { method: "GET", when: "after", action: { kind: "edit", set: { environment: "preview" }, drop: ["agent_name"] } },
    ],
  });
  const { body } = await api.post(servicesPath, newService());
  expect(body).toMatchObject({ environment: "production", agent_name: "Front Desk" });
  const read = (await api.get(`${servicesPath}/${body.id}`)).body;
  expect([read.environment, "agent_name" in read, read.name]).toEqual(["preview", false, body.name]);
  const { items, has_more } = (await api.get(servicesPath)).body;
  expect(items.every((item: { environment: string }) => item.environment === "preview")).toBe(true);
  expect(has_more).toBe(false);
  expect((await api.get(`${servicesPath}/${crypto.randomUUID()}`)).body.environment).toBeUndefined();
});

test("the log tells when a caller gave up, and nothing where the answer was whole or cut by a fault", async () => {
  const api = await startApi({
    faults: [
      { operation: "list-services", when: "before", action: { kind: "stallHeaders", ms: 2000 } },
      { operation: "create-service", when: "after", action: { kind: "reset" } },
    ],
  });
  await fetch(`${api.emulator.url}${servicesPath}`, {
    headers: { authorization: "Bearer amigo-demo-key" },
    signal: AbortSignal.timeout(200),
  }).catch(() => undefined);
  await expect.poll(() => api.emulator.requests[0]?.droppedMs).toBeGreaterThan(150);
  expect(api.emulator.requests[0]?.droppedMs).toBeLessThan(1500);
  await api.get("/v1/workspaces");
  await api.post(servicesPath, newService()).catch(() => undefined);
  expect(api.emulator.requests.slice(1).map(({ droppedMs }) => droppedMs)).toEqual([undefined, undefined]);
});
