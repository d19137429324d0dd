import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Deployment, type Entry, Kind, type Resource } from "../../bench/journal/entries.js";
import { Replay } from "../../bench/journal/replay.js";
import { Refusal, Stack } from "../../bench/journal/stacks.js";

const empty: Deployment = { manifest: { time: "2026-01-01T00:00:00Z", magic: "", version: "" } };

function resource(name: string, more: Partial<Resource> = {}): Resource {
  return { urn: `urn:pulumi:dev::bench::amigo:Service::${name}`, type: "amigo:Service", ...more };
}

const names = ({ resources = [] }: Deployment) => resources.map(({ urn }) => urn.split("::").at(-1));

function entry(kind: Kind, operationID: number, more: Partial<Entry> = {}): Entry {
  return { version: 1, kind, sequenceID: operationID, operationID, ...more };
}

function replayed(base: Deployment, ...entries: Entry[]): Deployment {
  const replay = new Replay(base);
  for (const one of entries) replay.add(one);
  return replay.deployment();
}

const [a, b, c] = [resource("a"), resource("b"), resource("c")];
const abc: Deployment = { ...empty, resources: [a, b, c] };
const creating = (of: Resource) => ({ operation: { type: "creating", resource: of } });

describe("a journal's replay", () => {
  it("adds what was created, in the order in which it was done, and keeps what the base has besides", () => {
    const found = replayed(
      { ...empty, secrets_providers: { type: "old" }, metadata: { kept: true } },
      entry(Kind.SecretsManager, 0, { secretsProvider: { type: "service" } }),
      entry(Kind.Begin, 1, creating(b)),
      entry(Kind.Begin, 2, creating(a)),
      entry(Kind.Success, 2, { state: a, removeOld: null, removeNew: null }),
      entry(Kind.Success, 1, { state: b }),
    );
    expect(names(found)).toEqual(["a", "b"]);
    expect(found).toMatchObject({
      secrets_providers: { type: "service" },
      metadata: { kept: true },
      pending_operations: [],
    });
  });

  it("puts what was updated or kept before what the update has not come to yet", () => {
    const found = replayed(
      abc,
      entry(Kind.Begin, 1),
      entry(Kind.Success, 1, { state: a, removeOld: 0 }),
      entry(Kind.Begin, 2),
      entry(Kind.Success, 2, { state: resource("c", { outputs: { changed: true } }), removeOld: 2 }),
    );
    expect(names(found)).toEqual(["a", "c", "b"]);
    expect(found.resources?.[1]?.outputs).toEqual({ changed: true });
  });

  it("marks a resource that is replaced until its successor is there and it is deleted", () => {
    const made = [entry(Kind.Begin, 1, creating(b)), entry(Kind.Success, 1, { state: b, deleteOld: 1 })];
    const between = replayed(abc, ...made);
    expect(names(between)).toEqual(["b", "a", "b", "c"]);
    expect(between.resources?.map((one) => one.delete)).toEqual([undefined, undefined, true, undefined]);
    const after = replayed(abc, ...made, entry(Kind.Begin, 2), entry(Kind.Success, 2, { removeOld: 1 }));
    expect(names(after)).toEqual(["b", "a", "c"]);
    expect(after.resources?.some((one) => one.delete)).toBe(false);
  });

  it("keeps a resource that is deleted before its successor is made, as one to be made again", () => {
    const deleted = entry(Kind.Success, 1, { pendingReplacementOld: 1 });
    expect(replayed(abc, deleted).resources?.[1]).toEqual({ ...b, pendingReplacement: true });
    const again = entry(Kind.Success, 2, { state: b, removeOld: 1 });
    expect(replayed(abc, deleted, again).resources).toEqual([b, a, c]);
  });

  it("marks, changes and removes also what the same update has made", () => {
    const made = entry(Kind.Success, 1, { state: a });
    const outputs = resource("a", { outputs: { url: "x" } });
    expect(replayed(empty, made, entry(Kind.Outputs, 2, { state: outputs, removeNew: 1 })).resources).toEqual([
      outputs,
    ]);
    expect(replayed(empty, made, entry(Kind.Success, 2, { deleteNew: 1 })).resources?.[0]?.delete).toBe(true);
    expect(replayed(empty, made, entry(Kind.Success, 2, { removeNew: 1 })).resources).toEqual([]);
    const pending = replayed(empty, made, entry(Kind.Success, 2, { pendingReplacementNew: 1 }));
    expect(pending.resources?.[0]?.pendingReplacement).toBe(true);
  });

  it("changes in its place what a refresh read or outputs were registered for", () => {
    const read = resource("b", { outputs: { read: true } });
    const found = replayed(
      abc,
      entry(Kind.RefreshSuccess, 1, { state: read, removeOld: 1, isRefresh: true }),
      entry(Kind.Outputs, 2, { state: resource("c", { outputs: {} }), removeOld: 2 }),
    );
    expect(found.resources).toEqual([a, read, resource("c", { outputs: {} })]);
  });

  it("drops what a refresh no longer found, with everything that refers to it", () => {
    const child = resource("d", {
      parent: b.urn,
      deletedWith: b.urn,
      dependencies: [a.urn, b.urn],
      propertyDependencies: { kept: [a.urn], gone: [b.urn] },
    });
    const gone = entry(Kind.RefreshSuccess, 1, { removeOld: 1, isRefresh: true });
    const found = replayed({ ...empty, resources: [a, b, child] }, gone, entry(Kind.RebuiltBaseState, 0));
    expect(found.resources).toEqual([
      a,
      resource("d", { dependencies: [a.urn], propertyDependencies: { kept: [a.urn] } }),
    ]);
  });

  it("counts places anew once the base is rebuilt or written anew", () => {
    const remove = entry(Kind.Success, 2, { removeOld: 0 });
    const rebuilt = [entry(Kind.RefreshSuccess, 1, { removeOld: 0 }), entry(Kind.RebuiltBaseState, 0)];
    expect(names(replayed(abc, ...rebuilt, remove))).toEqual(["c"]);
    const written = entry(Kind.Write, 0, { newSnapshot: { ...empty, resources: [c, a] } });
    expect(names(replayed(abc, written, remove))).toEqual(["a"]);
  });

  it("tells of operations that have not ended, and of creates that an earlier update left open", () => {
    const earlier = [creating(a).operation, { type: "updating", resource: b }];
    const found = replayed(
      { ...empty, pending_operations: earlier },
      entry(Kind.Begin, 1, creating(c)),
      entry(Kind.Begin, 2, creating(b)),
      entry(Kind.Failure, 2, { state: b }),
      entry(Kind.Begin, 3),
    );
    expect(found.pending_operations).toEqual([creating(c).operation, creating(a).operation]);
    expect(found.resources).toEqual([]);
  });

  it.each([
    ["a resource that is not there", entry(Kind.Success, 1, { removeOld: 3 }), "resource 3"],
    ["an operation that made nothing", entry(Kind.Success, 1, { removeNew: 7 }), "resource 7"],
    ["another version", { ...entry(Kind.Begin, 1), version: 2 }, "version 2"],
    ["extensions", entry(8 as Kind, 1), "kind 8"],
    ["snippets", entry(9 as Kind, 1), "kind 9"],
    ["aliases", entry(Kind.Success, 1, { state: resource("a", { aliases: [b.urn] }) }), "aliases"],
    ["hooks", entry(Kind.Begin, 1, creating(resource("a", { resourceHooks: { before: ["x"] } }))), "resourceHooks"],
    ["strings of other bytes", entry(Kind.Begin, 1, { requiresByteString: true }), "UTF-8"],
    ["a write of nothing", entry(Kind.Write, 0), "deployment to start from"],
  ])("refuses %s", (_, wrong, message) => {
    expect(() => replayed(abc, wrong)).toThrow(message);
  });

  it("gives for any run of creates, keeps and deletes what a plain list would hold", () => {
    const step = fc.record({ what: fc.constantFrom("keep", "delete", "create"), place: fc.nat(5) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        const base = [..."pqrstu"].map((name) => resource(name));
        const made: Resource[] = [];
        const left: (Resource | undefined)[] = [...base];
        const entries = steps.map(({ what, place }, index) => {
          const old = left[place];
          if (what === "create" || !old) {
            made.push(resource(`new-${index}`));
            return entry(Kind.Success, index, { state: made.at(-1) });
          }
          left[place] = undefined;
          if (what === "keep") made.push(old);
          return entry(Kind.Success, index, { removeOld: place, ...(what === "keep" ? { state: old } : {}) });
        });
        const expected = [...made, ...left.filter((one) => one !== undefined)];
        expect(replayed({ ...empty, resources: base }, ...entries).resources).toEqual(expected);
      }),
    );
  });
});

