import { readFileSync } from "node:fs";
import * as path from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { repositoryRoot } from "../../lab/root.js";
import { seedIds } from "../../src/emulator/index.js";
import { readSource } from "../../src/environment/source.js";
import { type Bench, type Kind, type Managed, startBench } from "../support/lifecycle.js";

const { workspace: workspaceId, agents, contextGraphs, setups } = seedIds;
const page = readFileSync(path.join(repositoryRoot, "docs", "operations", "permissions.md"), "utf8");

let bench: Bench;
beforeEach(async () => {
  bench = await startBench({ apiKeys: { "amigo-demo-key": "owner", "a-key-that-reads": "viewer" } });
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await bench.close();
});

const named = (text: string) => [...text.matchAll(/`([a-z-]+)`/g)].map(([, name]) => name);

async function sent(act: () => Promise<unknown>): Promise<string[]> {
  bench.operations();
  await act();
  return [...new Set(bench.operations())];
}

test("docs/operations/permissions.md names the operations that each resource sends", async () => {
  const desk = { workspaceId, name: "Desk", agentId: agents.frontDesk, contextGraphId: contextGraphs.scheduling };
  const channel = "inbound_voice";
  const calls = { workspaceId, channel, entityName: "Clinic", name: "Reception", setupId: setups.voiceApproved };
  const { id: serviceId } = await bench.run().create("service", desk);
  const { id: otherId } = await bench.run().create("service", { ...desk, name: "Other" });
  const { id: useCaseId } = await bench.run().create("useCase", calls);
  const clinic = { slug: "new-clinic", name: "Clinic", environment: "staging", deletionProtection: false };
  /** What is made, and what then changes. */
  const kinds: Record<Kind, [news: object, change?: object]> = {
    workspace: [clinic, { name: "Other" }],
    service: [{ ...desk, name: "Third" }, { toolCapacity: 4 }],
    versionSet: [{ workspaceId, serviceId, name: "trial", agentVersionNumber: 1 }, { agentVersionNumber: 2 }],
    useCase: [{ ...calls, name: "Second" }],
    serviceBinding: [{ workspaceId, useCaseId, serviceId }, { serviceId: otherId }],
    testCallerNumbers: [{ workspaceId, numbers: ["+14155550100"] }, { numbers: ["+14155550101"] }],
  };
  for (const [kind, [news, change]] of Object.entries(kinds) as [Kind, (typeof kinds)[Kind]][]) {
    let made: Managed | undefined;
    const created = await sent(async () => {
      made = await bench.run().create(kind, { ...news });
    });
    const resource = made as unknown as Managed;
    const refreshed = await sent(() => bench.run().refresh(resource));
    const changed = change ? await sent(() => bench.run().update(resource, { ...news, ...change })) : [];
    const deleted = await sent(() => bench.run().remove(resource));

    const title = `| \`${kind[0]?.toUpperCase()}${kind.slice(1)}\` |`;
    const row = page.split("\n").find((line) => line.startsWith(title)) ?? "";
    expect(row.split("|").slice(2, -1).map(named), kind).toEqual([refreshed, created, changed, deleted]);
  }
});

test("a key that only reads is enough for the whole workspace, which is what the page says", async () => {
  const desk = { workspaceId, name: "Desk", agentId: agents.frontDesk, contextGraphId: contextGraphs.scheduling };
  await bench.run().create("service", desk);
  const channel = "inbound_voice";
  const calls = { workspaceId, channel, entityName: "Clinic", name: "Reception", setupId: setups.voiceApproved };
  await bench.run().create("useCase", calls);
  vi.stubEnv("AMIGO_BASE_URL", bench.emulator.url);
  vi.stubEnv("AMIGO_API_KEY", "a-key-that-reads");
  const read = await sent(() => readSource(workspaceId, { cwd: repositoryRoot, warn: (line) => expect.fail(line) }));
  const [sentence = ""] = /^The whole workspace is[\s\S]*?\./m.exec(page) ?? [];
  expect(read.sort()).toEqual(named(sentence).sort());
  expect(read).toHaveLength(5);

  const reader = bench.run({ apiKey: "a-key-that-reads" });
  await expect(reader.create("service", { ...desk, name: "Other" })).rejects.toThrow(/403/);
});
