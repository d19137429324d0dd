import { readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { AmigoClient, NotFoundError, type OperationId, operations, SettingsError } from "../../src/api/index.js";
import { version } from "../../src/version.js";
import {
  binding,
  clientOf,
  failureOf,
  json,
  serve,
  service,
  serviceId,
  useCase,
  useCaseId,
  workspace,
  workspaceId,
} from "./server.js";

interface Example {
  call: (client: AmigoClient) => Promise<unknown>;
  request: string;
  body?: object;
  answer?: unknown;
  result: unknown;
}

const w = workspaceId;
const parsedService = {
  ...service,
  agent_name: null,
  context_graph_name: null,
  persona_name: null,
  safety_filters_enabled: true,
  channel_type: "voice",
  environment: "production",
  voice_config: null,
  persona_id: null,
  is_system: false,
};
const parsedUseCase = {
  ...useCase,
  configuration_set_name: null,
  sender_email_address: null,
  email_type: null,
  tier: null,
};
const page = (items: unknown[]) => ({ items, has_more: false, continuation_token: null, total: items.length });
const newWorkspace = { slug: "clinic", name: "Clinic", environment: "staging" };
const newService = { name: "Scheduling", agent_id: service.agent_id, context_graph_id: service.context_graph_id };
const newUseCase = {
  channel: "inbound_voice" as const,
  entity_name: "Clinic",
  name: "Reminders",
  setup_id: useCase.setup_id,
};

const examples: Record<OperationId, Example> = {
  "list-workspaces": {
    call: (client) => client.listWorkspacesPage({ limit: 5, continuationToken: 10 }),
    request: "GET /v1/workspaces?limit=5&continuation_token=10",
    answer: page([workspace]),
    result: page([workspace]),
  },
  "create-workspace": {
    call: (client) => client.createWorkspace(newWorkspace),
    request: "POST /v1/workspaces",
    body: newWorkspace,
    answer: workspace,
    result: workspace,
  },
  "create-self-service-workspace": {
    call: (client) => client.createSelfServiceWorkspace(newWorkspace),
    request: "POST /v1/workspaces/self-service",
    body: newWorkspace,
    answer: workspace,
    result: workspace,
  },
  "get-workspace": {
    call: (client) => client.getWorkspace(w),
    request: `GET /v1/workspaces/${w}`,
    answer: workspace,
    result: workspace,
  },
  "update-workspace": {
    call: (client) => client.updateWorkspace(w, { connector_type: "epic" }),
    request: `PATCH /v1/workspaces/${w}`,
    body: { connector_type: "epic" },
    answer: workspace,
    result: workspace,
  },
  "archive-workspace": {
    call: (client) => client.archiveWorkspace(w, "clinic"),
    request: `POST /v1/workspaces/${w}/archive`,
    body: { slug: "clinic" },
    answer: workspace,
    result: workspace,
  },
  "provision-workspace": {
    call: (client) => client.provisionWorkspace(w),
    request: `POST /v1/workspaces/${w}/provision`,
    answer: { workspace },
    result: workspace,
  },
  "get-test-caller-numbers": {
    call: (client) => client.getTestCallerNumbers(w),
    request: `GET /v1/workspaces/${w}/test-caller-numbers`,
    answer: { numbers: ["+14155550100"] },
    result: { numbers: ["+14155550100"] },
  },
  "update-test-caller-numbers": {
    call: (client) => client.updateTestCallerNumbers(w, []),
    request: `PUT /v1/workspaces/${w}/test-caller-numbers`,
    body: { numbers: [] },
    answer: { numbers: [] },
    result: { numbers: [] },
  },
  "list-services": {
    call: (client) => client.listServicesPage(w, { search: "a b&c", isActive: false }),
    request: `GET /v1/${w}/services?limit=20&search=a+b%26c&is_active=false`,
    answer: page([service]),
    result: page([parsedService]),
  },
  "create-service": {
    call: (client) => client.createService(w, newService),
    request: `POST /v1/${w}/services`,
    body: newService,
    answer: service,
    result: parsedService,
  },
  "get-service": {
    call: (client) => client.getService(w, serviceId),
    request: `GET /v1/${w}/services/${serviceId}`,
    answer: service,
    result: parsedService,
  },
  "update-service": {
    call: (client) => client.updateService(w, serviceId, { persona_id: null }),
    request: `PUT /v1/${w}/services/${serviceId}`,
    body: { persona_id: null },
    answer: service,
    result: parsedService,
  },
  "delete-service": {
    call: (client) => client.deleteService(w, serviceId),
    request: `DELETE /v1/${w}/services/${serviceId}`,
    result: undefined,
  },
  "upsert-service-version-set": {
    call: (client) => client.upsertVersionSet(w, serviceId, "a/b c", { agent_version_number: 4 }),
    request: `PUT /v1/${w}/services/${serviceId}/version-sets/a%2Fb%20c`,
    body: { version_set: { agent_version_number: 4 } },
    result: undefined,
  },
  "list-use-cases": {
    call: (client) => client.listUseCases(w, { channel: "email" }),
    request: `GET /v1/${w}/use-cases?channel=email`,
    answer: { items: [useCase] },
    result: [parsedUseCase],
  },
  "create-use-case": {
    call: (client) => client.createUseCase(w, newUseCase),
    request: `POST /v1/${w}/use-cases`,
    body: newUseCase,
    answer: useCase,
    result: parsedUseCase,
  },
  "delete-use-case": {
    call: (client) => client.deleteUseCase(w, useCaseId),
    request: `DELETE /v1/${w}/use-cases/${useCaseId}`,
    result: undefined,
  },
  "get-use-case-service-binding": {
    call: (client) => client.getServiceBinding(w, useCaseId),
    request: `GET /v1/${w}/use-cases/${useCaseId}/service-binding`,
    answer: binding,
    result: binding,
  },
  "bind-use-case-to-service": {
    call: (client) => client.bindUseCase(w, useCaseId, serviceId),
    request: `PUT /v1/${w}/use-cases/${useCaseId}/service-binding`,
    body: { service_id: serviceId },
    answer: binding,
    result: binding,
  },
  "unbind-use-case-from-service": {
    call: (client) => client.unbindUseCase(w, useCaseId),
    request: `DELETE /v1/${w}/use-cases/${useCaseId}/service-binding`,
    result: undefined,
  },
};

function withAnother(answer: unknown, field: string): unknown {
  const copy = structuredClone(answer);
  const steps = field.split(/[.[\]]+/);
  const last = steps.pop() ?? "";
  const at = steps.reduce((inner, step) => inner[step] as Record<string, unknown>, copy as Record<string, unknown>);
  at[last] = "another";
  return copy;
}

describe("every operation", () => {
  it.each(Object.entries(examples))("%s", async (id, example) => {
    const server = await serve((response) => {
      const { success } = operations[id as OperationId];
      if (success === 204) response.writeHead(204).end();
      else json(response, success, example.answer);
    });
    const client = clientOf(server, { apiKey: () => "the-key-of-this-test" });
    expect(await example.call(client)).toEqual(example.result);
    const [seen, ...more] = server.seen;
    expect(more).toEqual([]);
    expect(`${seen?.method} ${seen?.path}`).toBe(example.request);
    expect(seen?.body).toBe(example.body === undefined ? "" : JSON.stringify(example.body));
    expect(seen?.headers["content-type"]).toBe(example.body === undefined ? undefined : "application/json");
    expect(seen?.headers).toMatchObject({
      authorization: "Bearer the-key-of-this-test",
      "user-agent": `pulumi-amigo/${version}`,
      accept: "application/json",
    });
  });

  const repeated: [OperationId, ...string[]][] = [
    ["create-workspace", "id", "slug"],
    ["create-self-service-workspace", "id", "slug"],
    ["get-workspace", "id"],
    ["update-workspace", "id"],
    ["archive-workspace", "id"],
    ["provision-workspace", "workspace.id"],
    ["list-services", "items[0].workspace_id"],
    ["create-service", "id", "workspace_id", "name"],
    ["get-service", "id", "workspace_id"],
    ["update-service", "id", "workspace_id"],
    ["create-use-case", "id", "channel", "entity_name", "name"],
    ["get-use-case-service-binding", "workspace_id", "use_case_id", "service_id"],
    ["bind-use-case-to-service", "workspace_id", "use_case_id", "service_id"],
  ];
  it.each(
    repeated.flatMap(([id, ...fields]) => fields.map((field) => [id, field] as const)),
  )("%s refuses an answer with another %s", async (id, field) => {
    const { call, answer } = examples[id];
    const server = await serve((response) => json(response, operations[id].success, withAnother(answer, field)));
    const error = await failureOf(call(clientOf(server, { maxAttempts: 1 })));
    expect(error).toMatchObject({ name: "ResponseError", problem: "identity", operation: id, field });
  });

  it("passes on a 404 as a NotFoundError", async () => {
    const server = await serve((response) => json(response, 404, { detail: "gone" }));
    const client = clientOf(server);
    for (const { call } of Object.values(examples)) {
      expect(NotFoundError.isInstance(await failureOf(call(client)))).toBe(true);
    }
  });
});

describe("the table of operations", () => {
  it("is the contract's", () => {
    const contract = JSON.parse(readFileSync(join(__dirname, "../../contract/openapi.json"), "utf8"));
    const expected: Record<string, unknown> = {};
    for (const [path, methods] of Object.entries<Record<string, { operationId: string; responses: object }>>(
      contract.paths,
    )) {
      for (const [method, { operationId, responses }] of Object.entries(methods)) {
        const success = Number(Object.keys(responses).find((status) => status.startsWith("2")));
        expected[operationId] = { id: operationId, method: method.toUpperCase(), path, success };
      }
    }
    const ours = Object.entries(operations).map(([id, { kind: _, ...entry }]) => [id, entry]);
    expect(Object.fromEntries(ours)).toEqual(expected);
    expect(Object.keys(expected)).toHaveLength(21);
  });

  it("calls creates what makes a new thing each time, and reads what only asks", () => {
    const creates = Object.values(operations).filter(({ kind }) => kind === "create");
    expect(creates.map(({ id }) => id)).toEqual([
      "create-workspace",
      "create-self-service-workspace",
      "create-service",
      "create-use-case",
    ]);
    for (const { kind, method } of Object.values(operations)) expect(kind === "read").toBe(method === "GET");
  });
});

describe("a client", () => {
  it("keeps a path prefix, with or without a slash", async () => {
    const server = await serve((response) => json(response, 200, workspace));
    for (const prefix of ["/api", "/api/"]) {
      await clientOf({ url: server.url + prefix }).getWorkspace(w);
    }
    expect(server.seen.map(({ path }) => path)).toEqual([`/api/v1/workspaces/${w}`, `/api/v1/workspaces/${w}`]);
  });

  it("closes its connections, and opens new ones after that", async () => {
    const server = await serve((response) => json(response, 200, workspace));
    const open = promisify(server.server.getConnections).bind(server.server);
    const client = clientOf(server);
    await client.close();
    await client.getWorkspace(w);
    expect(await open()).toBe(1);
    await client.close();
    await expect.poll(open).toBe(0);
    expect(await client.getWorkspace(w)).toEqual(workspace);
  });

  it("reuses its connections and opens no more than maxConcurrency", async () => {
    let connections = 0;
    const server = await serve((response) => setTimeout(() => json(response, 200, workspace), 5));
    server.server.on("connection", () => {
      connections += 1;
    });
    const client = clientOf(server, { maxConcurrency: 3 });
    await Promise.all(Array.from({ length: 30 }, () => client.getWorkspace(w)));
    expect(connections).toBe(3);
  });

  it.each([
    { maxConcurrency: 0 },
    { maxConcurrency: 1.5 },
    { requestsPerSecond: 0 },
    { timeoutSeconds: Number.NaN },
    { maxAttempts: -1 },
    { maxResponseBytes: 0 },
  ])("refuses %j", (options) => {
    const make = () => new AmigoClient({ baseUrl: "http://localhost:1", apiKey: () => "k", ...options });
    expect(make).toThrow(`${Object.keys(options)[0]} must be a`);
    expect(make).toThrow(SettingsError);
  });
});
