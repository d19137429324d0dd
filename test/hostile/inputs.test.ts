import { expect, test } from "vitest";
import { pathText } from "../../src/engine/problems.js";
import type { Kind } from "../support/lifecycle.js";
import { CheckFailed } from "../support/lifecycle.js";
import fc from "../support/random.js";
import { isPolluted, oddName, oddNumber, oddText, oddValue, own } from "./odd-values.js";
import { expectedPaths, kinds, onTheWire, pathOf, right, sceneOfFile, storedOf, type Values } from "./scene.js";

const scene = sceneOfFile();

/** An odd value, and the place to which it goes. */
interface Spoiling {
  readonly kind: Kind;
  readonly path: readonly string[];
  readonly value: unknown;
}

const set = ["versionSets", "canary"];
const mapped: [Kind, string[]][] = [
  ["service", ["versionSets"]],
  ["service", [...set, "llmModelPreferences"]],
  ["service", [...set, "llmModelPreferences", "main", "params"]],
  ["service", [...set, "llmModelPreferences", "main", "params", "a"]],
  ["versionSet", ["llmModelPreferences"]],
  ["versionSet", ["llmModelPreferences", "main", "params"]],
];
const nested: [Kind, string[]][] = [
  ["service", ["keyterms", "0"]],
  ["service", ["tags", "0", "key"]],
  ["service", ["tags", "0", "value"]],
  ["service", [...set, "agentVersionNumber"]],
  ["service", [...set, "llmModelPreferences", "main", "llmName"]],
  ["service", ["voiceConfig", "ttsModel"]],
  ["service", ["voiceConfig", "eagerEotThreshold"]],
  ["service", ["voiceConfig", "eotTimeoutMs"]],
  ["service", ["voiceConfig", "fillerVocabulary", "0"]],
  ["versionSet", ["llmModelPreferences", "main", "params", "a"]],
  ["testCallerNumbers", ["numbers", "0"]],
];
const flat = kinds.flatMap((kind) => Object.keys(right[kind]).map((name): [Kind, string[]] => [kind, [name]]));

const spoilt = (places: readonly [Kind, string[]][], value: fc.Arbitrary<unknown>): fc.Arbitrary<Spoiling> =>
  fc
    .record({ place: fc.constantFrom(...places), value })
    .map(({ place: [kind, path], value }) => ({ kind, path, value }));

const spoiling: fc.Arbitrary<Spoiling> = fc.oneof(
  { weight: 5, arbitrary: spoilt([...flat, ...nested], oddValue) },
  { weight: 3, arbitrary: spoilt([...flat, ...nested], oddText) },
  // Keys of maps, and keys that nobody knows.
  {
    weight: 3,
    arbitrary: fc
      .record({ place: fc.constantFrom(...mapped), name: oddName, value: oddValue })
      .map(({ place: [kind, path], name, value }) => ({ kind, path: [...path, name], value: mapValue(path, value) })),
  },
  {
    weight: 2,
    arbitrary: fc
      .record({ kind: fc.constantFrom(...kinds), name: oddName, value: oddValue })
      .map(({ kind, name, value }) => ({ kind, path: [name], value })),
  },
  { weight: 2, arbitrary: spoilt(nested, oddNumber) },
);

/** A right value for the map's keys half of the time, so that the key alone is odd. */
function mapValue(path: readonly string[], value: unknown): unknown {
  if (typeof value !== "string" || value.length % 2 === 0) return value;
  if (path.at(-1) === "versionSets") return { agentVersionNumber: 2 };
  return path.at(-1) === "llmModelPreferences" ? { llmName: "m" } : value;
}

function withValue(values: unknown, [name = "", ...rest]: readonly string[], value: unknown): unknown {
  const holder = values !== null && typeof values === "object" ? values : {};
  const inner = Object.hasOwn(holder, name) ? (holder as Values)[name] : undefined;
  const changed = rest.length === 0 ? value : withValue(inner, rest, value);
  if (Array.isArray(holder)) return holder.map((item, index) => (String(index) === name ? changed : item));
  const others = Object.entries(holder).filter(([key]) => key !== name);
  return Object.defineProperties(
    {},
    Object.getOwnPropertyDescriptors({ ...Object.fromEntries(others), ...own(name, changed) }),
  );
}

/** Rules that look at two properties name the second. */
const RULES: Record<string, string[]> = {
  "useCase channel": ["senderEmailAddress", "emailType"],
  "workspace backendOrgId": ["slug"],
};

/** What check may name: the spoilt property or one inside it; beside it only where a rule links two. */
function mayName({ kind, path }: Spoiling, property: string): boolean {
  const root = pathText(path.slice(0, 1));
  const linked = RULES[`${kind} ${path[0]}`] ?? [];
  return property.startsWith(root) || linked.includes(property);
}

