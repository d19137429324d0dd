import { expect, vi } from "vitest";
import type { Dialect } from "../../src/emulator/index.js";
import {
  bindingPath,
  demo,
  newService,
  newUseCase,
  newWorkspace,
  servicesPath,
  type TestApi,
  useCasesPath,
} from "./support.js";

/** One question that the contract leaves open, and how its answers show. */
export interface Reading {
  name: string;
  dialect: Partial<Dialect>;
  /** What a caller sees; run in the default dialect and in the other. */
  look: (api: TestApi) => Promise<unknown>;
  byDefault: unknown;
  otherwise: unknown;
}

// Only the clock is false, so a lag ends when the test says so and never because the machine is slow.
export function stopClock(): void {
  vi.useFakeTimers({ toFake: ["Date"] });
}

export function passTime(milliseconds: number): void {
  vi.setSystemTime(Date.now() + milliseconds);
}

export const workspacePath = `/v1/workspaces/${demo.workspace}`;

/** A full service after one PUT. */
export async function updated(api: TestApi, changes: Record<string, unknown>) {
  const fields = { description: "text", persona_id: demo.personas.warm, tool_capacity: 5, version_sets: { pilot: {} } };
  const { id } = await api.service(fields);
  return (await api.put(`${servicesPath}/${id}`, changes)).body;
}

async function bound(api: TestApi) {
  const [service, useCase] = [await api.service(), await api.useCase()];
  await api.put(bindingPath(useCase.id), { service_id: service.id });
  return { service, useCase };
}

