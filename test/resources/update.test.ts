import { describe, expect, it } from "vitest";
import { z } from "zod";
import { differences } from "../../src/engine/compare.js";
import { HIDDEN } from "../../src/engine/hidden.js";
import type { Lifecycle, Values } from "../../src/engine/lifecycle.js";
import { Update } from "../../src/engine/provider/update.js";

const text = z.string().optional();
const lifecycle = {
  kind: "Thing",
  properties: {
    name: { schema: z.string(), change: "replace" },
    description: { schema: text, change: "update", default: "" },
    model: { schema: text, change: "update" },
    kept: { schema: text, change: "update", withdrawn: "unmanaged" },
    others: { schema: text, change: "update", declaredOnly: true },
    provision: { schema: z.boolean().optional(), change: "action" },
    onDelete: { schema: text, change: "local" },
  },
  describe: ({ name }: Values) => `Thing "${name}"`,
} as unknown as Lifecycle;

const olds = { name: "A", description: "old", model: "m", provision: false };

function update(news: Values, state: Values = olds) {
  const warnings: string[] = [];
  const found = differences(lifecycle, state, news, state);
  return { warnings, change: new Update(lifecycle, "id-1", state, news, found, (text) => warnings.push(text)) };
}

describe("an update", () => {
  it("writes what the program changed, and nothing else", () => {
    const { change, warnings } = update({ ...olds, description: "new", provision: true });
    expect(change.over({ ...olds, id: "x" })).toEqual({ description: "new" });
    expect(change.written).toEqual({ description: "new" });
    expect(warnings).toEqual([]);
  });

  it("sends nothing where it is live already, also after another look", () => {
    const { change } = update({ ...olds, description: "new" });
    expect(change.over(olds)).toEqual({ description: "new" });
    expect(change.over({ ...olds, description: "new" })).toEqual({});
    expect(change.written).toEqual({});
  });

  it("writes the default of what is withdrawn, and leaves what is unmanaged", () => {
    const state = { ...olds, kept: "k" };
    const { change } = update({ name: "A", provision: false }, state);
    expect(change.over(state)).toEqual({ description: "", model: null });
  });

  it.each([
    [{ ...olds, provision: true }, true],
    [{ ...olds, description: "new" }, true],
    [{ ...olds, onDelete: "retain" }, false],
    [olds, false],
  ])("asks for work where the API or an action must know of it: %j", (news, asks) => {
    expect(update(news).change.asksForWork).toBe(asks);
  });

  it("keeps the former value of what it has not written, where it fails", () => {
    const { change } = update({ ...olds, description: "new", onDelete: "retain" });
    expect(change.unwritten).toEqual(["name", "model", "provision"]);
  });

  it("warns with three values where somebody else changed what it writes", () => {
    const { change, warnings } = update({ ...olds, description: "new" });
    expect(change.over({ ...olds, description: "theirs" })).toEqual({ description: "new" });
    expect(warnings).toEqual([
      'Thing "A" (id-1): description was changed by somebody else since the last run: it was "old", was "theirs" just now, and is written as "new".',
    ]);
  });

  it("warns and writes nothing where somebody else changed what it leaves alone", () => {
    const { change, warnings } = update({ ...olds, description: "new" });
    expect(change.over({ ...olds, model: "theirs", provision: true })).toEqual({ description: "new" });
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toBe(
      'Thing "A" (id-1): model: declared "m", exists as "theirs". Somebody else changed it; this update does not, so it is left as it is. ' +
        "`pulumi refresh` brings it into state, and the `pulumi up` after that puts it back.",
    );
  });

  it("warns of a declared part of what is somebody else's by its nature", () => {
    const declared = { ...olds, others: "ours" };
    const { change, warnings } = update({ ...declared, description: "new" }, declared);
    change.over({ ...declared, others: "theirs" });
    expect(warnings).toEqual([expect.stringContaining('others: declared "ours", exists as "theirs"')]);
  });

  it("writes nothing of what only a replacement changes", () => {
    const { change, warnings } = update({ ...olds, name: "B", description: "new" });
    expect(change.over(olds)).toEqual({ description: "new" });
    expect(warnings).toEqual([]);
  });

  it("warns of what nobody declared, unless that is somebody else's by its nature", () => {
    const { change, warnings } = update({ ...olds, description: "new" });
    change.over({ ...olds, kept: "theirs", others: "theirs" });
    expect(warnings).toEqual([
      'Thing "A" (id-1): kept is not declared and was changed by somebody else: it was nothing, it is "theirs". It is left as it is; declare it to set it from here.',
    ]);
  });

  it.each([["model"], ["*"]])("says nothing of what is ignored: %s", (ignored) => {
    const { change, warnings } = update({ ...olds, description: "new", [HIDDEN.ignore]: [ignored] });
    change.over({ ...olds, model: "theirs" });
    expect(warnings).toEqual([]);
  });

  it("shows no secret", () => {
    const news = { ...olds, description: "new", [HIDDEN.secrets]: ["description", "model"] };
    const { change, warnings } = update(news);
    change.over({ ...olds, description: "theirs", model: "hidden" });
    expect(warnings.join(" ")).toContain("it was a secret, was a secret just now, and is written as a secret");
    expect(warnings.join(" ")).not.toMatch(/theirs|hidden|new\b.*"new"/);
  });
});