/** Names that begin so are the engine's; the adapter leaves them out, sends nothing of them and stores nothing. */
const isInternal = ({ path }: Spoiling) => path.length === 1 && path[0]?.startsWith("__") && path[0] !== "__proto__";

/** Odd values that chance may leave out, each of which once went wrong. */
const examples: [Spoiling][] = [
  [{ kind: "versionSet", path: ["agentVersionNumber"], value: 0 }],
  [{ kind: "workspace", path: ["connectorType"], value: null }],
  [{ kind: "versionSet", path: ["llmModelPreferences", "main", "params", "a"], value: -0 }],
  [{ kind: "service", path: ["voiceConfig", "eagerEotThreshold"], value: -0 }],
  [{ kind: "versionSet", path: ["name"], value: "constructor" }],
  [{ kind: "versionSet", path: ["name"], value: "__proto__" }],
  [{ kind: "service", path: ["versionSets", "toString"], value: { agentVersionNumber: 2 } }],
  [{ kind: "service", path: ["versionSets", "__proto__"], value: { agentVersionNumber: 2 } }],
  [{ kind: "service", path: [...set, "llmModelPreferences", "main", "params", "a"], value: Number.NaN }],
];

let sentRuns = 0;

async function holds(change: Spoiling, how: "create" | "update"): Promise<void> {
  const { kind } = change;
  const { emulator } = scene();
  const inputs = withValue(right[kind], change.path, change.value) as Values;
  const run = await scene().again();
  const before = how === "update" ? await run.create(kind, right[kind]) : undefined;
  const revision = emulator.store.revision;
  emulator.clearRequests();
  let made = before;
  try {
    if (made) await run.update(made, inputs);
    else made = await run.create(kind, inputs);
  } catch (error) {
    expect(isPolluted()).toBe(false);
    if (error instanceof CheckFailed) {
      expect(emulator.requests, "requests of a refused input").toEqual([]);
      expect(emulator.store.revision).toBe(revision);
      for (const { property } of error.failures) expect(mayName(change, property), property).toBe(true);
      return;
    }
    // Past the check only the server may refuse, or leave as it is what null was to clear; what it cannot clear is not asked for.
    const refused = emulator.requests.some(({ status }) => status >= 400);
    const says = (words: string) => change.value === null && String(error).includes(`${change.path[0]}${words}`);
    const unasked = emulator.requests.length === 0 && says(" is") && String(error).includes("cannot be cleared");
    expect(refused || unasked || says(": declared nothing"), String(error)).toBe(true);
  }
  expect(isPolluted()).toBe(false);
  const allowed = new Set([right[kind], inputs].flatMap((values) => expectedPaths(kind, made?.id ?? "", values)));
  for (const entry of emulator.requests) expect([...allowed]).toContain(pathOf(entry));
  if (isInternal(change)) return;
  sentRuns += 1;
  const wanted = onTheWire(kind, inputs);
  const sent = emulator.requests
    .filter(({ requestBody }) => requestBody !== undefined)
    .map(({ requestBody }) => requestBody as Values);
  const changedName = Object.keys(onTheWire(kind, { [change.path[0] ?? ""]: inputs[change.path[0] ?? ""] }))[0];
  for (const body of sent) {
    const found = kind === "versionSet" ? (body.version_set as Values) : body;
    if (changedName !== undefined && Object.hasOwn(found, changedName)) {
      expect({ sent: found[changedName] }).toMatchObject({ sent: wanted[changedName] });
    }
  }
  const committed = emulator.requests.some(({ committed }) => committed);
  if (made && committed && changedName !== undefined && emulator.requests.every(({ status }) => status < 400)) {
    const stored = storedOf(emulator, kind, { ...made, inputs });
    expect(stored, "the server holds it").toBeDefined();
    expect({ stored: stored?.[changedName] }).toMatchObject({ stored: wanted[changedName] });
  }
  expect(() => JSON.stringify(made?.outputs)).not.toThrow();
}

test("any odd value is refused by name before any request, or sent as given to the contract's path: on create", {
  timeout: 60_000,
}, async () => {
  await fc.assert(
    fc.asyncProperty(spoiling, (change) => holds(change, "create")),
    { numRuns: 400, examples },
  );
  expect(sentRuns, "runs whose value was sent").toBeGreaterThan(30);
});

test("any odd value is refused by name before any request, or sent as given to the contract's path: on update", {
  timeout: 60_000,
}, async () => {
  await fc.assert(
    fc.asyncProperty(spoiling, (change) => holds(change, "update")),
    { numRuns: 150, examples },
  );
});

test("the right inputs of every kind are taken, so that a refusal is the odd value's doing", async () => {
  for (const kind of kinds) {
    const run = await scene().again();
    const made = await run.create(kind, right[kind]);
    expect(storedOf(scene().emulator, kind, made)).toMatchObject(onTheWire(kind, right[kind]));
  }
});
