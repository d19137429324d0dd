import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { describe, expect, it } from "vitest";
import { entryNumber } from "../../src/cli/promote.js";
import { typeToken } from "../../src/engine/tokens.js";
import { parseDocument } from "../../src/environment/document.js";
import {
  entryBefore,
  entryOf,
  type HistoryEntry,
  type Move,
  moved,
  movesBack,
  movesBetween,
  writeMoved,
} from "../../src/environment/promote.js";
import { unexpected } from "../../src/environment/promotion.js";
import { SourceText } from "../../src/environment/source-text.js";
import type { RunStep } from "../../src/stack/run.js";

const document = (numbers: string, extra = "") => `version: 1
services:
  Front desk:   # the main line
    agent: a
    contextGraph: g
    versionSets: { release: ${numbers} }
  Night desk: { agent: a, contextGraph: g, versionSets: { release: { agentVersionNumber: 1, contextGraphVersionNumber: 1 } } }
${extra}`;
const [old, tested] = [
  "{ agentVersionNumber: 3, contextGraphVersionNumber: 7 }",
  "{ agentVersionNumber: 4, contextGraphVersionNumber: 7 }",
];
const read = (text: string) => parseDocument(SourceText.parse("production.yaml", text));
const moves = (from: string, to: string, more: { set?: string; service?: string } = {}) =>
  movesBetween(read(from), read(to), { set: "release", ...more });
const place = ["services", "Front desk", "versionSets", "release"];
const step = (from: number, to: number, backTo?: number): HistoryEntry => {
  const numbers = (agentVersionNumber: number) => ({
    services: { "Front desk": { versionSets: { release: { agentVersionNumber } } } },
  });
  return { time: "", who: "", source: "", from: numbers(from), to: numbers(to), backTo };
};

/** A document in the hands of promote and rollback. */
class Target {
  readonly history: HistoryEntry[] = [];
  constructor(public text: string) {}

  promote(from: string): void {
    this.move(moves(from, this.text));
  }

  rollback(to = entryBefore(this.history)): void {
    this.move(movesBack(this.history, to), to);
  }

  private move(made: readonly Move[], backTo?: number): void {
    const source = SourceText.parse("production.yaml", this.text);
    const after = moved(source, made, backTo === undefined ? [] : this.history.slice(backTo));
    const line = { time: "", who: "", source: "", ...entryOf(source, after, made), backTo };
    this.history.push(JSON.parse(JSON.stringify(line)));
    this.text = after.text;
  }
}

