import { spawn } from "node:child_process";
import * as path from "node:path";
import { inspect } from "node:util";
import { afterEach, expect, onTestFinished, test, vi } from "vitest";
import { startEmulator } from "../../src/emulator/index.js";
import { processProvider } from "../../src/engine/provider/process.js";
import { lifecycles } from "../../src/resources/index.js";
import { clientOf, failureOf, serve, serviceId, workspaceId } from "../api/server.js";
import { Run } from "../support/lifecycle.js";
import { calls } from "./calls.js";
import { kinds, right, type Values } from "./scene.js";
import { Tampering } from "./tampering.js";

const sendable = {
  plain: "sk_live_5d41402abc4b2a76b9719d911017c592",
  quoted: `sk_"quoted"_'and'_\\back\\slash_\`tick\`_0123456789`,
  regex: "sk.*(a|b)+[^c]{3}?$^\\d|e0123456789",
  addressed: "sk/live?a=1&b=%2F%00#f+g~!()*;@:,0123456789",
  header: "Authorization:Bearer;x-api-key:deadbeefdeadbeef",
  long: `sk_${"0123456789abcdef".repeat(220)}`,
  prototype: "__proto__.constructor.sk0123456789",
};

const unsendable = {
  unicode: "schlüssel-ключ-鍵-0123456789abcdef",
  surrogate: "sk_\ud800_0123456789abcdef",
  split: "sk_live_0123456789\r\nx-evil: 1",
  null: "sk_live_0123456789\u0000abcdef",
};

/** Every way in which the text may stand in another one. */
function formsOf(key: string): string[] {
  const json = JSON.stringify(key).slice(1, -1);
  const inBase64 = ["", "a", "ab"].map((before) => {
    const text = Buffer.from(`${before}${key}`).toString("base64").replace(/=+$/, "");
    return text.slice(before === "" ? 0 : 4, -2);
  });
  const url = encodeURIComponent(key.toString().replace(/[\ud800-\udfff]/g, "\ufffd"));
  return [key, json, JSON.stringify(json).slice(1, -1), inspect(key).slice(1, -1), url, ...inBase64].concat(
    inBase64.map((text) => text.replaceAll("+", "-").replaceAll("/", "_")),
    new URLSearchParams({ k: key }).toString().slice(2),
  );
}

function expectClean(text: string, key: string): void {
  for (const form of formsOf(key)) expect(text.includes(form), `${form} in ${around(text, form)}`).toBe(false);
  // Not even the half of it that a cut left.
  expect(text.includes(key.slice(0, 14)), around(text, key.slice(0, 14))).toBe(false);
}

function around(text: string, form: string): string {
  const at = text.indexOf(form);
  return at < 0 ? "" : text.slice(Math.max(0, at - 150), at + 150);
}

/** Everything that a person or a file could come to see of a value. */
function seen(value: unknown): string {
  const deep = inspect(value, {
    depth: 12,
    showHidden: true,
    getters: true,
    maxStringLength: null,
    maxArrayLength: null,
  });
  const parts = [deep, String(value), JSON.stringify(value) ?? ""];
  for (let error = value; error instanceof Error; error = error.cause) parts.push(error.message, error.stack ?? "");
  return parts.join("\n");
}

afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

/** Collects what is written to standard error and to the console. */
function listen(): string[] {
  const written: string[] = [];
  vi.spyOn(process.stderr, "write").mockImplementation((text) => written.push(String(text)) > 0);
  for (const method of ["log", "warn", "error"] as const) {
    vi.spyOn(console, method).mockImplementation((...parts) => void written.push(parts.map(String).join(" ")));
  }
  return written;
}

