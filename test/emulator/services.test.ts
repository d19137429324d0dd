import { describe, expect, test } from "vitest";
import { demo, missingId, newService, newWorkspace, servicesPath, startApi } from "./support.js";

const emptySet = { agent_version_number: null, context_graph_version_number: null, llm_model_preferences: {} };

describe("create", () => {
  test("fills the contract's defaults, the names and the server's own version sets", async () => {
    const api = await startApi();
    const body = await api.service({ persona_id: demo.personas.warm, voice_config: { tts_model: "sonic-3" } });
    expect(body).toMatchObject({
      workspace_id: demo.workspace,
      description: "",
      keyterms: [],
      tags: [],
      is_active: true,
      is_system: false,
      tool_capacity: 3,
      safety_filters_enabled: true,
      channel_type: "voice",
      environment: "production",
      agent_name: "Front Desk",
      context_graph_name: "Scheduling",
      persona_name: "Warm",
      version_sets: { edge: emptySet, release: emptySet },
      voice_config: {
        tts_model: "sonic-3",
        filler_style: "backchannel",
        backchannel_delay_ms: 400,
        forward_call_enabled: false,
      },
    });
    expect((await api.get(`${servicesPath}/${body.id}`)).body).toEqual(body);
  });

  test("a new workspace sees its organisation's catalogue", async () => {
    const api = await startApi();
    const workspace = (await api.post("/v1/workspaces/self-service", newWorkspace())).body;
    expect((await api.post(`/v1/${workspace.id}/services`, newService())).status).toBe(201);
  });

  test("a name is taken once per workspace", async () => {
    const api = await startApi();
    await api.service();
    expect((await api.post(servicesPath, newService())).status).toBe(409);
    const workspace = (await api.post("/v1/workspaces/self-service", newWorkspace())).body;
    expect((await api.post(`/v1/${workspace.id}/services`, newService())).status).toBe(201);
  });

  test.each([
    ["agent_id", missingId],
    ["agent_id", demo.second.agents.frontDesk],
    ["context_graph_id", missingId],
    ["persona_id", missingId],
  ])("an unknown or foreign %s is a 404", async (field, id) => {
    const api = await startApi();
    const { status, body } = await api.post(servicesPath, newService({ [field]: id }));
    expect([status, body.detail]).toEqual([404, expect.stringContaining(id)]);
    expect(api.emulator.store.services.list()).toHaveLength(1);
  });

  test("a pinned version must exist", async () => {
    const api = await startApi();
    const version_sets = { release: { agent_version_number: 3, context_graph_version_number: 5 } };
    const { status, body } = await api.post(servicesPath, newService({ version_sets }));
    expect(status).toBe(422);
    expect(body.detail).toEqual([
      expect.objectContaining({ loc: ["body", "version_sets", "release", "context_graph_version_number"], input: 5 }),
    ]);
  });

  test("an unknown or foreign workspace is a 404", async () => {
    const api = await startApi();
    expect((await api.post(`/v1/${missingId}/services`, newService())).status).toBe(404);
    expect((await api.post(servicesPath, newService(), "amigo-second-key")).status).toBe(404);
  });
});

describe("update", () => {
  test("changes what it names and keeps the rest", async () => {
    const api = await startApi();
    const before = await api.service({ description: "one", persona_id: demo.personas.warm, keyterms: ["a"] });
    const { status, body } = await api.put(`${servicesPath}/${before.id}`, {
      name: "Intake line",
      agent_id: demo.agents.nightNurse.toUpperCase(),
      persona_id: null,
    });
    expect(status).toBe(200);
    expect(body).toEqual({
      ...before,
      name: "Intake line",
      agent_id: demo.agents.nightNurse,
      agent_name: "Night Nurse",
      updated_at: expect.any(String),
    });
  });

  test("a name that another service has is a 409, its own is not", async () => {
    const api = await startApi();
    const first = await api.service();
    const second = await api.service({ name: "Other" });
    expect((await api.put(`${servicesPath}/${second.id}`, { name: "Scheduling line" })).status).toBe(409);
    expect((await api.put(`${servicesPath}/${first.id}`, { name: "Scheduling line" })).status).toBe(200);
  });

  test("version sets are replaced, but edge and release stay, and edge cannot change", async () => {
    const api = await startApi();
    const { id } = await api.service({ version_sets: { release: { agent_version_number: 1 }, pilot: {} } });
    const path = `${servicesPath}/${id}`;
    const replaced = await api.put(path, { version_sets: { canary: { agent_version_number: 2 } } });
    expect(Object.keys(replaced.body.version_sets).sort()).toEqual(["canary", "edge", "release"]);
    expect(replaced.body.version_sets.release.agent_version_number).toBe(1);
    expect((await api.put(path, { version_sets: { edge: emptySet } })).status).toBe(200);
    const edge = await api.put(path, { version_sets: { edge: { agent_version_number: 1 } } });
    expect([edge.status, edge.body.error_code]).toEqual([409, "edge_immutable"]);
  });

  test("references and pins are checked as on create", async () => {
    const api = await startApi();
    const { id } = await api.service();
    const path = `${servicesPath}/${id}`;
    expect((await api.put(path, { agent_id: missingId })).status).toBe(404);
    expect((await api.put(path, { version_sets: { pilot: { agent_version_number: 9 } } })).status).toBe(422);
    expect((await api.put(`${servicesPath}/${missingId}`, { name: "x" })).status).toBe(404);
  });
});

