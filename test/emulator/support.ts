import { expect, onTestFinished } from "vitest";
import { type Emulator, type EmulatorOptions, seedIds, startEmulator } from "../../src/emulator/index.js";

export const demo = seedIds;
export const missingId = "ffffffff-0000-4000-8000-00000000000f";

type Body = Record<string, unknown>;

export interface Reply {
  status: number;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into bodies of every shape
  body: any;
  headers: Headers;
}

export interface TestApi {
  emulator: Emulator;
  get(path: string, key?: string | null): Promise<Reply>;
  post(path: string, body?: unknown, key?: string | null): Promise<Reply>;
  put(path: string, body: unknown, key?: string | null): Promise<Reply>;
  patch(path: string, body: unknown): Promise<Reply>;
  delete(path: string, key?: string | null): Promise<Reply>;
  /** Creates a service in the demo workspace and returns its body. */
  service(fields?: Body): Promise<Body & { id: string }>;
  /** Creates an approved use case in the demo workspace and returns its body. */
  useCase(fields?: Body): Promise<Body & { id: string }>;
}

export const servicesPath = `/v1/${demo.workspace}/services`;
export const useCasesPath = `/v1/${demo.workspace}/use-cases`;
export const bindingPath = (useCaseId: string) => `${useCasesPath}/${useCaseId}/service-binding`;

export const newService = (fields: Body = {}): Body => ({
  name: "Scheduling line",
  agent_id: demo.agents.frontDesk,
  context_graph_id: demo.contextGraphs.scheduling,
  ...fields,
});

export const newUseCase = (fields: Body = {}): Body => ({
  channel: "inbound_voice",
  entity_name: "Clinic",
  name: "Reminders",
  setup_id: demo.setups.voiceApproved,
  ...fields,
});

export const newEmailUseCase = (fields: Body = {}): Body =>
  newUseCase({
    channel: "email",
    setup_id: demo.setups.emailApproved,
    sender_email_address: "desk@clinic.example",
    email_type: "transactional",
    ...fields,
  });

export const newWorkspace = (fields: Body = {}): Body => ({
  slug: "north-clinic",
  name: "North Clinic",
  environment: "staging",
  ...fields,
});

/** An emulator for one test: closed at its end, when no answer may have broken the contract. */
export async function startApi(options: EmulatorOptions = {}): Promise<TestApi> {
  const emulator = await startEmulator(options);
  onTestFinished(async () => {
    await emulator.close();
    expect(emulator.requests.filter((entry) => entry.error !== undefined)).toEqual([]);
  });
  return apiOf(emulator);
}

export function apiOf(emulator: Emulator): TestApi {
  const call = async (method: string, path: string, body?: unknown, key: string | null = "amigo-demo-key") => {
    const headers: Record<string, string> = key === null ? {} : { authorization: `Bearer ${key}` };
    if (body !== undefined) headers["content-type"] = "application/json";
    const response = await fetch(emulator.url + path, { method, headers, body: JSON.stringify(body) });
    const text = await response.text();
    return { status: response.status, body: text === "" ? undefined : JSON.parse(text), headers: response.headers };
  };
  const created = async (path: string, body: Body) => {
    const reply = await call("POST", path, body);
    expect(reply.status, JSON.stringify(reply.body)).toBe(201);
    return reply.body;
  };
  return {
    emulator,
    get: (path, key) => call("GET", path, undefined, key),
    post: (path, body, key) => call("POST", path, body, key),
    put: (path, body, key) => call("PUT", path, body, key),
    patch: (path, body) => call("PATCH", path, body),
    delete: (path, key) => call("DELETE", path, undefined, key),
    service: (fields) => created(servicesPath, newService(fields)),
    useCase: (fields) => created(useCasesPath, newUseCase(fields)),
  };
}