for (const [shape, key] of Object.entries(sendable)) {
  test(`a ${shape} key that the server says in every field of every answer stays out of state, logs and errors`, async () => {
    const emulator = await startEmulator({ apiKeys: { [key]: "owner" } });
    const between = new Tampering();
    await between.open();
    onTestFinished(() => Promise.all([emulator.close(), between.close()]).then(() => undefined));
    between.target = emulator.url;
    const service = emulator.store.addService({
      id: String(right.versionSet.serviceId),
      workspace_id: emulator.seedIds.workspace,
      name: "Theirs",
      agent_id: emulator.seedIds.agents.frontDesk,
      context_graph_id: emulator.seedIds.contextGraphs.intake,
    });
    emulator.store.addUseCase({
      id: String(right.serviceBinding.useCaseId),
      workspace_id: emulator.seedIds.workspace,
      channel: "inbound_voice",
      entity_name: "Clinic",
      name: "Theirs",
      setup_id: emulator.seedIds.setups.voiceApproved,
    });
    vi.stubEnv("AMIGO_LOG", "trace");
    const written = listen();
    const found: string[] = [];
    let leaking = false;
    between.change = ({ body }) => (leaking ? leak(body, key) : undefined);
    const config = { baseUrl: between.url, apiKey: key, settleSeconds: "0", maxAttempts: "1" };
    for (const kind of kinds) {
      for (const leaksFrom of ["create", "update"]) {
        const run = new Run(emulator, config);
        const { context } = run;
        leaking = leaksFrom === "create";
        const attempt = async (work: () => Promise<unknown>) => {
          found.push(seen(await work().catch((error: unknown) => error)));
        };
        const name = kind === "service" ? { name: `Desk ${leaksFrom}` } : {};
        const slug = kind === "workspace" ? { slug: `clinic-${shape}-${leaksFrom}` } : {};
        const inputs = { ...right[kind], ...name, ...slug, adopt: undefined };
        const resource = await run.create(kind, inputs).catch((error: unknown) => {
          found.push(seen(error));
          return undefined;
        });
        found.push(seen(resource));
        leaking = true;
        if (resource) {
          await attempt(() => run.refresh(resource));
          found.push(seen(resource));
          await attempt(() => run.update(resource, { ...inputs, description: "New", numbers: ["+14155550199"] }));
          await attempt(() => run.update(resource, { ...inputs, ...(kind === "service" && { toolCapacity: 9 }) }));
          found.push(seen(resource));
          leaking = false;
          await attempt(() => run.remove(resource));
        }
        const held: Values = { settings: context.settings, client: context.client, provider: run.provider(kind) };
        found.push(seen(held), seen(processProvider(lifecycles[kind])), run.warnings.join("\n"));
        await run.context.close();
      }
    }
    expect(written.filter((line) => line.startsWith("amigo: ")).length).toBeGreaterThan(20);
    expect(found.join("\n")).toContain("[redacted]");
    expectClean([...found, ...written].join("\n"), key);
    expect(service.name).toBe("Theirs");
  });

  test(`a ${shape} key is in no error of any operation, whatever the server makes of it`, async () => {
    const json = JSON.stringify(key);
    const based = ["", "k:", "Bearer "].map((before) => Buffer.from(before + key).toString("base64"));
    const echoes = [key, json, JSON.stringify(json), encodeURIComponent(key), `Bearer ${key}`, ...based];
    const everything = echoes.join(" | ");
    const server = await serve((response, _seen, index) => {
      const status = [401, 403, 404, 409, 422, 500, 200, 302][index % 8] ?? 500;
      const said = [
        { detail: everything },
        { detail: [{ loc: ["body", key], msg: everything }] },
        { error: { [key]: key } },
        everything,
      ];
      response.writeHead(status, {
        "content-type": index % 5 === 0 ? "text/plain" : "application/json",
        "x-request-id": key.slice(0, 3000),
        location: `https://${Buffer.from(key.slice(0, 20)).toString("hex")}.example/?k=${encodeURIComponent(key.slice(0, 900))}`,
      });
      response.end(index % 3 === 0 ? everything : JSON.stringify(said[index % 4]));
    });
    const lines: string[] = [];
    const found: string[] = [];
    for (const { send } of calls) {
      const options = { apiKey: () => key, maxAttempts: 1, logLevel: "trace" } as const;
      const client = clientOf(server, { ...options, log: (line) => lines.push(line) });
      found.push(seen(await send(client).catch((error: unknown) => error)), seen(client));
      await client.close();
    }
    expectClean([...found, ...lines].join("\n"), key);
  });
}

