import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { connect, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it, vi } from "vitest";
import { BudgetClient } from "../../src/api/budget/client.js";
import { startSharedBudget } from "../../src/api/budget/server.js";
import { Deadline } from "../../src/api/deadline.js";
import type { Limits } from "../../src/api/limiter.js";
import { clientOf, failureOf, json, serve, workspace, workspaceId } from "./server.js";
// Loaded beforehand, so that no test measures the loading of the HTTP library.
import "../../src/api/transport.js";

const open: (() => unknown)[] = [];
afterEach(async () => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
  for (const close of open.splice(0).reverse()) await close();
});

async function budgetOf(limits: Partial<Limits> = {}): Promise<string> {
  const budget = await startSharedBudget({ maxConcurrency: 16, requestsPerSecond: undefined, ...limits });
  open.push(() => budget.close());
  return budget.address;
}

/** Something that takes connections at a budget's address and answers each line as told. */
async function fakeBudget(answer: (line: string, socket: Socket) => void = () => {}): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "amigo-fake-"));
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    socket.on("data", (chunk) => {
      for (const line of String(chunk).split("\n").filter(Boolean)) answer(line, socket);
    });
  });
  server.listen(join(folder, "socket"));
  await once(server, "listening");
  open.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
    rmSync(folder, { recursive: true });
  });
  return join(folder, "socket");
}

function warnings(): string[] {
  const lines: string[] = [];
  vi.spyOn(process.stderr, "write").mockImplementation((text) => lines.push(String(text)) > 0);
  return lines;
}

const good = { succeeded: true, throttled: false };
const ask = (ms = 5000, operation = "list-services") => ({ operation, deadline: new Deadline(ms), isRetry: false });
const failed = (work: Promise<unknown>) =>
  work.then(
    () => expect.unreachable(),
    (denial: unknown) => denial,
  );

describe("a budget that does not answer", () => {
  it("is left after a short time, and the process goes on with its own limits", async () => {
    const server = await serve((response) => json(response, 200, workspace));
    const holder = spawn(process.execPath, ["--import", "tsx", join(__dirname, "budget-holder.ts")]);
    open.push(() => holder.kill("SIGKILL"));
    const [line] = await once(holder.stdout, "data");
    vi.stubEnv("AMIGO_SHARED_BUDGET", String(line).trim());
    const client = clientOf(server, { timeoutSeconds: 50 });
    await client.getWorkspace(workspaceId);
    holder.kill("SIGSTOP");
    const lines = warnings();
    const startedAt = Date.now();
    const calls = await Promise.all(Array.from({ length: 20 }, () => client.getWorkspace(workspaceId)));
    expect(calls).toHaveLength(20);
    expect(Date.now() - startedAt).toBeLessThan(40_000);
    expect(lines).toEqual([
      "warning: the shared budget AMIGO_SHARED_BUDGET is gone (no answer for 3 s); each process keeps to its own limits\n",
    ]);
    await client.getWorkspace(workspaceId);
  }, 60_000);

  it("never makes a call last longer than its deadline", async () => {
    const server = await serve((response) => json(response, 200, workspace));
    vi.stubEnv("AMIGO_SHARED_BUDGET", await fakeBudget());
    const startedAt = Date.now();
    const client = clientOf(server, { timeoutSeconds: 1 });
    const errors = await Promise.all([client.getWorkspace(workspaceId), client.listWorkspaces()].map(failureOf));
    expect(Date.now() - startedAt).toBeLessThan(20_000);
    for (const error of errors) {
      expect(error).toMatchObject({ name: "TransportError", reason: "budget", outcome: "not-sent", attempts: 0 });
      expect(error.message).toContain(
        "not sent within 1 s, because the shared budget AMIGO_SHARED_BUDGET does not answer",
      );
    }
    expect(server.seen).toEqual([]);
  });

  it("does not hold a retry past its deadline", async () => {
    const client = new BudgetClient(await fakeBudget());
    const deadline = new Deadline(300);
    deadline.begin();
    const startedAt = Date.now();
    const asked = client.acquire({ operation: "list-services", deadline, isRetry: true }, "account", () => {});
    expect(await failed(asked)).toEqual({ reason: "deadline" });
    expect(Date.now() - startedAt).toBeLessThan(20_000);
  });
});

