import { execFile } from "node:child_process";
import {
  appendFileSync,
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import * as path from "node:path";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import { seedIds } from "../../src/emulator/index.js";
import { Journal } from "../../src/engine/provider/journal.js";
import { owner, useLab } from "./support.js";

const lab = useLab();
const { workspace: workspaceId, agents, contextGraphs, setups } = seedIds;

const useCase = {
  workspaceId,
  channel: "inbound_voice",
  entityName: "Clinic",
  name: "Line",
  setupId: setups.voiceApproved,
  __owner: owner("calls"),
};
const service = {
  workspaceId,
  name: "Desk",
  agentId: agents.frontDesk,
  contextGraphId: contextGraphs.scheduling,
  __owner: owner("desk"),
};
const clinic = { slug: "north-clinic", name: "North", environment: "staging", __owner: owner("clinic") };
const numbers = { workspaceId, numbers: ["+14155550101", "+14155550100"], __owner: owner("qa") };

it("holds each create before it is sent, with what had its key before, and its outcome after", async () => {
  const { emulator, process: run, create } = lab();
  const context = run();
  const atArrival: unknown[] = [];
  emulator.faults.add({
    operation: ["create-use-case", "create-service", "create-self-service-workspace", "update-test-caller-numbers"],
    when: "before",
    action: { kind: "call", fn: () => void atArrival.push(context.journal?.entries().at(-1)) },
  });
  const ids = [
    await create(context, "workspace", clinic),
    await create(context, "service", service),
    await create(context, "useCase", useCase),
    await create(context, "testCallerNumbers", numbers),
  ];
  const expected = [
    { kind: "Workspace", key: ["north-clinic"], owner: owner("clinic") },
    { kind: "Service", workspaceId, key: ["Desk"], owner: owner("desk") },
    { kind: "UseCase", workspaceId, key: ["inbound_voice", "Clinic", "Line"], before: [], owner: owner("calls") },
    { kind: "TestCallerNumbers", workspaceId, key: ["+14155550100", "+14155550101"], owner: owner("qa") },
  ];
  expect(atArrival).toMatchObject(expected.map((entry) => ({ ...entry, state: "asked" })));
  expect(context.journal?.entries()).toMatchObject(
    expected.map((entry, index) => ({ ...entry, state: "made", id: ids[index] })),
  );
  expect(readFileSync(context.journal?.file ?? "", "utf8")).not.toContain("amigo-demo-key");
});

it("closes a create that was refused, and leaves one open whose outcome is unknown", async () => {
  const { emulator, process: run, create } = lab();
  const context = run();
  await expect(create(context, "useCase", { ...useCase, setupId: setups.voiceUnapproved })).rejects.toThrow();
  emulator.faults.add({ operation: "create-use-case", when: "before", action: { kind: "status", status: 502 } });
  await expect(create(context, "useCase", { ...useCase, name: "Other" })).rejects.toThrow(/outcome is unknown/);
  expect(context.journal?.entries().map(({ key, state }) => [key.at(-1), state])).toEqual([
    ["Line", "closed"],
    ["Other", "asked"],
  ]);
});

it("costs no request", async () => {
  const { process: run, create, operations } = lab();
  await create(run(), "useCase", useCase);
  expect(operations()).toEqual(["list-use-cases", "create-use-case"]);
});

it("lets the next create take over what was claimed for it, and nothing else", async () => {
  const { emulator, process: run, create, operations } = lab();
  const killed = run();
  const made = {
    workspace: await create(killed, "workspace", { ...clinic, provision: false }),
    service: await create(killed, "service", service),
    useCase: await create(killed, "useCase", useCase),
    testCallerNumbers: await create(killed, "testCallerNumbers", numbers),
  };
  await expect(create(run(), "useCase", useCase)).rejects.toThrow(/is not known to be this resource's/);
  await expect(create(run(), "testCallerNumbers", numbers)).rejects.toThrow(/not known to be this resource's/);
  await expect(create(run(), "service", service)).rejects.toThrow(/pulumi-amigo recover/);
  await expect(create(run(), "workspace", clinic)).rejects.toThrow(/409/);

  for (const { entry, id } of killed.journal?.entries() ?? []) {
    if (id !== undefined) killed.journal?.settle(entry, "claimed", id);
  }
  await expect(create(run(), "useCase", { ...useCase, __owner: owner("another") })).rejects.toThrow(/not known/);
  operations();
  const next = run();
  expect({
    workspace: await create(next, "workspace", clinic),
    service: await create(next, "service", service),
    useCase: await create(next, "useCase", useCase),
    testCallerNumbers: await create(next, "testCallerNumbers", numbers),
  }).toEqual(made);
  expect(operations()).not.toContain("create-self-service-workspace");
  expect(emulator.store.workspaces.get(made.workspace)?.provisioned_at).toEqual(expect.any(String));
  expect(emulator.store.useCases.list()).toHaveLength(1);
  await expect(create(run(), "useCase", useCase), "a claim is good for one create").rejects.toThrow(/not known/);
});

it("names the resource of the same stack that made what a new one wants, as where it was renamed", async () => {
  const { process: run, create } = lab();
  await create(run(), "useCase", useCase);
  await create(run(), "testCallerNumbers", numbers);
  const renamed = (one: object, name: string) => ({ ...one, __owner: owner(name) });
  await expect(create(run(), "useCase", renamed(useCase, "calls2"))).rejects.toThrow(
    /has this channel, .*It is this stack's own resource "calls"\. If it was renamed, give the new one the resource option aliases: \[\{ name: "calls" \}\]\. If it is removed/,
  );
  await expect(create(run(), "testCallerNumbers", renamed(numbers, "qa2"))).rejects.toThrow(
    /are this stack's own resource "qa"\. Nothing was written\. If it was renamed, .*aliases: \[\{ name: "qa" \}\]/,
  );
  const elsewhere = { ...useCase, __owner: owner("calls2").replace("/dev/", "/other/") };
  expect(elsewhere.__owner).not.toBe(owner("calls2"));
  await expect(create(run(), "useCase", elsewhere)).rejects.toThrow(
    /Which is it\?\s+- The resource was renamed in the program: give it the resource option aliases: \[\{ name: "<old name>" \}\]/,
  );
});

it("passes over a line that a crash cut short", () => {
  const journal = new Journal("https://api.example", () => {});
  const entry = journal.ask({ kind: "UseCase", key: ["a"], before: [] });
  appendFileSync(journal.file, '{"entry":"x","kin');
  appendFileSync(journal.file, '\nnull\n{"entry":"unknown","state":"made"}\n');
  journal.settle(entry, "made", "1");
  expect(journal.entries()).toEqual([expect.objectContaining({ entry, state: "made", id: "1" })]);
});

it("keeps a journal for each server", () => {
  const files = ["https://api.example", "http://127.0.0.1:8787", "http://127.0.0.1:8788"].map(
    (url) => new Journal(url, () => {}).file,
  );
  expect(new Set(files).size).toBe(3);
  for (const file of files) expect(path.dirname(file)).toBe(path.join(lab().home, "pulumi-amigo"));
});

const line = (entry: string, at: Date, state: string, key = "n".repeat(800)) =>
  `${JSON.stringify({ entry, at, kind: "Service", key: [key], before: [], state })}\n`;
const longAgo = new Date(Date.now() - 40 * 86_400_000);

it("drops what is settled and old or one of many when it has grown large, and never what is open", () => {
  const journal = new Journal("https://api.example", () => {});
  mkdirSync(path.dirname(journal.file), { recursive: true });
  const open = Array.from({ length: 700 }, (_, index) => line(`o${index}`, longAgo, index % 2 ? "asked" : "claimed"));
  const settled = Array.from({ length: 700 }, (_, index) => line(`s${index}`, new Date(), "made"));
  writeFileSync(journal.file, [line("old", longAgo, "made"), ...open, ...settled].join(""));
  const entry = journal.ask({ kind: "Service", key: ["new"], before: [] });
  const kept = journal.entries().map((one) => one.entry);
  expect(kept).toHaveLength(700 + 500 + 1);
  expect([kept[0], kept[699], kept[700], kept.at(-1)]).toEqual(["o0", "o699", "s200", entry]);
  const another = new Journal("https://api.example", () => {});
  another.settle("o0", "made", "7");
  expect(another.entries().find((one) => one.entry === "o0")).toMatchObject({ state: "made", id: "7" });
  const folder = path.dirname(journal.file);
  for (const file of readdirSync(folder)) expect(statSync(path.join(folder, file)).mode & 0o777).toBe(0o600);
});

it("loses no line after one that a crash cut short", () => {
  const journal = new Journal("https://api.example", () => {});
  journal.ask({ kind: "UseCase", key: ["a"], before: [] });
  appendFileSync(journal.file, '{"entry":"x","kin');
  const entry = journal.ask({ kind: "UseCase", key: ["b"], before: [] });
  expect(journal.entries().map((one) => one.entry)).toContain(entry);
  expect(journal.entries()).toHaveLength(2);
});

it("takes over what a compaction left that was killed in the middle", () => {
  const journal = new Journal("https://api.example", () => {});
  const entry = journal.ask({ kind: "UseCase", key: ["a"], before: [] });
  renameSync(journal.file, `${journal.file}.1.moved`);
  writeFileSync(`${journal.file}.1.new`, '{"entry":"hal');
  journal.settle(entry, "made", "1");
  expect(journal.entries()).toMatchObject([{ entry, state: "made", id: "1" }]);
  appendFileSync(journal.file, line("old", longAgo, "made", "n".repeat(1_000_000)));
  const next = new Journal("https://api.example", () => {});
  const other = next.ask({ kind: "UseCase", key: ["b"], before: [] });
  expect(next.entries().map((one) => [one.entry, one.state])).toEqual([
    [entry, "made"],
    [other, "asked"],
  ]);
  expect(readdirSync(path.dirname(journal.file)).filter((name) => name.endsWith(".moved"))).toEqual([]);
});

it("keeps an outcome whose entry another process is merging at that moment", () => {
  const journal = new Journal("https://api.example", () => {});
  const entry = journal.ask({ kind: "UseCase", key: ["a"], before: [] });
  renameSync(journal.file, `${journal.file}.1.new`);
  journal.settle(entry, "made", "1");
  appendFileSync(journal.file, "x".repeat(1_000_000));
  const next = new Journal("https://api.example", () => {});
  const other = next.ask({ kind: "UseCase", key: ["b"], before: [] });
  renameSync(`${journal.file}.1.new`, `${journal.file}.1.kept`);
  expect(next.entries()).toMatchObject([
    { entry, state: "made", id: "1" },
    { entry: other, state: "asked" },
  ]);
});

it("loses nothing while some processes append and others compact", async () => {
  const { home } = lab();
  // Each of these processes opens the journal anew again and again, and finds it large enough to compact.
  const script = (name: string, rounds: number, filler: number) => `
    const { Journal } = require("./src/engine/provider/journal.ts");
    for (let round = 0; round < ${rounds}; round += 1) {
      const journal = new Journal("https://api.example", (message) => { console.error(message); process.exit(1); });
      const entry = journal.ask({ kind: "UseCase", key: ["${name} " + round], before: [] });
      if (round % 2) journal.settle(entry, "claimed", "${name} " + round);
      if (${filler}) require("node:fs").appendFileSync(journal.file, "\\n" + "x".repeat(${filler}) + "\\n");
    }`;
  const run = promisify(execFile);
  const writers = ["a", "b", "c", "d"].map((name) => script(name, 250, 0));
  const compactors = ["e", "f", "g"].map((name) => script(name, 25, 1_100_000));
  const env = { ...process.env, PULUMI_HOME: home };
  await Promise.all(
    [...writers, ...compactors].map((text) => run(process.execPath, ["--import", "tsx", "-e", text], { env })),
  );
  const journal = new Journal("https://api.example", () => {});
  const open = journal.entries().filter(({ kind }) => kind === "UseCase");
  const expected = ["a", "b", "c", "d", "e", "f", "g"].flatMap((name) =>
    Array.from({ length: name < "e" ? 250 : 25 }, (_, round) => [
      `${name} ${round}`,
      round % 2 ? "claimed" : "asked",
      round % 2 ? `${name} ${round}` : undefined,
    ]),
  );
  const byKey = (left: (string | undefined)[], right: (string | undefined)[]) =>
    String(left[0]) < String(right[0]) ? -1 : 1;
  expect(open.map(({ key, state, id }) => [key[0], state, id]).sort(byKey)).toEqual(expected.sort(byKey));
}, 120_000);

it("warns once where it cannot be written, and lets the creates go on", async () => {
  const { home, process: run, create, warnings } = lab();
  rmSync(home, { recursive: true });
  writeFileSync(home, "no folder");
  chmodSync(home, 0o444);
  const context = run();
  await create(context, "useCase", useCase);
  await create(context, "service", service);
  expect(warnings).toEqual([expect.stringMatching(/^cannot write the journal/)]);
});