export const readings: Reading[] = [
  {
    name: "putNull",
    dialect: { putNull: "clears" },
    look: async (api) => {
      const body = await updated(api, { persona_id: null, tool_capacity: null, name: null });
      return [body.persona_id, body.tool_capacity, body.name, body.description];
    },
    byDefault: [demo.personas.warm, 5, "Scheduling line", "text"],
    otherwise: [null, 3, "Scheduling line", "text"],
  },
  {
    name: "putAbsent",
    dialect: { putAbsent: "default" },
    look: async (api) => {
      const body = await updated(api, { tool_capacity: 7 });
      return [body.persona_id, body.tool_capacity, body.description, Object.keys(body.version_sets).sort()];
    },
    byDefault: [demo.personas.warm, 7, "text", ["edge", "pilot", "release"]],
    otherwise: [null, 7, "", ["edge", "release"]],
  },
  {
    name: "putVersionSets",
    dialect: { putVersionSets: "merges" },
    look: async (api) => Object.keys((await updated(api, { version_sets: { canary: {} } })).version_sets).sort(),
    byDefault: ["canary", "edge", "release"],
    otherwise: ["canary", "edge", "pilot", "release"],
  },
  {
    name: "regionImmutable",
    dialect: { regionImmutable: true },
    look: async (api) => (await api.patch(workspacePath, { region: "eu-central-1" })).status,
    byDefault: 200,
    otherwise: 422,
  },
  {
    name: "archivedStatus",
    dialect: { archivedStatus: 403 },
    look: async (api) => {
      await api.post(`${workspacePath}/archive`, { slug: "demo-clinic" });
      return [(await api.get(workspacePath)).status, (await api.get(useCasesPath)).status];
    },
    byDefault: [404, 404],
    otherwise: [403, 403],
  },
  {
    name: "selfServiceRoute",
    dialect: { selfServiceRoute: "me" },
    look: async (api) => [
      (await api.post("/v1/workspaces/self-service", newWorkspace())).status,
      (await api.post("/v1/me/workspaces", newWorkspace({ slug: "other" }))).status,
    ],
    byDefault: [201, 404],
    otherwise: [404, 201],
  },
  {
    name: "defaultsInAnswers",
    dialect: { defaultsInAnswers: false },
    look: async (api) => {
      const body = await api.service({ voice_config: { tts_model: null, eot_timeout_ms: 9 }, tags: [{ key: "a" }] });
      const release = (body.version_sets as Record<string, unknown>).release;
      return [Object.keys(body.voice_config as object).length, release, body.tags, "persona_id" in body];
    },
    byDefault: [
      12,
      { agent_version_number: null, context_graph_version_number: null, llm_model_preferences: {} },
      [{ key: "a", value: null }],
      true,
    ],
    otherwise: [1, {}, [{ key: "a" }], false],
  },
  {
    name: "trimStrings",
    dialect: { trimStrings: true },
    look: async (api) => [
      (await api.service({ name: " Line " })).name,
      (await api.post(servicesPath, newService({ name: "  " }))).status,
    ],
    byDefault: [" Line ", 201],
    otherwise: ["Line", 422],
  },
  {
    name: "unknownKeys",
    dialect: { unknownKeys: "refused" },
    look: async (api) => {
      const { status, body } = await api.post(servicesPath, newService({ tags: [{ key: "a", colour: "red" }] }));
      return [status, body.detail?.[0].loc];
    },
    byDefault: [201, undefined],
    otherwise: [422, ["body", "tags", 0, "colour"]],
  },
  {
    name: "extraKeys",
    dialect: { extraKeys: true },
    look: async (api) => {
      const own = await api.service();
      const { items } = (await api.get(servicesPath)).body;
      const workspace = (await api.get(workspacePath)).body;
      return [
        "lifecycle_stage" in own,
        own.environment,
        items[0].environment,
        items[0].channel_type,
        workspace.environment,
      ];
    },
    byDefault: [false, "production", "production", "voice", "development"],
    otherwise: [true, "production", "preview", "chat", "preview"],
  },
  {
    name: "versionSetLagMs",
    dialect: { versionSetLagMs: 150 },
    look: async (api) => {
      stopClock();
      const path = `${servicesPath}/${(await api.service()).id}`;
      passTime(200);
      await api.put(`${path}/version-sets/pilot`, { version_set: {} });
      const atOnce = "pilot" in (await api.get(path)).body.version_sets;
      passTime(200);
      return [atOnce, "pilot" in (await api.get(path)).body.version_sets];
    },
    byDefault: [true, true],
    otherwise: [false, true],
  },
  {
    name: "listLagMs",
    dialect: { listLagMs: 150 },
    look: async (api) => {
      stopClock();
      const { id } = await api.service();
      await api.useCase();
      const atOnce = [(await api.get(servicesPath)).body.total, (await api.get(useCasesPath)).body.items.length];
      const single = (await api.get(`${servicesPath}/${id}`)).status;
      passTime(200);
      return [...atOnce, single, (await api.get(servicesPath)).body.total];
    },
    byDefault: [2, 1, 200, 2],
    otherwise: [1, 0, 200, 2],
  },
  {
    name: "getLagMs",
    dialect: { getLagMs: 150 },
    look: async (api) => {
      stopClock();
      const path = `${servicesPath}/${(await api.service()).id}`;
      const fresh = (await api.get(path)).status;
      passTime(200);
      await api.put(path, { description: "new" });
      const stale = (await api.get(path)).body.description;
      passTime(200);
      return [fresh, stale, (await api.get(path)).body.description];
    },
    byDefault: [200, "new", "new"],
    otherwise: [404, "", "new"],
  },
  {
    name: "deleteBoundService: refused",
    dialect: { deleteBoundService: "refused" },
    look: async (api) => {
      const { service, useCase } = await bound(api);
      const deleted = (await api.delete(`${servicesPath}/${service.id}`)).status;
      return [deleted, (await api.get(bindingPath(useCase.id))).body.service_id === service.id];
    },
    byDefault: [204, true],
    otherwise: [409, true],
  },
  {
    name: "deleteBoundService: cascades",
    dialect: { deleteBoundService: "cascades" },
    look: async (api) => {
      const { service, useCase } = await bound(api);
      const deleted = (await api.delete(`${servicesPath}/${service.id}`)).status;
      return [deleted, (await api.get(bindingPath(useCase.id))).status];
    },
    byDefault: [204, 200],
    otherwise: [204, 404],
  },
  {
    name: "useCaseUnique",
    dialect: { useCaseUnique: false },
    look: async (api) => {
      await api.useCase();
      return (await api.post(useCasesPath, newUseCase())).status;
    },
    byDefault: 409,
    otherwise: 201,
  },
  {
    name: "rateLimit",
    dialect: { rateLimit: { requests: 2, perMs: 60_000, retryAfter: "seconds" } },
    look: async (api) => {
      const replies = [];
      for (let ordinal = 0; ordinal < 3; ordinal += 1) replies.push(await api.get(servicesPath));
      const elsewhere = (await api.get(useCasesPath)).status;
      return [replies.map((reply) => [reply.status, reply.headers.get("x-ratelimit-remaining")]), elsewhere];
    },
    byDefault: [
      [
        [200, null],
        [200, null],
        [200, null],
      ],
      200,
    ],
    otherwise: [
      [
        [200, "1"],
        [200, "0"],
        [429, "0"],
      ],
      200,
    ],
  },
  {
    name: "serverMadeSets",
    dialect: { serverMadeSets: false },
    look: async (api) => (await api.service()).version_sets,
    byDefault: { edge: expect.anything(), release: expect.anything() },
    otherwise: {},
  },
  {
    name: "validationBodies",
    dialect: { validationBodies: "empty" },
    look: async (api) => {
      const { status, body } = await api.post(servicesPath, {});
      return [status, typeof body];
    },
    byDefault: [422, "object"],
    otherwise: [422, "undefined"],
  },
  {
    name: "errorBodies: object",
    dialect: { errorBodies: "object" },
    look: async (api) => (await api.get("/v1/workspaces", "wrong")).body?.detail,
    byDefault: "Missing or invalid API key.",
    otherwise: { message: "Missing or invalid API key.", code: "unauthorized" },
  },
  {
    name: "errorBodies: empty",
    dialect: { errorBodies: "empty" },
    look: async (api) => (await api.get("/v1/workspaces", "wrong")).body?.error_code,
    byDefault: "unauthorized",
    otherwise: undefined,
  },
  {
    name: "nameForm: nfc",
    dialect: { nameForm: "nfc" },
    look: async (api) => [
      (await api.service({ name: "Cafe\u0301" })).name,
      (await api.post(servicesPath, newService({ name: "Caf\u00e9" }))).status,
      (await api.get(`${servicesPath}?search=${encodeURIComponent("Cafe\u0301")}`)).body.items.length,
      (await api.patch(workspacePath, { name: "Cafe\u0301" })).body.name,
    ],
    byDefault: ["Cafe\u0301", 201, 1, "Cafe\u0301"],
    otherwise: ["Caf\u00e9", 409, 1, "Caf\u00e9"],
  },
  {
    name: "nameForm: entities",
    dialect: { nameForm: "entities" },
    look: async (api) => {
      const { id, name } = await api.service({ name: "Ear & Nose" });
      const again = (await api.put(`${servicesPath}/${id}`, { name })).body.name;
      return [name, again, api.emulator.store.services.get(id)?.name];
    },
    byDefault: ["Ear & Nose", "Ear & Nose", "Ear & Nose"],
    otherwise: ["Ear &amp; Nose", "Ear &amp; Nose", "Ear &amp; Nose"],
  },
  {
    name: "idCase",
    dialect: { idCase: "upper" },
    look: async (api) => {
      const { id } = (await api.get(servicesPath)).body.items[0];
      return [id, (await api.get(workspacePath)).body.id];
    },
    byDefault: [demo.systemService, demo.workspace],
    otherwise: [demo.systemService.toUpperCase(), demo.workspace.toUpperCase()],
  },
  {
    name: "timeZone",
    dialect: { timeZone: "none" },
    look: async (api) => {
      const { body } = await api.get(workspacePath);
      const created = (await api.service()).created_at as string;
      return [body.created_at, body.provisioned_at, created.endsWith("Z")];
    },
    byDefault: ["2026-01-05T09:00:00.000Z", "2026-01-05T09:00:00.000Z", true],
    otherwise: ["2026-01-05T09:00:00.000", "2026-01-05T09:00:00.000", false],
  },
  {
    name: "keyterms",
    dialect: { keyterms: "deduplicated" },
    look: async (api) => {
      const tags = [{ key: "a", value: "1" }, { key: "a", value: "1" }, { key: "b" }, { key: "b", value: null }];
      const body = await api.service({ keyterms: ["x", "y", "x"], tags });
      return [body.keyterms, (body.tags as { key: string }[]).map((tag) => tag.key)];
    },
    byDefault: [
      ["x", "y", "x"],
      ["a", "a", "b", "b"],
    ],
    otherwise: [
      ["x", "y"],
      ["a", "b"],
    ],
  },
  {
    name: "useCasePages",
    dialect: { useCasePages: true },
    look: async (api) => {
      for (let ordinal = 0; ordinal < 21; ordinal += 1) await api.useCase({ name: "a".repeat(ordinal + 1) });
      const { items, ...rest } = (await api.get(useCasesPath)).body;
      const second = (await api.get(`${useCasesPath}?continuation_token=20`)).body;
      return [items.length, rest, second.items.length, second.has_more];
    },
    byDefault: [21, {}, 21, undefined],
    otherwise: [20, { has_more: true, continuation_token: 20, total: 21 }, 1, false],
  },
  {
    name: "emptyPages",
    dialect: { emptyPages: true },
    look: async (api) => {
      const first = (await api.get(servicesPath)).body;
      const next = first.continuation_token ?? 0;
      const second = (await api.get(`${servicesPath}?continuation_token=${next}`)).body;
      return [
        first.items.length,
        first.has_more,
        typeof first.continuation_token,
        second.items.length,
        second.has_more,
      ];
    },
    byDefault: [1, false, "object", 1, false],
    otherwise: [0, true, "number", 1, false],
  },
  {
    name: "fallingTokens",
    dialect: { fallingTokens: true },
    look: async (api) => {
      for (let ordinal = 0; ordinal < 25; ordinal += 1) await api.service({ name: `Line ${ordinal}` });
      const first = (await api.get(`${servicesPath}?limit=10`)).body.continuation_token;
      const second = (await api.get(`${servicesPath}?limit=10&continuation_token=${first}`)).body.continuation_token;
      return second < first;
    },
    byDefault: false,
    otherwise: true,
  },
  {
    name: "listTotal",
    dialect: { listTotal: "absent" },
    look: async (api) => Object.keys((await api.get(servicesPath)).body),
    byDefault: ["items", "has_more", "continuation_token", "total"],
    otherwise: ["items", "has_more", "continuation_token"],
  },
  {
    name: "freesNameAfter",
    dialect: { freesNameAfter: 3000 },
    look: async (api) => {
      stopClock();
      await api.delete(`${servicesPath}/${(await api.service()).id}`);
      await api.delete(`${useCasesPath}/${(await api.useCase()).id}`);
      const create = async () => [
        (await api.post(servicesPath, newService())).status,
        (await api.post(useCasesPath, newUseCase())).status,
        (await api.post(useCasesPath, newUseCase({ entity_name: "b".repeat(1 + (Date.now() % 7)) }))).status,
      ];
      passTime(2999);
      const early = await create();
      passTime(1);
      return [early, await create()];
    },
    byDefault: [
      [201, 201, 201],
      [409, 409, 201],
    ],
    otherwise: [
      [409, 409, 201],
      [201, 201, 201],
    ],
  },
  {
    name: "showsAfter",
    dialect: { showsAfter: 1000 },
    look: async (api) => {
      stopClock();
      const [service, useCase] = [await api.service(), await api.useCase()];
      const bind = async () => (await api.put(bindingPath(useCase.id), { service_id: service.id })).status;
      const early = await bind();
      passTime(1000);
      return [early, await bind()];
    },
    byDefault: [200, 200],
    otherwise: [404, 200],
  },
  {
    name: "extraKeys: kept",
    dialect: { extraKeys: "kept" },
    look: async (api) => {
      const { version_sets } = await api.service({ version_sets: { pilot: { x_internal: "mine" } } });
      return Object.entries(version_sets as object).map(([name, set]) => [name, set.x_internal]);
    },
    byDefault: [
      ["edge", undefined],
      ["release", undefined],
      ["pilot", undefined],
    ],
    otherwise: [
      ["edge", "set-by-server"],
      ["release", "set-by-server"],
      ["pilot", "mine"],
    ],
  },
  {
    name: "extraKeys: refused",
    dialect: { extraKeys: "refused" },
    look: async (api) => (await api.post(servicesPath, newService({ voice_config: { x_internal: "a" } }))).status,
    byDefault: 201,
    otherwise: 422,
  },
];
