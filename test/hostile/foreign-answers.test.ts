import { beforeEach, expect, test } from "vitest";
import { seedIds } from "../../src/emulator/index.js";
import { type Kind, type Managed, Run } from "../support/lifecycle.js";
import fc from "../support/random.js";
import { isPolluted, oddName, oddValue, own } from "./odd-values.js";
import { ids, kinds, right, sceneOfFile, type Values } from "./scene.js";
import { tamperingOfFile } from "./tampering.js";

const scene = sceneOfFile();
const between = tamperingOfFile();
const OWNER = "pulumi/org/project/stack/pulumi-nodejs:dynamic/amigo:Service/desk";

beforeEach(() => {
  between.change = () => undefined;
});

const inputsOf = (kind: Kind): Values => (kind === "service" ? { ...right[kind], __owner: OWNER } : right[kind]);

async function again(): Promise<Run> {
  between.target = scene().emulator.url;
  return scene().again({ baseUrl: between.url, maxAttempts: "1" });
}

interface Kept {
  readonly id?: string;
  readonly outputs?: Values;
  readonly error?: Error;
}

/** What goes into state: of a success, or of a failure after the thing had come to exist. */
async function kept(work: Promise<{ id?: string; outs?: Values; props?: Values }>): Promise<Kept> {
  try {
    const { id, outs, props } = await work;
    return { id, outputs: outs ?? props };
  } catch (error) {
    const { id, properties } = error as { id?: string; properties?: Values };
    return { id, outputs: properties, error: error as Error };
  }
}

/** Puts another resource's values in the place of the ones that the answer is about. */
function foreign(answer: unknown): unknown {
  const { store } = scene().emulator;
  const other = store.services.get(ids.other);
  const swap = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(swap);
    if (value === null || typeof value !== "object") return value;
    const fields = value as Values;
    if ("agent_id" in fields) return { ...fields, ...other };
    if ("slug" in fields) return { ...fields, id: ids.other, slug: "theirs" };
    if ("setup_id" in fields) return { ...fields, id: ids.other, name: "Other" };
    if ("use_case_id" in fields) return { ...fields, use_case_id: ids.other };
    return Object.fromEntries(Object.entries(fields).map(([key, inner]) => [key, swap(inner)]));
  };
  return swap(answer);
}

const answered = ["workspace", "service", "useCase", "serviceBinding"] as const;

/** A service and a use case are found by a look-up; a workspace too, but its PATCH is answered wrongly as well. */
const outcomes = { workspace: "kept", service: "made", useCase: "made", serviceBinding: "failed" };

for (const kind of answered) {
  test(`${kind}: an answer about another one brings neither its id nor its values into state`, async () => {
    const { emulator } = scene();
    const run = await again();
    const inputs = await run.check(kind, inputsOf(kind));
    let writes = 0;
    between.change = ({ method, body }) => {
      if (method === "GET") return undefined;
      writes += 1;
      return foreign(body);
    };
    const created = await kept(run.provider(kind).create(inputs) as Promise<{ id: string; outs: Values }>);
    expect(writes).toBeGreaterThan(0);
    expect(created.id).not.toBe(ids.other);
    expect(JSON.stringify(created.outputs ?? {})).not.toMatch(/theirs|Other|5e5e0000-0000-4000-8000-000000000002/);
    // What was made is found again, or the error says that it is not certain.
    if (created.error) expect(created.error.message).toMatch(/the answer \(20[01]\) is about something else/);
    expect(created.error ? (created.id ? "kept" : "failed") : "made").toBe(outcomes[kind]);
    if (created.id) expect(idsOf(emulator, kind)).toContain(created.id);

    between.change = () => undefined;
    const later = await again();
    const resource = await later.create(kind, inputsOf(kind));
    between.change = ({ body, path }) => (path.endsWith("/use-cases") ? undefined : foreign(body));
    const fresh = new Run(emulator, { baseUrl: between.url, maxAttempts: "1", settleSeconds: "0" });
    const read = await kept(
      fresh.provider(kind).read(resource.id, resource.outputs) as Promise<{ id: string; props: Values }>,
    );
    if (kind === "useCase") expect(read.id).toBe(resource.id);
    else expect(read.error?.message).toMatch(/is about something else: (id|use_case_id)/);
    expect(read.id).not.toBe(ids.other);
    await fresh.context.close();
  });
}

test("an update that is answered with another service leaves state as it was", async () => {
  const run = await again();
  const desk = await run.create("service", inputsOf("service"));
  between.change = ({ method, body }) => (method === "PUT" ? foreign(body) : undefined);
  const inputs = { ...inputsOf("service"), description: "New" };
  const updated = await kept(
    run.provider("service").update(desk.id, desk.outputs, inputs) as Promise<{ outs: Values }>,
  );
  expect(updated.error?.message).toMatch(/updating Service "Desk": update-service: .*something else: id is/);
  expect(updated.outputs).toBeUndefined();
});

test("a list of another workspace's services is not believed", async () => {
  const run = await again();
  const desk = await run.create("service", inputsOf("service"));
  const other = await run.create("service", { ...inputsOf("service"), name: "Second" });
  between.change = ({ path, body }) =>
    path.includes("/services?")
      ? {
          ...(body as Values),
          items: (body as { items: Values[] }).items.map((item) => ({
            ...item,
            workspace_id: ids.other,
            name: "Theirs",
          })),
        }
      : undefined;
  const later = new Run(scene().emulator, { baseUrl: between.url, maxAttempts: "1" });
  const found = await Promise.all([desk, other].map((one) => later.refresh(one)));
  expect(found).toEqual([true, true]);
  expect([desk.outputs.name, other.outputs.name]).toEqual(["Desk", "Second"]);
  await later.context.close();
});

