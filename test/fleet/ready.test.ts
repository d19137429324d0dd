import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { afterAll, expect, it } from "vitest";
import { fleetUp } from "../../src/fleet/commands.js";
import { readFleet } from "../../src/fleet/file.js";

const folder = mkdtempSync(path.join(tmpdir(), "amigo-ready-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const write = (name: string, text: string) => {
  mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
  writeFileSync(path.join(folder, name), text);
};
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
  expect(unmapped.error).toMatch(/b.yaml:3:\d+: service "Desk": the agent night has no id: add agents.night.id/);
  expect(unmapped.asked).toEqual([]);
  write("documents/b.yaml", document("desk").replace("services", "servises"));
  expect((await start()).error).toMatch(
    /b.yaml:2:1: servises: is not known here; did you mean services\?\nNothing was started/,
  );
  write("documents/b.yaml", document("desk"));
  expect(await start()).toEqual({ error: "stopped; nothing was started", asked: ["locks"] });
  delete process.env.READY_KEY;
});
