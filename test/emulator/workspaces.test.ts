import { describe, expect, test } from "vitest";
import { demo, missingId, newWorkspace, servicesPath, startApi } from "./support.js";

const workspacePath = (id: string) => `/v1/workspaces/${id}`;

describe("create", () => {
  test("self-service makes the caller the owner, with the contract's defaults", async () => {
    const api = await startApi();
    const { status, body } = await api.post("/v1/workspaces/self-service", newWorkspace());
    expect(status).toBe(201);
    expect(body).toMatchObject({
      slug: "north-clinic",
      region: "us-east-1",
      backend_org_id: null,
      connector_type: null,
      provisioned_at: null,
    });
    expect(api.emulator.store.workspaces.get(body.id)?.owner).toBe("owner");
  });

  test("bootstrap needs no key and makes a workspace that nobody can archive", async () => {
    const api = await startApi();
    const { status, body } = await api.post("/v1/workspaces", newWorkspace(), null);
    expect(status).toBe(201);
    const archived = await api.post(`${workspacePath(body.id)}/archive`, { slug: "north-clinic" });
    expect(archived.status).toBe(403);
    expect((await api.get(workspacePath(body.id))).status).toBe(200);
  });

  test.each(["/v1/workspaces", "/v1/workspaces/self-service"])("%s: a slug is taken for ever", async (path) => {
    const api = await startApi();
    const first = await api.post("/v1/workspaces/self-service", newWorkspace());
    expect((await api.post(path, newWorkspace({ name: "Other" }))).status).toBe(409);
    await api.post(`${workspacePath(first.body.id)}/archive`, { slug: "north-clinic" });
    const again = await api.post(path, newWorkspace({ name: "Other" }));
    expect(again.status).toBe(409);
    expect(again.body).toMatchObject({ error_code: "slug_taken", detail: expect.stringContaining("north-clinic") });
  });

  test("a machine cannot own a workspace and a viewer cannot write", async () => {
    const api = await startApi({ apiKeys: { robot: "machine-ci", eyes: "viewer" } });
    const robot = await api.post("/v1/workspaces/self-service", newWorkspace(), "robot");
    expect([robot.status, robot.body.error_code]).toEqual([403, "unsupported_principal"]);
    const viewer = await api.post("/v1/workspaces/self-service", newWorkspace(), "eyes");
    expect([viewer.status, viewer.body.error_code]).toEqual([403, "forbidden"]);
    expect((await api.get("/v1/workspaces", "eyes")).body.items).toHaveLength(1);
  });
});

describe("read and change", () => {
  test("list and get show only the caller's organisation", async () => {
    const api = await startApi();
    expect((await api.get("/v1/workspaces")).body.items.map((item: { slug: string }) => item.slug)).toEqual([
      "demo-clinic",
    ]);
    expect((await api.get("/v1/workspaces", "amigo-second-key")).body.items).toEqual([]);
    expect((await api.get(workspacePath(demo.workspace), "amigo-second-key")).status).toBe(404);
    expect((await api.get(workspacePath(missingId))).status).toBe(404);
  });

  test("update changes what it names; null and absent leave a field alone", async () => {
    const api = await startApi();
    const changes = { name: "Renamed", region: "eu-central-1", connector_type: "epic", environment: null };
    const { status, body } = await api.patch(workspacePath(demo.workspace), changes);
    expect(status).toBe(200);
    expect(body).toMatchObject({
      name: "Renamed",
      region: "eu-central-1",
      connector_type: "epic",
      environment: "development",
    });
    const cleared = await api.patch(workspacePath(demo.workspace), { connector_type: null });
    expect(cleared.body.connector_type).toBe("epic");
    expect((await api.patch(workspacePath(missingId), { name: "x" })).status).toBe(404);
  });

  test("update refuses a connector type that the contract does not know", async () => {
    const api = await startApi();
    const { status, body } = await api.patch(workspacePath(demo.workspace), { connector_type: "fax" });
    expect(status).toBe(422);
    expect(body.detail[0]).toMatchObject({ loc: ["body", "connector_type"], type: "literal_error", input: "fax" });
  });

  test("provision sets the time once", async () => {
    const api = await startApi();
    const { id } = (await api.post("/v1/workspaces/self-service", newWorkspace())).body;
    const first = await api.post(`${workspacePath(id)}/provision`);
    const second = await api.post(`${workspacePath(id)}/provision`);
    expect(first.body.workspace.provisioned_at).toMatch(/^\d{4}-/);
    expect(second.body).toEqual(first.body);
    expect(api.emulator.requests.map((entry) => entry.committed)).toEqual([true, true, false]);
    expect((await api.post(`${workspacePath(missingId)}/provision`)).status).toBe(404);
  });
});

describe("archive", () => {
  test("wants the slug, then takes the workspace out of everything", async () => {
    const api = await startApi();
    const path = workspacePath(demo.workspace);
    const mismatch = await api.post(`${path}/archive`, { slug: "other-clinic" });
    expect([mismatch.status, mismatch.body.detail[0].loc]).toEqual([422, ["body", "slug"]]);
    expect((await api.post(`${path}/archive`, { slug: "demo-clinic" })).status).toBe(200);
    expect((await api.get("/v1/workspaces")).body.items).toEqual([]);
    expect((await api.get(path)).status).toBe(404);
    expect((await api.get(servicesPath)).status).toBe(404);
    expect((await api.post(`${path}/archive`, { slug: "demo-clinic" })).status).toBe(404);
  });

  test("only the owner may", async () => {
    const api = await startApi({ apiKeys: { other: "colleague" } });
    const { status, body } = await api.post(
      `${workspacePath(demo.workspace)}/archive`,
      { slug: "demo-clinic" },
      "other",
    );
    expect([status, body.error_code]).toEqual([403, "not_owner"]);
    expect(api.emulator.store.workspaces.get(demo.workspace)?.archived_at).toBeNull();
  });
});

describe("test caller numbers", () => {
  const path = `${workspacePath(demo.workspace)}/test-caller-numbers`;

  test("are written as a whole list and read back", async () => {
    const api = await startApi();
    expect((await api.get(path)).body).toEqual({ numbers: [] });
    const numbers = ["+15550100", "+15550101"];
    expect((await api.put(path, { numbers })).body).toEqual({ numbers });
    expect((await api.put(path, { numbers: ["+15550102"] })).status).toBe(200);
    expect((await api.get(path)).body).toEqual({ numbers: ["+15550102"] });
  });

  test("are at most 20", async () => {
    const api = await startApi();
    const numbers = Array.from({ length: 21 }, (_, index) => `+155501${index}`);
    expect((await api.put(path, { numbers })).status).toBe(422);
    expect((await api.put(path, { numbers: numbers.slice(1) })).status).toBe(200);
  });
});
