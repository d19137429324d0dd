import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer as createHttp2Server } from "node:http2";
import { type AddressInfo, createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { afterEach, expect, it } from "vitest";
import { endByForce, missingLife } from "../../src/stack/processes.js";

const opened: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of opened.splice(0)) await close();
});

/** A process with an engine of this address below it, as a stack's process has one. */
async function played(address: string): Promise<{ root: number; engine: number }> {
  const folder = mkdtempSync(path.join(tmpdir(), "amigo-life-"));
  const script = (name: string, text: string) => {
    writeFileSync(path.join(folder, name), `#!/bin/sh\n${text}\n`);
    chmodSync(path.join(folder, name), 0o755);
  };
  script("pulumi", `./pulumi-language-nodejs ${address} &\necho $$\nwait`);
  script("pulumi-language-nodejs", "echo ready\nsleep 600 &\nwait");
  const root = spawn("/bin/sh", ["-c", "./pulumi & wait"], { cwd: folder, detached: true });
  opened.push(() => {
    process.kill(-(root.pid as number), "SIGKILL");
    rmSync(folder, { recursive: true, force: true });
  });
  let text = "";
  for await (const chunk of root.stdout) {
    text += chunk;
    if (/ready/.test(text) && /\d+\n/.test(text)) break;
  }
  return { root: root.pid as number, engine: Number(/\d+/.exec(text)?.[0]) };
}

async function listening(server: Server): Promise<string> {
  const sockets = new Set<{ destroy(): void }>();
  server.on("connection", (socket) => sockets.add(socket));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  opened.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

it("sees life in an engine that answers, however long it is quiet, and none where a process below it is stopped", async () => {
  const { root, engine } = await played(await listening(createHttp2Server() as unknown as Server));
  const look = () => missingLife(root, 10_000);
  expect(await look()).toBeUndefined();
  process.kill(engine, "SIGSTOP");
  let missing: string | undefined;
  while (missing === undefined) missing = await look();
  expect(missing).toBe(`process ${engine} (pulumi) is stopped`);
  process.kill(engine, "SIGCONT");
  while (missing !== undefined) missing = await look();
});

it("sees none in an engine that accepts a connection and says nothing", async () => {
  const { root, engine } = await played(await listening(createServer()));
  expect(await missingLife(root, 200)).toBe(`process ${engine} (pulumi) does not answer`);
});

it("sees life in an engine that has closed its address, as it does at its end", async () => {
  const server = createServer();
  const address = await listening(server);
  const { root } = await played(address);
  server.close();
  await once(server, "close");
  expect(await missingLife(root, 10_000)).toBeUndefined();
});

it("lets a stopped engine hear that it is to end", async () => {
  const { root, engine } = await played("127.0.0.1:1");
  process.kill(engine, "SIGSTOP");
  // The time that it has to end is longer than a test may take.
  await endByForce([root], engine, 3_600_000);
});