test("an answer nested ever deeper loses no id: the service is found by a look-up", async () => {
  const run = await again();
  const inputs = await run.check("service", inputsOf("service"));
  const deep = (levels: number) => JSON.parse(`${'{"a":'.repeat(levels)}1${"}".repeat(levels)}`);
  between.change = ({ method, body }) => {
    if (method !== "POST") return undefined;
    const fields = body as { version_sets: Values };
    const canary = { llm_model_preferences: { main: { llm_name: "m", params: deep(3000) } } };
    return { ...fields, version_sets: { ...fields.version_sets, canary } };
  };
  const made = await kept(run.provider("service").create(inputs) as Promise<{ id: string; outs: Values }>);
  expect(made.error).toBeUndefined();
  expect(idsOf(scene().emulator, "service")).toEqual([made.id]);
});

const spoiling = fc.record({
  kind: fc.constantFrom(...kinds),
  /** Which field of an object in the answer, counted over all. */
  at: fc.nat({ max: 40 }),
  name: fc.option(oddName, { nil: undefined, freq: 4 }),
  value: oddValue,
  when: fc.constantFrom("create", "read", "update"),
});

/** The answer with its n-th field odd, or with one more under an odd name. */
function spoil(answer: unknown, at: number, name: string | undefined, value: unknown): unknown {
  let left = at;
  const walk = (node: unknown): unknown => {
    if (Array.isArray(node)) return node.map(walk);
    if (node === null || typeof node !== "object") return node;
    const copy = {};
    for (const [key, inner] of Object.entries(node)) {
      const isMeant = left === 0;
      left -= 1;
      const spoilt = own(isMeant ? (name ?? key) : key, isMeant ? value : walk(inner));
      Object.defineProperties(copy, Object.getOwnPropertyDescriptors(spoilt));
    }
    return copy;
  };
  return walk(answer);
}

test("whatever field of an answer is odd, state holds plain data under the right id", { timeout: 60_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(spoiling, async ({ kind, at, name, value, when }) => {
      // That the id of something new is another's, no single answer can show.
      fc.pre(when !== "create" || !isUuid(value));
      const run = await again();
      const { emulator } = scene();
      const spoilt = ({ body }: { body: unknown }) => spoil(body, at, name, value);
      const inputs = inputsOf(kind);
      let resource: Managed | undefined;
      if (when !== "create") resource = await run.create(kind, inputs);
      between.change = spoilt;
      const provider = run.provider(kind);
      const checked = await run.check(kind, inputs, resource?.inputs);
      const result = await kept(
        (resource === undefined
          ? provider.create(checked)
          : when === "read"
            ? provider.read(resource.id, resource.outputs)
            : provider.update(resource.id, resource.outputs, changedOf(kind, checked))) as Promise<{
          id: string;
          outs: Values;
        }>,
      );
      between.change = () => undefined;
      expect(isPolluted()).toBe(false);
      if (result.outputs) {
        expect(JSON.parse(JSON.stringify(result.outputs))).toEqual(result.outputs);
        if (typeof result.outputs.workspaceId === "string" && kind !== "workspace") {
          expect(result.outputs.workspaceId).toBe(ids.workspace);
        }
      }
      if (result.error) expect(result.error.message).toMatch(/^(creating|reading|updating) [A-Z]\w+ /);
      if (result.id !== undefined && resource === undefined) expect(idsOf(emulator, kind)).toContain(result.id);
      if (result.id !== undefined && resource !== undefined) expect(result.id).toBe(resource.id);
    }),
    { numRuns: 100 },
  );
});

function isUuid(value: unknown): boolean {
  return typeof value === "string" && /^[0-9a-f]{8}-/i.test(value.trim());
}

const changes: Partial<Record<Kind, Values>> = {
  workspace: { name: "New" },
  service: { description: "New" },
  versionSet: { agentVersionNumber: 2 },
  testCallerNumbers: { numbers: ["+14155550111"] },
  serviceBinding: { serviceId: ids.other },
};

const changedOf = (kind: Kind, inputs: Values): Values => ({ ...inputs, ...changes[kind] });

/** The ids that the server has for a kind and that this program may hold. */
function idsOf({ store }: { store: Run["emulator"]["store"] }, kind: Kind): string[] {
  const strangers = [ids.service, ids.other, ids.useCase, seedIds.systemService];
  const mine = (id: string) => !strangers.includes(id);
  switch (kind) {
    case "workspace":
      return store.workspaces
        .list()
        .map(({ id }) => id)
        .filter((id) => id !== ids.workspace);
    case "service":
      return store.services
        .list()
        .map(({ id }) => id)
        .filter(mine);
    case "useCase":
      return store.useCases
        .list()
        .map(({ id }) => id)
        .filter(mine);
    case "serviceBinding":
      return [ids.useCase];
    case "versionSet":
      return [`${ids.service}/pilot`];
    case "testCallerNumbers":
      return [ids.workspace];
  }
}
