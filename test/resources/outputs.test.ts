import { describe, expect, it } from "vitest";
import { z } from "zod";
import { registerSecret } from "../../src/api/redact.js";
import { HIDDEN, LOOKED_UP } from "../../src/engine/hidden.js";
import type { Lifecycle, Values } from "../../src/engine/lifecycle.js";
import { everything, inputsOf, observed, outputsOf, withFullMark } from "../../src/engine/provider/outputs.js";
import { UNKNOWN } from "../../src/engine/unknown.js";

const properties = {
  name: { schema: z.string(), change: "update" },
  capacity: { schema: z.int(), change: "update", default: 3 },
  tags: { schema: z.array(z.string()), change: "update", normalise: (tags: unknown) => new Set(tags as string[]) },
  channel: { schema: z.string(), change: "replace" },
  parts: { schema: z.unknown(), change: "update", declaredOnly: true },
  adopt: { schema: z.boolean(), change: "local" },
};
const lifecycle = {
  kind: "Service",
  properties,
  computed: ["id", "createdAt", "updatedAt"],
  marked: true,
} as unknown as Lifecycle;
const unmarked = { ...lifecycle, marked: false } as unknown as Lifecycle;

const full = "pulumi/organization/clinic/dev/pulumi-nodejs:dynamic/amigo:Service/desk";
const short = "/clinic/dev/*/desk";
const times = { id: "1", createdAt: "2026-01-01", updatedAt: "2026-01-02" };

describe("the inputs in state", () => {
  it("are the declared properties and what operations need, with the owner mark in full", () => {
    const state = {
      ...{ name: "Desk", capacity: 0, channel: null, adopt: false, tags: ["a"], ...times },
      ...{ [HIDDEN.undeclared]: ["tags"], [HIDDEN.owner]: short, [HIDDEN.provider]: "text" },
      ...{ [HIDDEN.secrets]: ["name"], [HIDDEN.ignore]: ["name"], [HIDDEN.takenFrom]: "somebody" },
    };
    expect(inputsOf(lifecycle, state)).toEqual({
      ...{ name: "Desk", capacity: 0, adopt: false, [HIDDEN.owner]: full },
      ...{ [HIDDEN.secrets]: ["name"], [HIDDEN.ignore]: ["name"], [HIDDEN.takenFrom]: "somebody" },
    });
  });

  it.each([[undefined], [null], [7]])("keep a mark that is no text as it is: %s", (mark) => {
    expect(withFullMark(lifecycle, { [HIDDEN.owner]: mark })).toEqual({ [HIDDEN.owner]: mark });
  });
});

describe("the outputs", () => {
  const outputs = (declared: Values, live: Values, of = lifecycle) => outputsOf(of, declared, { ...times, ...live });

  it("keep what is declared as it was written, where the same exists", () => {
    const declared = { name: "Desk", tags: ["b", "a"], adopt: true, parts: { x: 1 } };
    expect(outputs(declared, { name: "Desk", tags: ["a", "b"], adopt: false, parts: { x: 1 } })).toEqual({
      ...declared,
      ...times,
    });
  });

  it("show what exists where it is another value, and leave out what is gone", () => {
    const found = outputs({ name: "Desk", channel: "text" }, { name: "Ward", channel: null });
    expect(found).toEqual({ name: "Ward", ...times });
  });

  it("show what exists and is not declared, where it is not the default, and list its names", () => {
    const live = { name: "Desk", channel: "text", capacity: 7, tags: null, parts: { x: 1 }, adopt: true };
    expect(outputs({}, live)).toEqual({
      ...{ name: "Desk", channel: "text", capacity: 7, [HIDDEN.undeclared]: ["capacity", "channel", "name"] },
      ...times,
    });
    expect(outputs({ name: "Desk" }, { name: "Desk", capacity: 3 })).toEqual({ name: "Desk", ...times });
  });

  it("say once when something was made, while nothing has changed it", () => {
    expect(outputs({}, { updatedAt: times.createdAt })).toEqual({ id: "1", createdAt: times.createdAt });
  });

  it("carry the mark in its short form, and whose it was while the server says so", () => {
    const declared = {
      [HIDDEN.owner]: full,
      [HIDDEN.ignore]: ["name"],
      [HIDDEN.secrets]: ["name"],
      [HIDDEN.takenFrom]: "old",
    };
    const live = { [HIDDEN.owner]: "old" };
    const kept = { ...times, [HIDDEN.secrets]: ["name"] };
    expect(outputs(declared, live)).toEqual({ ...kept, [HIDDEN.owner]: short, [HIDDEN.takenFrom]: "old" });
    expect(outputs(declared, { [HIDDEN.owner]: full })).toEqual({ ...kept, [HIDDEN.owner]: short });
    expect(outputs(declared, live, unmarked)).toEqual(kept);
  });

  it("say what a write that failed half-way has left", () => {
    expect(outputs({}, { [HIDDEN.disturbed]: ["a"] })).toEqual({ ...times, [HIDDEN.disturbed]: ["a"] });
  });

  it("hold neither our key nor what the engine would take for more than data", () => {
    registerSecret("a-key-in-an-output");
    const said = "it is a-key-in-an-output";
    const found = outputs({ name: "Desk" }, { name: said, channel: UNKNOWN, capacity: 7, id: said });
    expect(found).toMatchObject({ name: "it is [redacted]", id: "it is [redacted]", capacity: 7 });
    expect(JSON.stringify(found)).not.toContain(UNKNOWN);
    const looked = everything(lifecycle, {}, { name: said, tags: ["4dabf18193072939515e22adb298388d", "a"] });
    expect(JSON.stringify(looked)).not.toMatch(/a-key-in|4dabf1/);
    expect(looked.name).toBe("it is [redacted]");
  });
});

it("observes only the properties that are asked for", () => {
  const [declared, live] = [
    { name: "Desk", channel: "text" },
    { name: "Ward", channel: "voice" },
  ];
  expect(observed(lifecycle, declared, live, (name) => name === "channel")).toEqual({ name: "Desk", channel: "voice" });
  expect(outputsOf(lifecycle, declared, live, (name) => name === "name")).toMatchObject({
    name: "Ward",
    channel: "text",
  });
  expect(observed(lifecycle, { ...declared, [HIDDEN.owner]: 7 }, live)).toEqual({ ...live, [HIDDEN.owner]: 7 });
});

it("shows everything of what is only looked up, and marks it", () => {
  const found = everything(lifecycle, { workspaceId: "w" }, { ...times, name: "Desk", parts: 1, extra: 1 });
  expect(found).toEqual({ workspaceId: "w", name: "Desk", parts: 1, ...times, [LOOKED_UP]: true });
});