describe("a promotion", () => {
  it("changes the bytes of the numbers alone, and taken back gives the former bytes", () => {
    const [from, to] = [document(tested as string), document(old as string)];
    const found = moves(from, to);
    expect(found).toEqual([{ path: [...place, "agentVersionNumber"], from: 3, to: 4 }]);
    const target = new Target(to);
    target.promote(from);
    expect(target.text).toBe(to.replace("agentVersionNumber: 3", "agentVersionNumber: 4"));
    expect(moves(from, target.text)).toEqual([]);
    target.rollback();
    expect(target.text).toBe(to);
  });

  it("finds a service whose name stands in another Unicode form", () => {
    const named = (numbers: string | undefined, name: string) =>
      document(numbers as string).replace("Front desk", name);
    const [composed, decomposed] = ["Café".normalize("NFC"), "Café".normalize("NFD")];
    const [from, to] = [named(tested, composed), named(old, decomposed)];
    const expected = [
      { path: ["services", decomposed, "versionSets", "release", "agentVersionNumber"], from: 3, to: 4 },
    ];
    expect(moves(from, to)).toEqual(expected);
    expect(moves(from, to, { service: composed })).toEqual(expected);
  });

  it("pins what the target had not pinned, and taken back leaves nothing behind", () => {
    const to = "version: 1\nservices:\n  Front desk:\n    agent: a # kept\n    contextGraph: g\n";
    const target = new Target(to);
    target.promote(document(tested as string));
    expect(target.text).toContain(
      "    versionSets:\n      release:\n        agentVersionNumber: 4\n        contextGraphVersionNumber: 7\n",
    );
    target.rollback();
    expect(target.text).toBe(to);
  });

  const head = "version: 1\nservices:\n  Front desk:\n    agent: a\n    contextGraph: g\n";
  const ownForms = [
    "    versionSets: {}\n",
    "    versionSets: { } # none yet\n",
    "    versionSets: { release: {} }\n",
    "    versionSets:\n      # Mine.\n      release: {\n      }\n",
    "    versionSets:\n      trial: {}\n      release: { contextGraphVersionNumber: 0x6, }\n",
    "    versionSets: { release: { agentVersionNumber: 3.0 } }",
    "    description: the last line, with no end",
    "    versionSets: {}\n".replaceAll("\n", "\r\n"),
  ];
  it.each(ownForms)("gives the bytes of a hand-written document back: %j", (form) => {
    const target = new Target(head + form);
    const first = target.text;
    target.promote(document(tested as string));
    const second = target.text;
    target.promote(document("{ agentVersionNumber: 5, contextGraphVersionNumber: 8 }"));
    target.rollback();
    expect(target.text).toBe(second);
    target.rollback();
    expect(target.text).toBe(first);
    target.rollback(1);
    expect(target.text).toBe(second);
    target.rollback(0);
    expect(target.text).toBe(first);
  });

  it("leaves alone what somebody wrote since, and keeps a set that was empty before", () => {
    for (const form of ["    versionSets: {}\n", "    versionSets: { release: {} }\n", ""]) {
      const target = new Target(head + form);
      target.promote(document(tested as string));
      target.text = target.text.replace("agent: a", "agent: a # Mine.");
      target.rollback();
      expect(target.text).toBe(head.replace("agent: a", "agent: a # Mine.") + form);
    }
  });

  it("refuses what is not pinned, a service that is not there, and what changed meanwhile", () => {
    const unpinned = document("{ agentVersionNumber: 4 }");
    expect(() => moves(unpinned, document(old as string))).toThrow(
      'service "Front desk" of production.yaml has no contextGraphVersionNumber in its version set release',
    );
    expect(moves(unpinned, document(old as string), { service: "Night desk" })).toEqual([]);
    expect(() => moves(document(old as string), document(old as string), { service: "Frnt desk" })).toThrow(
      'has no service "Frnt desk"; did you mean Front desk?',
    );
    expect(() => moves(document(old as string), document(old as string), { service: "Frnt" })).toThrow(
      /has no service "Frnt": it has Front desk, Night desk$/,
    );
    const found = moves(document(tested as string), document(old as string));
    expect(() =>
      moved(
        SourceText.parse("production.yaml", document("{ agentVersionNumber: 5, contextGraphVersionNumber: 7 }")),
        found,
      ),
    ).toThrow(
      "production.yaml:6:31: services.Front desk.versionSets.release.agentVersionNumber is 5, and 3 was expected: somebody changed it since",
    );
  });

  it("writes nothing over a document that somebody changed since it was read", () => {
    const folder = mkdtempSync(path.join(tmpdir(), "amigo-promote-"));
    const file = path.join(folder, "production.yaml");
    writeFileSync(file, document(old as string));
    const source = SourceText.read(file);
    writeFileSync(file, `${document(old as string)}# Mine.\n`);
    expect(() => writeMoved(source, document(tested as string))).toThrow(`${file} changed while this ran`);
    expect(readFileSync(file, "utf8")).toContain("# Mine.");
    rmSync(folder, { recursive: true });
  });

  it("goes back over several entries at once", () => {
    const history = [step(1, 2), step(2, 3), step(3, 5)];
    const back = (to: number) => movesBack(history, to).map(({ from, to: now }) => [from, now]);
    expect([back(2), back(1), back(0)]).toEqual([[[5, 3]], [[5, 2]], [[5, 1]]]);
    expect(() => back(3)).toThrow("the history has the entries 1 to 3");
  });

  it("goes back one more each time, and never forward to what was taken back", () => {
    const history = [step(1, 2), step(2, 3), step(3, 5)];
    const goBack = () => {
      const to = entryBefore(history);
      const [{ from = 0, to: back = 0 } = {}] = movesBack(history, to);
      history.push(step(from as number, back as number, to));
      return movesBack(history, history.length - 1)[0]?.from;
    };
    expect([goBack(), goBack(), goBack()]).toEqual([3, 2, 1]);
    expect(goBack).toThrow("all that the history holds was taken back already");
    history.push(step(1, 7));
    expect(goBack()).toBe(1);
  });

  it("expects of a run what its moves explain, and nothing else", () => {
    const run = (op: string, kind: string, changed?: string[]): RunStep => ({
      op,
      type: typeToken(kind),
      urn: `urn::${kind}`,
      name: "x",
      status: "done",
      id: "",
      changed,
    });
    const change = [{ path: [...place, "agentVersionNumber"], from: 3, to: 4 }];
    const fresh = [{ path: [...place, "agentVersionNumber"], from: null, to: 4 }];
    const gone = [{ path: [...place, "agentVersionNumber"], from: 4, to: null }];
    const update = run("update", "VersionSet", ["agentVersionNumber"]);
    expect(unexpected([update], change)).toEqual([]);
    expect(unexpected([run("create", "VersionSet")], fresh)).toEqual([]);
    expect(unexpected([run("delete", "VersionSet")], gone)).toEqual([]);
    const others = [
      run("update", "VersionSet", ["agentVersionNumber", "llmModelPreferences"]),
      run("create", "VersionSet"),
      run("delete", "VersionSet"),
      run("update", "Service", ["description"]),
      run("delete", "ServiceBinding"),
    ];
    for (const other of others) expect(unexpected([other, update], change)).toEqual([other]);
    expect(unexpected([update, update], change)).toHaveLength(1);
  });

  it("takes nothing but a number for the entry to go back to", () => {
    expect([entryNumber("0"), entryNumber("12")]).toEqual([0, 12]);
    for (const text of ["", " ", "-1", "1.5", "one", "1e3", "0x1"])
      expect(() => entryNumber(text), text).toThrow("number of an entry");
  });
});