for (const [shape, key] of Object.entries(unsendable)) {
  test(`a ${shape} key cannot be sent: nothing is, and nothing shows it`, async () => {
    const server = await serve((response) => response.end());
    const lines: string[] = [];
    const client = clientOf(server, { apiKey: () => key, logLevel: "trace", log: (line) => lines.push(line) });
    const error = await failureOf(client.getService(workspaceId, serviceId));
    expect(error.message).toContain("get-service: not sent, because the API key contains");
    expect(server.seen).toEqual([]);
    expectClean([seen(error), seen(client), ...lines].join("\n"), key);
  });
}

test("what the server says is quoted in refusals and warnings without the key", async () => {
  const key = sendable.plain;
  const emulator = await startEmulator({ apiKeys: { [key]: "owner" } });
  const { workspace, agents, contextGraphs } = emulator.seedIds;
  const numbers = [`+1415 ${key}`];
  emulator.store.workspaces.update(workspace, { test_caller_numbers: numbers });
  emulator.store.addService({
    id: String(right.versionSet.serviceId),
    workspace_id: workspace,
    name: "Theirs",
    agent_id: agents.frontDesk,
    context_graph_id: contextGraphs.intake,
    version_sets: { pilot: { llm_model_preferences: { main: { llm_name: key } } } },
  });
  const run = new Run(emulator, { apiKey: key });
  const refusal = await failureOf(run.create("versionSet", right.versionSet));
  expect(refusal.message).toMatch(/with other values: .*"llmName":"\[redacted\]"/);
  await run.create("testCallerNumbers", { ...right.testCallerNumbers, adopt: true });
  expect(run.warnings.join()).toContain("they were +1415 [redacted]");
  expectClean([seen(refusal), ...run.warnings].join("\n"), key);
  await run.context.close();
  await emulator.close();
});

/** Every text of the answer that names nothing, with the key in it; what names a thing stays, or nothing could be read. */
function leak(answer: unknown, key: string): unknown {
  const walk = (node: unknown, name: string): unknown => {
    if (Array.isArray(node)) return node.map((item) => walk(item, name));
    if (node !== null && typeof node === "object") {
      const entries = Object.entries(node).map(([inner, value]) => [inner, walk(value, inner)]);
      const more = "agent_id" in node ? { agent_name: `Agent ${key}`, persona_name: encodeURIComponent(key) } : {};
      const tier = "setup_id" in node ? { tier: JSON.stringify({ key }), configuration_set_name: key } : {};
      return { ...Object.fromEntries(entries), ...more, ...tier };
    }
    const kept = /(^|_)id$|^name$|^slug$|^entity_name$|^channel$|_at$/.test(name);
    return typeof node === "string" && !kept ? `${node} ${key}` : node;
  };
  return walk(answer, "");
}

test("the text of a crash shows no key: an error nobody caught, and a promise nobody waited for", async () => {
  const key = sendable.quoted;
  const script = (how: string) => `
    const { AmigoClient } = require("./dist/api/client.js");
    const server = require("node:http").createServer((request, response) => {
      response.writeHead(500, { "content-type": "application/json" });
      response.end(JSON.stringify({ detail: "you sent " + request.headers.authorization, error_code: process.env.KEY }));
    }).listen(0, "127.0.0.1", async () => {
      const baseUrl = "http://127.0.0.1:" + server.address().port;
      const client = new AmigoClient({ baseUrl, apiKey: () => process.env.KEY, maxAttempts: 1 });
      const failing = client.getWorkspace("${workspaceId}");
      ${how}
    });`;
  const uncaught = `failing.catch((error) => setImmediate(() => { throw new Error("outer: " + error.message, { cause: error }); }));`;
  for (const how of [uncaught, "void failing;"]) {
    const { code, output } = await runNode(script(how), { KEY: key });
    expect(code).not.toBe(0);
    expect(output).toContain("get-workspace: you sent Bearer [redacted]");
    expectClean(output, key);
  }
});

function runNode(script: string, env: Record<string, string>): Promise<{ code: number | null; output: string }> {
  const child = spawn(process.execPath, ["-e", script], {
    cwd: path.join(__dirname, "..", ".."),
    env: { PATH: process.env.PATH, ...env },
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (text) => (output += String(text)));
  return new Promise((resolve) => child.on("close", (code) => resolve({ code, output })));
}