describe("a stack of the service", () => {
  function stackWith(journalVersion = 1) {
    const stack = new Stack({ org: "bench", project: "bench", name: "dev" });
    const update = stack.create(false);
    stack.start(update, journalVersion);
    return { stack, update };
  }

  it("replays by sequence id, whatever order the entries came in and however often", () => {
    const { stack, update } = stackWith();
    const [first, second] = [
      { ...entry(Kind.Success, 1, { state: a }), sequenceID: 1 },
      { ...entry(Kind.Outputs, 2, { state: resource("a", { outputs: { late: true } }), removeNew: 1 }), sequenceID: 2 },
    ];
    update.append([second]);
    update.append([first, second]);
    expect(stack.export().deployment.resources).toEqual([resource("a", { outputs: { late: true } })]);
  });

  it("has what a killed update's journal says, and lets nobody else in until that is cancelled", () => {
    const { stack, update } = stackWith();
    update.append([entry(Kind.Begin, 1, creating(a))]);
    const next = stack.create(false);
    expect(() => stack.start(next, 1)).toThrow(Refusal);
    stack.end(update);
    stack.start(next, 1);
    expect(stack.export().deployment.pending_operations).toEqual([creating(a).operation]);
  });

  it("takes whole states only from updates without a journal", () => {
    const checkpoint = Buffer.from(JSON.stringify({ version: 3, deployment: abc }));
    expect(() => stackWith().update.save(checkpoint)).toThrow("keeps a journal");
    const { stack, update } = stackWith(0);
    expect(() => update.append([])).toThrow("keeps no journal");
    update.save(checkpoint);
    stack.end(update);
    expect(names(stack.export().deployment)).toEqual(["a", "b", "c"]);
    const preview = stack.create(true);
    stack.start(preview, 1);
    expect(() => preview.append([])).toThrow("keeps no journal");
    expect(stack.version).toBe(1);
  });
});