describe("a budget at work", () => {
  it("may let a call wait for longer than its deadline while the queue moves", async () => {
    const server = await serve((response) => setTimeout(() => json(response, 200, workspace), 250));
    vi.stubEnv("AMIGO_SHARED_BUDGET", await budgetOf({ maxConcurrency: 1 }));
    const client = clientOf(server, { timeoutSeconds: 1, maxConcurrency: 2 });
    expect(await Promise.all(Array.from({ length: 12 }, () => client.getWorkspace(workspaceId)))).toHaveLength(12);
  });

  it("ends the wait of a call when its queue stands still", async () => {
    const address = await budgetOf({ maxConcurrency: 1 });
    const [one, two] = [new BudgetClient(address), new BudgetClient(address)];
    const release = await one.acquire(ask(60_000), "account", () => {});
    const startedAt = Date.now();
    expect(await failed(two.acquire(ask(500), "account", () => {}))).toEqual({ reason: "deadline" });
    expect(Date.now() - startedAt).toBeGreaterThanOrEqual(490);
    expect(Date.now() - startedAt).toBeLessThan(20_000);
    release(good);
    (await two.acquire(ask(500), "account", () => {}))(good);
  });

  it("holds back the operation that the server wants to wait, in all processes, and no other", async () => {
    const address = await budgetOf();
    const [one, two] = [new BudgetClient(address), new BudgetClient(address)];
    const release = await one.acquire(ask(), "account", () => {});
    release({ ...good, waitMs: 3_600_000, because: "429 to list-services" });
    const other = await two.acquire(ask(5000, "get-service"), "account", () => {});
    other(good);
    expect(await failed(two.acquire(ask(), "account", () => {}))).toMatchObject({
      reason: "wait",
      because: "429 to list-services",
    });
    (await two.acquire(ask(), "another account", () => {}))(good);
  });

  it("takes from a call the time for which the server held it back", async () => {
    const address = await budgetOf();
    const [one, two] = [new BudgetClient(address), new BudgetClient(address)];
    const release = await one.acquire(ask(), "account", () => {});
    release({ ...good, waitMs: 400, because: "503 to list-services" });
    (await one.acquire(ask(5000, "get-service"), "account", () => {}))(good);
    const held = ask();
    (await two.acquire(held, "account", () => {}))(good);
    expect(held.deadline.remaining).toBeLessThan(4700);
    expect(held.deadline.remaining).toBeGreaterThan(4000);
  });

  it("empties its queue in all processes when the server refuses their key", async () => {
    const address = await budgetOf({ maxConcurrency: 1 });
    const [one, two] = [new BudgetClient(address), new BudgetClient(address)];
    const release = await one.acquire(ask(), "account", () => {});
    const waiting = Array.from({ length: 5 }, () => failed(two.acquire(ask(), "account", () => {})));
    // An answer for each, so that all are in the queue.
    await new Promise((resolve) => setTimeout(resolve, 300));
    release({ succeeded: false, throttled: false, refused: { operation: "get-workspace", requestId: "req-1" } });
    const refusal = { operation: "get-workspace", requestId: "req-1" };
    for (const denial of await Promise.all(waiting)) {
      expect(denial).toEqual({ reason: "refused", refusal });
    }
  });

  it("lets a call say which call of another process the key was refused for", async () => {
    const server = await serve((response) => json(response, 200, workspace));
    const address = await budgetOf({ maxConcurrency: 1 });
    vi.stubEnv("AMIGO_SHARED_BUDGET", address);
    const account = `${server.url} ${createHash("sha256").update("key-in-two-processes").digest("hex")}`;
    const other = new BudgetClient(address);
    const release = await other.acquire(ask(), account, () => {});
    const call = failureOf(clientOf(server, { apiKey: () => "key-in-two-processes" }).getWorkspace(workspaceId));
    await new Promise((resolve) => setTimeout(resolve, 300));
    release({ succeeded: false, throttled: false, refused: { operation: "list-services", requestId: "req-1" } });
    const error = await call;
    expect(error).toMatchObject({ name: "AuthenticationError", outcome: "not-sent", attempts: 0 });
    expect(error.message).toMatch(
      /^get-workspace: not tried: the key was refused \(401\) for list-services, request id req-1\.$/,
    );
    expect(server.seen).toEqual([]);
  });
});

const strangeLines = [
  "null",
  "7",
  '"text"',
  "[]",
  "{}",
  "{",
  "",
  '{"ask":1}',
  '{"ask":"x","of":1}',
  '{"ask":1,"of":"a","operation":"b","leftMs":-1,"begun":false,"isRetry":false}',
  '{"ask":null,"of":null,"operation":null,"leftMs":null,"begun":null,"isRetry":null}',
  '{"finished":9}',
  '{"finished":9,"succeeded":null,"throttled":1}',
  '{"finished":9,"succeeded":true,"throttled":true,"waitMs":1e9}',
  '{"admitted":null}',
  '{"denied":1}',
  '{"denied":1,"denial":null}',
  '{"__proto__":null}',
  "\u0000\ufffd",
];

describe("a line that is no message", () => {
  it("does not end the budget", async () => {
    const address = await budgetOf({ maxConcurrency: 1 });
    const stranger = connect(address);
    open.push(() => stranger.destroy());
    stranger.write(`${strangeLines.join("\n")}\n{"ping":true}\n`);
    const [answer] = await once(stranger, "data");
    expect(String(answer)).toContain('{"pong":true}');
    const client = new BudgetClient(address);
    (await client.acquire(ask(), "account", () => {}))(good);
    (await client.acquire(ask(), "account", () => {}))(good);
  });

  it("does not end a process that asks a budget", async () => {
    const address = await fakeBudget((line, socket) => {
      socket.write(
        `${strangeLines.join("\n")}\n{"admitted":77,"spentMs":0}\n{"denied":78,"denial":{"reason":"deadline"}}\n`,
      );
      const { ask: id } = JSON.parse(line);
      if (id !== undefined) socket.write(`{"admitted":${id},"spentMs":0}\n`);
    });
    const client = new BudgetClient(address);
    (await client.acquire(ask(), "account", () => {}))(good);
    (await client.acquire(ask(), "account", () => {}))(good);
  });
});
