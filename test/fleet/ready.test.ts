import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, expect, it, vi } from "vitest";
import { fleetUp } from "../../src/fleet/commands.js";
import { readFleet } from "../../src/fleet/file.js";
import { readyEngine } from "../../src/fleet/ready.js";
import { PlayedFleet } from "./support.js";

const folder = mkdtempSync(path.join(tmpdir(), "amigo-ready-"));
afterEach(() => void vi.unstubAllEnvs());
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const write = (name: string, text: string) => {
  mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
  writeFileSync(path.join(folder, name), text);
};

/** A CLI first on PATH, with a language host that does this; no other can be found. */
function cli(host: string | undefined, whoami = ":"): string {
  const pulumi = `case "$1" in version) echo v3.259.0 ;; whoami) ${whoami} ;; esac`;
  const programs = { pulumi, "pulumi-language-nodejs": host };
  rmSync(path.join(folder, "bin"), { recursive: true, force: true });
  for (const [name, text] of Object.entries(programs)) {
    if (text === undefined) continue;
    write(`bin/${name}`, `#!/bin/sh\n${text}\n`);
    chmodSync(path.join(folder, "bin", name), 0o755);
  }
  vi.stubEnv("PATH", `${path.join(folder, "bin")}:/usr/bin:/bin`);
  vi.stubEnv("PULUMI_HOME", path.join(folder, "home"));
  return path.join(folder, "bin", "pulumi");
}

const id = "7b000000-0000-4000-8000-000000000001";
const document = (agent: string) => `version: 1
services:
  Desk: { agent: ${agent}, contextGraph: visits }
`;
write("references.yaml", `version: 1\nagents: { desk: { id: ${id} } }\ncontextGraphs: { visits: { id: ${id} } }\n`);
write(
  "amigo.yaml",
  ["a", "b"]
    .map((name) => `  ${name}: { id: ${id}, apiKeyEnv: READY_KEY, references: references.yaml }\n`)
    .join("")
    .replace(/^/, "workspaces:\n"),
);
write(
  "fleet.yaml",
  "version: 1\nstacks:\n  - match: documents/*.yaml\nwaves:\n  - { name: first, count: 1 }\n  - { name: second }\n",
);

/** Starts the fleet, as far as it gets: to the question whether locks allow it. */
async function start() {
  const asked: string[] = [];
  const options = {
    engine: async () => {
      asked.push("engine");
      return "pulumi";
    },
    signal: new AbortController().signal,
    warn: () => {},
    confirm: async () => false,
    refuse: async () => void asked.push("locks"),
    listen: () => {
      throw new Error("nothing may start");
    },
  };
  const error = await fleetUp(readFleet(path.join(folder, "fleet.yaml")), options).catch(
    ({ message }: Error) => message,
  );
  return { error, asked };
}

it("finds what is wrong with the documents of all waves, and keys that are missing, before anything starts", async () => {
  write("documents/a.yaml", document("desk"));
  write("documents/b.yaml", document("night"));
  delete process.env.READY_KEY;
  expect((await start()).error).toMatch(
    /^a: workspace "a": the environment variable READY_KEY.* is not set\nb: .*\nNothing was started$/,
  );
  process.env.READY_KEY = "key";
  const unmapped = await start();
  expect(unmapped.error).toMatch(/b.yaml:3:\d+: service "Desk": the agent "night" has no id: add agents.night.id/);
  expect(unmapped.asked).toEqual([]);
  write("documents/b.yaml", document("desk").replace("services", "servises"));
  expect((await start()).error).toMatch(
    /b.yaml:2:1: servises: is not known here; did you mean services\?\nNothing was started/,
  );
  write("documents/b.yaml", `${document("desk")}incomplete: [useCases]\n`);
  expect((await start()).error).toMatch(/b.yaml:\d+:1: incomplete: useCases could not be read: a run would delete/);
  write("documents/b.yaml", document("desk"));
  expect(await start()).toEqual({ error: "stopped; nothing was started", asked: ["engine", "locks"] });
  delete process.env.READY_KEY;
});

it("finds an engine that works, and leaves no language host behind", async () => {
  const bin = cli(`echo $$ > ${path.join(folder, "host.pid")}\necho 40000\nexec sleep 600`);
  expect(await readyEngine()).toBe(bin);
  const pid = Number(readFileSync(path.join(folder, "host.pid"), "utf8"));
  while (isRunning(pid)) await sleep(20);
});

it.each([
  ["is missing", undefined, /^found no Pulumi CLI .* with its language host/],
  [
    "ends at once",
    "echo bad image >&2; exit 3",
    /pulumi-language-nodejs ended with 3 bad image. Nothing was started. Inst/,
  ],
])("says once for all stacks, before anything starts, that the engine's language host %s", async (_what, host, words) => {
  cli(host);
  const fleet = new PlayedFleet(["a", "b", "c"], "");
  await expect(fleet.lookAt("preview", { engine: readyEngine })).rejects.toThrow(words);
  await expect(fleet.lookAt("drift", { engine: readyEngine })).rejects.toThrow(words);
  await expect(fleet.up({ engine: readyEngine })).rejects.toThrow(words);
  expect(fleet.events()).toEqual([]);
  fleet.remove();
});

it.each([
  [
    "nobody is logged in",
    "echo 'error: PULUMI_ACCESS_TOKEN must be set for login during non-interactive CLI sessions' >&2; exit 3",
    /^the Pulumi CLI is not logged in to a backend: run .*\nNothing was started$/,
  ],
  [
    "no passphrase is set",
    `echo '{ "url": "file://~" }'`,
    /^no passphrase is set, .* backend file:\/\/~ .* \(a, b\): choose one and `export PULUMI_CONFIG_PASSPHRASE=/,
  ],
])("says once for all documents, before anything starts, that %s", async (_what, whoami, words) => {
  vi.stubEnv("READY_KEY", "key");
  for (const name of ["PULUMI_BACKEND_URL", "PULUMI_CONFIG_PASSPHRASE", "PULUMI_CONFIG_PASSPHRASE_FILE"])
    vi.stubEnv(name, undefined);
  write("documents/a.yaml", document("desk"));
  write("documents/b.yaml", document("desk"));
  const bin = cli("echo 40000; exec sleep 600", whoami);
  const { stacks } = readFleet(path.join(folder, "fleet.yaml"));
  await expect(readyEngine(stacks, folder)).rejects.toThrow(words);
  // In Pulumi Cloud, with one that is empty, or with another way to encrypt there is nothing to ask for.
  vi.stubEnv("PULUMI_BACKEND_URL", "https://api.pulumi.com");
  expect(await readyEngine(stacks, folder)).toBe(bin);
  vi.stubEnv("PULUMI_BACKEND_URL", "file:///state");
  for (const name of ["a", "b"]) {
    await expect(readyEngine(stacks, folder)).rejects.toThrow(/^no passphrase is set/);
    write(`.pulumi-amigo/${name}/Pulumi.yaml`, "name: pulumi-amigo\nruntime: nodejs\n");
    write(`.pulumi-amigo/${name}/Pulumi.${name}.yaml`, "secretsprovider: awskms://alias/clinic\n");
  }
  expect(await readyEngine(stacks, folder)).toBe(bin);
  rmSync(path.join(folder, ".pulumi-amigo"), { recursive: true });
  vi.stubEnv("PULUMI_CONFIG_PASSPHRASE", "");
  expect(await readyEngine(stacks, folder)).toBe(bin);
});

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
