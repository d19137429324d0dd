import { once } from "node:events";
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  request,
  type Server,
  type ServerResponse,
} from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import { afterEach } from "vitest";
import { AmigoClient, type ClientOptions } from "../../src/api/index.js";

export interface Seen {
  method: string;
  path: string;
  headers: IncomingHttpHeaders;
  body: string;
  at: number;
}

/** Answers one request; `index` counts from 0. */
export type Handler = (response: ServerResponse, seen: Seen, index: number) => void;

export interface TestServer {
  url: string;
  seen: Seen[];
  server: Server;
}

const open: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const close of open.splice(0)) await close();
});

/** A server for one test, which remembers what it was asked. */
export async function serve(handler: Handler): Promise<TestServer> {
  const seen: Seen[] = [];
  const server = createServer(async (request, response) => {
    const body = await textOf(request);
    const entry = {
      method: request.method ?? "",
      path: request.url ?? "",
      headers: request.headers,
      body,
      at: Date.now(),
    };
    seen.push(entry);
    handler(response, entry, seen.length - 1);
  });
  const url = await listen(server);
  return { url, seen, server };
}

/** Starts a server on a free port and ends it, with all its connections, after the test. */
export async function listen(server: Server): Promise<string> {
  const sockets = new Set<Socket>();
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    socket.on("close", () => sockets.delete(socket));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  open.push(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks).toString("utf8");
}

let keys = 0;

/** A client for one test with a key of its own, so that no test meets another one's throttling. */
export function clientOf(server: { url: string }, options: Partial<ClientOptions> = {}): AmigoClient {
  keys += 1;
  const key = `key-of-test-${keys}-0123456789`;
  const client = new AmigoClient({ baseUrl: server.url, apiKey: () => key, timeoutSeconds: 30, ...options });
  open.unshift(() => client.close());
  return client;
}

export function json(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { "content-type": "application/json", ...headers });
  response.end(JSON.stringify(body));
}

/** What a promise was rejected with. */
export async function failureOf(promise: Promise<unknown>): Promise<Error> {
  try {
    await promise;
  } catch (error) {
    return error as Error;
  }
  throw new Error("nothing was thrown");
}

export const workspaceId = "6f0c8a52-1111-4222-8333-444455556666";
export const serviceId = "0a1b2c3d-aaaa-4bbb-8ccc-ddddeeeeffff";
export const useCaseId = "99999999-8888-4777-8666-555544443333";
const times = { created_at: "2026-01-01T00:00:00Z", updated_at: "2026-01-02T00:00:00Z" };

export const workspace = {
  id: workspaceId,
  slug: "clinic",
  name: "Clinic",
  environment: "staging",
  backend_org_id: null,
  region: "us-east-1",
  connector_type: null,
  provisioned_at: null,
  ...times,
};

export const service = {
  id: serviceId,
  workspace_id: workspaceId,
  name: "Scheduling",
  description: "",
  agent_id: "11111111-2222-4333-8444-555566667777",
  context_graph_id: "21111111-2222-4333-8444-555566667777",
  keyterms: [],
  is_active: true,
  version_sets: { release: { agent_version_number: 3, llm_model_preferences: {} } },
  tags: [{ key: "team", value: null }],
  tool_capacity: 3,
  ...times,
};

export const useCase = {
  id: useCaseId,
  channel: "inbound_voice",
  entity_name: "Clinic",
  name: "Reminders",
  description: null,
  setup_id: "31111111-2222-4333-8444-555566667777",
  ...times,
};

export const binding = {
  use_case_id: useCaseId,
  service_id: serviceId,
  workspace_id: workspaceId,
  channel: "inbound_voice",
  ...times,
};

/** A proxy that notes what it is asked for; `target` is where it leads all tunnels. */
export async function proxyTo(target: string, refuse = false): Promise<{ url: string; asked: string[] }> {
  const asked: string[] = [];
  const server = createServer((incoming, outgoing) => {
    asked.push(`${incoming.method} ${incoming.url}`);
    const onward = request(incoming.url ?? "", { method: incoming.method, headers: incoming.headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 500, answer.headers);
      answer.pipe(outgoing);
    });
    incoming.pipe(onward);
  });
  server.on("connect", (incoming, socket) => {
    asked.push(`CONNECT ${incoming.url}`);
    if (refuse) return socket.end("HTTP/1.1 407 Proxy Authentication Required\r\n\r\n");
    const onward = connect(Number(new URL(target).port), "127.0.0.1", () => {
      socket.write("HTTP/1.1 200 OK\r\n\r\n");
      onward.pipe(socket).pipe(onward);
    });
    onward.on("error", () => socket.destroy());
    return socket.on("error", () => onward.destroy());
  });
  return { url: await listen(server), asked };
}