describe("delete", () => {
  test("removes the service once", async () => {
    const api = await startApi();
    const { id } = await api.service();
    expect((await api.delete(`${servicesPath}/${id}`)).status).toBe(204);
    expect((await api.delete(`${servicesPath}/${id}`)).status).toBe(404);
    expect((await api.get(`${servicesPath}/${id}`)).status).toBe(404);
  });

  test("a system service cannot be changed or deleted", async () => {
    const api = await startApi();
    const path = `${servicesPath}/${demo.systemService}`;
    expect((await api.get(path)).body.is_system).toBe(true);
    expect((await api.put(path, { description: "mine" })).status).toBe(403);
    expect((await api.put(`${path}/version-sets/release`, { version_set: {} })).status).toBe(403);
    expect((await api.delete(path)).status).toBe(403);
    expect(api.emulator.requests.some((entry) => entry.committed)).toBe(false);
  });
});

describe("list", () => {
  const names = (reply: { body: { items: { name: string }[] } }) => reply.body.items.map((item) => item.name);

  test("searches, sorts and filters", async () => {
    const api = await startApi();
    await api.service({ name: "Beta line" });
    await api.service({ name: "Alpha Line", is_active: false });
    expect(names(await api.get(`${servicesPath}?search=LINE`))).toEqual(["Beta line", "Alpha Line"]);
    expect(names(await api.get(`${servicesPath}?sort_by=name`))).toEqual([
      "Alpha Line",
      "Beta line",
      "Platform Assistant",
    ]);
    expect(names(await api.get(`${servicesPath}?sort_by=-name`))).toEqual([
      "Platform Assistant",
      "Beta line",
      "Alpha Line",
    ]);
    expect(names(await api.get(`${servicesPath}?is_active=false`))).toEqual(["Alpha Line"]);
    const unknown = await api.get(`${servicesPath}?sort_by=colour`);
    expect([unknown.status, unknown.body.detail[0].loc]).toEqual([422, ["query", "sort_by"]]);
  });

  test("comes in pages of 10 by default and at most 20", async () => {
    const api = await startApi();
    for (let ordinal = 1; ordinal <= 24; ordinal += 1) await api.service({ name: `Line ${ordinal}` });
    const first = await api.get(servicesPath);
    expect([first.body.items.length, first.body.has_more, first.body.continuation_token]).toEqual([10, true, 10]);
    const seen: string[] = [];
    let token: number | null = 0;
    while (token !== null) {
      const reply = await api.get(`${servicesPath}?limit=20&continuation_token=${token}`);
      seen.push(...names(reply));
      token = reply.body.has_more ? reply.body.continuation_token : null;
    }
    expect(new Set(seen).size).toBe(25);
    expect(seen).toHaveLength(25);
    expect((await api.get(`${servicesPath}?limit=21`)).status).toBe(422);
    expect((await api.get(`${servicesPath}?limit=0`)).status).toBe(422);
    expect((await api.get(`${servicesPath}?continuation_token=next`)).status).toBe(422);
  });
});

describe("upsert version set", () => {
  test("creates and replaces one set and answers 204", async () => {
    const api = await startApi();
    const { id } = await api.service();
    const path = `${servicesPath}/${id}`;
    const version_set = { agent_version_number: 2, llm_model_preferences: { chat: { llm_name: "large" } } };
    const created = await api.put(`${path}/version-sets/pilot`, { version_set });
    expect([created.status, created.body]).toEqual([204, undefined]);
    expect((await api.get(path)).body.version_sets.pilot).toEqual({
      agent_version_number: 2,
      context_graph_version_number: null,
      llm_model_preferences: { chat: { llm_name: "large", params: {} } },
    });
    await api.put(`${path}/version-sets/pilot`, { version_set: { context_graph_version_number: 4 } });
    expect((await api.get(path)).body.version_sets.pilot).toEqual({ ...emptySet, context_graph_version_number: 4 });
  });

  test("takes any name of up to 40 characters, whatever stands in it", async () => {
    const api = await startApi();
    const { id } = await api.service();
    for (const name of ["a/b ü%", "__proto__", "constructor", "n".repeat(40)]) {
      const path = `${servicesPath}/${id}/version-sets/${encodeURIComponent(name)}`;
      expect((await api.put(path, { version_set: { agent_version_number: 1 } })).status).toBe(204);
      const shown = (await api.get(`${servicesPath}/${id}`)).body.version_sets;
      expect(Object.entries(shown).find(([shownName]) => shownName === name)?.[1]).toMatchObject({
        agent_version_number: 1,
      });
    }
    const long = await api.put(`${servicesPath}/${id}/version-sets/${"n".repeat(41)}`, { version_set: {} });
    expect([long.status, long.body.detail[0].loc]).toEqual([422, ["path", "name"]]);
  });

  test("edge cannot change, release can; pins and the service must exist", async () => {
    const api = await startApi();
    const { id } = await api.service();
    const sets = `${servicesPath}/${id}/version-sets`;
    expect((await api.put(`${sets}/edge`, { version_set: { agent_version_number: 1 } })).status).toBe(409);
    expect((await api.put(`${sets}/release`, { version_set: { agent_version_number: 1 } })).status).toBe(204);
    expect((await api.put(`${sets}/pilot`, { version_set: { agent_version_number: 4 } })).status).toBe(422);
    expect((await api.put(`${servicesPath}/${missingId}/version-sets/pilot`, { version_set: {} })).status).toBe(404);
  });
});
