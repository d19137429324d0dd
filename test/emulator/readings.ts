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
];
