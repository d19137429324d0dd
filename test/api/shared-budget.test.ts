import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, it, vi } from "vitest";
import { type SharedBudget, startSharedBudget } from "../../src/api/budget/server.js";
import type { Limits } from "../../src/api/limiter.js";
import { json, serve, type TestServer, workspace, workspaceId } from "./server.js";

const open: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of open.splice(0)) await close();
});

async function budgetOf(limits: Partial<Limits>): Promise<SharedBudget> {
  const budget = await startSharedBudget({ maxConcurrency: 16, requestsPerSecond: undefined, ...limits });
  open.push(() => budget.close());
  return budget;
}

interface Caller {
  readonly process: ChildProcess;
  readonly ended: Promise<{ answers: string[]; errors: string }>;
}

function callFrom(server: TestServer, address: string, calls: number): Caller {
  const args = ["--import", "tsx", join(__dirname, "budgeted-calls.ts"), server.url, workspaceId, String(calls)];
  const child = spawn(process.execPath, args, { env: { ...process.env, AMIGO_SHARED_BUDGET: address } });
  open.push(() => child.kill("SIGKILL"));
  const text = { stdout: "", stderr: "" };
  for (const stream of ["stdout", "stderr"] as const) child[stream].on("data", (chunk) => (text[stream] += chunk));
  const ended = once(child, "close").then(() => ({ answers: JSON.parse(text.stdout || "[]"), errors: text.stderr }));
  return { process: child, ended };
}

/** A server that takes a while for each answer and knows how many it had in hand at once. */
async function countingServer(ms: number) {
  const count = { now: 0, most: 0 };
  const server = await serve((response) => {
    count.now += 1;
    count.most = Math.max(count.most, count.now);
    setTimeout(() => {
      count.now -= 1;
      json(response, 200, workspace);
    }, ms);
  });
  return { server, count };
}

const allDone = (calls: number) => ({ answers: Array(calls).fill("done"), errors: "" });

it("holds the number of requests at once over all processes, and uses it in full", async () => {
  const { server, count } = await countingServer(100);
  const { address } = await budgetOf({ maxConcurrency: 4 });
  const callers = [callFrom(server, address, 12), callFrom(server, address, 12)];
  expect(await Promise.all(callers.map(({ ended }) => ended))).toEqual([allDone(12), allDone(12)]);
  expect(count.most).toBe(4);
}, 60_000);

it("spaces the requests of all processes", async () => {
  const { server } = await countingServer(1);
  const { address } = await budgetOf({ requestsPerSecond: 20 });
  await Promise.all([callFrom(server, address, 16).ended, callFrom(server, address, 16).ended]);
  const times = server.seen.map(({ at }) => at).sort((a, b) => a - b);
  expect(times).toHaveLength(32);
  // On a busy machine the first request comes later than its turn; no request can come before its turn.
  const lateMs = 350;
  expect((times.at(-1) ?? 0) - (times[0] ?? 0)).toBeGreaterThanOrEqual(31 * 50 - lateMs);
}, 60_000);

it("holds all processes while the wait lasts that the server asked of one of them", async () => {
  let toldAt = 0;
  const server = await serve((response) => {
    if (toldAt > 0) return json(response, 200, workspace);
    toldAt = Date.now();
    json(response, 429, {}, { "retry-after": "2" });
  });
  const { address } = await budgetOf({ maxConcurrency: 1 });
  const callers = [callFrom(server, address, 3), callFrom(server, address, 3)];
  expect(await Promise.all(callers.map(({ ended }) => ended))).toEqual([allDone(3), allDone(3)]);
  expect(server.seen).toHaveLength(7);
  for (const { at } of server.seen.slice(1)) expect(at - toldAt).toBeGreaterThanOrEqual(2000);
}, 60_000);

it("takes the turns of a killed process back", async () => {
  const held = await serve(() => {});
  const { address } = await budgetOf({ maxConcurrency: 2 });
  const victim = callFrom(held, address, 5);
  await vi.waitFor(() => expect(held.seen).toHaveLength(2), { timeout: 30_000 });
  victim.process.kill("SIGKILL");
  const asked = held.seen.length;
  const survivor = callFrom(held, address, 2);
  await vi.waitFor(() => expect(held.seen).toHaveLength(asked + 2), { timeout: 30_000 });
  survivor.process.kill("SIGKILL");
}, 60_000);

it("leaves a process its own limits when the budget is gone, before or meanwhile, and says so", async () => {
  const { server } = await countingServer(1);
  const { answers, errors } = await callFrom(server, "/nowhere/socket", 3).ended;
  expect(answers).toEqual(["done", "done", "done"]);
  expect(errors).toMatch(
    /^warning: the shared budget AMIGO_SHARED_BUDGET is gone .*each process keeps to its own limits/,
  );

  const slow = await countingServer(500);
  const budget = await startSharedBudget({ maxConcurrency: 1, requestsPerSecond: undefined });
  const caller = callFrom(slow.server, budget.address, 4);
  await vi.waitFor(() => expect(slow.server.seen).toHaveLength(1), { timeout: 30_000 });
  await budget.close();
  expect((await caller.ended).answers).toEqual(Array(4).fill("done"));
  expect(existsSync(budget.address)).toBe(false);
}, 60_000);

it("refuses a folder for temporary files whose path is too long, and leaves nothing there", async () => {
  const folder = mkdtempSync(join(tmpdir(), `amigo-${"long".repeat(25)}-`));
  const before = process.env.TMPDIR;
  process.env.TMPDIR = folder;
  try {
    const opening = startSharedBudget({ maxConcurrency: 1, requestsPerSecond: undefined });
    await expect(opening).rejects.toThrow(/path of its socket, .* longer than \d+ bytes/);
    expect(readdirSync(folder)).toEqual([]);
  } finally {
    if (before === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = before;
    rmSync(folder, { recursive: true });
  }
});
