import { describe, expect, it } from "vitest";
import { seedIds } from "../../src/emulator/index.js";
import { HIDDEN, LOOKED_UP } from "../../src/engine/hidden.js";
import type { Values } from "../../src/engine/lifecycle.js";
import { checkInputs } from "../../src/engine/provider/check.js";
import { ProviderContext } from "../../src/engine/provider/context.js";
import { readSettings } from "../../src/engine/settings.js";
import { UNKNOWN } from "../../src/engine/unknown.js";
import { lifecycles } from "../../src/resources/index.js";

const workspaceId = seedIds.workspace;
const other = "0a1b2c3d-aaaa-4bbb-8ccc-ddddeeeeffff";
const mark = (name: string, stack = "pulumi/organization/clinic/dev") =>
  `${stack}/pulumi-nodejs:dynamic/amigo:Service/${name}`;
const desk: Values = {
  name: "Desk",
  agentId: seedIds.agents.frontDesk,
  contextGraphId: seedIds.contextGraphs.scheduling,
};

/** A provider process that has sent nothing; these settings stand beside a key and a workspace. */
function processWith(settings: Record<string, string | undefined> = {}): ProviderContext {
  const all: Record<string, string | undefined> = { apiKey: "amigo-demo-key", workspaceId, ...settings };
  return new ProviderContext(readSettings({ config: (name) => all[name], environment: {}, explicit: false }));
}

function check(
  news: Values,
  { olds = {} as Values, kind = "service" as keyof typeof lifecycles, context = processWith() } = {},
) {
  return checkInputs(context, lifecycles[kind], olds, news);
}

describe("the workspace", () => {
  it("is the resource's own, else the provider's, in small letters", () => {
    const context = () => processWith({ workspaceId: workspaceId.toUpperCase() });
    expect(check(desk, { context: context() })).toEqual({ inputs: { ...desk, workspaceId }, failures: [] });
    const own = check({ ...desk, workspaceId: other.toUpperCase() }, { context: context() });
    expect(own.inputs.workspaceId).toBe(other);
  });

  it("is missing where neither names one, which is said once; a workspace itself needs none", () => {
    const context = () => processWith({ workspaceId: undefined });
    const { inputs, failures } = check({ ...desk, nmae: 1 }, { context: context() });
    expect(inputs).not.toHaveProperty("workspaceId");
    expect(failures).toEqual([
      {
        property: "workspaceId",
        reason: expect.stringMatching(
          /^is required: run `pulumi config set amigo:workspaceId <id>`\. It was found in none of its places: /,
        ),
      },
      expect.objectContaining({ property: "nmae" }),
    ]);
    const clinic = { slug: "clinic", name: "Clinic", environment: "staging" };
    expect(check(clinic, { kind: "workspace", context: context() })).toEqual({ inputs: clinic, failures: [] });
    expect(check(clinic, { kind: "workspace" }).inputs).toEqual(clinic);
  });
});

it("says of the settings what is wrong with them, and of the key where it is looked for", () => {
  const context = processWith({ apiKey: undefined, maxAttempts: "many" });
  expect(check(desk, { context }).failures).toEqual([
    { property: "", reason: expect.stringMatching(/^amigo:maxAttempts: found "many"/) },
    { property: "", reason: expect.stringMatching(/^no API key was found.*AMIGO_API_KEY/s) },
  ]);
});

it("says what the constructors found, and what the inputs break", () => {
  const { failures } = check({ ...desk, name: "", [HIDDEN.conflicts]: { agentId: "is the one of two" } });
  expect(failures).toEqual([
    { property: "agentId", reason: "is the one of two" },
    { property: "name", reason: expect.stringContaining("must not be empty") },
  ]);
  expect(check({ ...desk, [HIDDEN.conflicts]: null }).failures).toEqual([]);
  expect(check({ ...desk, [HIDDEN.conflicts]: "text" }).failures).toEqual([]);
});

describe("the import option", () => {
  const request = { id: other.toUpperCase(), ignore: ["description"] };

  it("is passed on for what is new, with its id in small letters", () => {
    const { inputs } = check({ ...desk, [HIDDEN.adopt]: request });
    expect(inputs[HIDDEN.adopt]).toEqual({ id: other, ignore: ["description"] });
  });

  it.each([
    ["is not there", undefined],
    ["is nothing", null],
    ["is not known yet", UNKNOWN],
  ])("is left out where it %s", (_text, given) => {
    const { inputs, failures } = check({ ...desk, [HIDDEN.adopt]: given });
    expect([HIDDEN.adopt in inputs, failures]).toEqual([false, []]);
  });

  it("does nothing to what exists, and stops a replacement, since it names the old one", () => {
    const context = processWith();
    const olds = { ...desk, workspaceId };
    const news = { ...desk, workspaceId: other, [HIDDEN.adopt]: request };
    const before = check(news, { olds, context });
    expect([HIDDEN.adopt in before.inputs, before.failures]).toEqual([false, []]);
    context.run.compared("Service", "id", olds, before.inputs, true);
    // The engine checks the replacement once more, as if nothing were there.
    const reason = `this change replaces the resource, and its import option names the old one (${other}): remove the import option`;
    expect(check(news, { context }).failures).toEqual([{ property: "", reason }]);
    const { [HIDDEN.adopt]: _, ...without } = news;
    expect(check(without, { context }).failures).toEqual([]);
  });
});

describe("the owner mark", () => {
  const [old, now] = [mark("old"), mark("now")];

  it.each<[text: string, olds: Values, news: Values, result: string | undefined]>([
    ["is the new one where nothing exists", {}, { [HIDDEN.owner]: now }, now],
    ["stays what it was", { [HIDDEN.owner]: old }, { [HIDDEN.owner]: now }, old],
    ["is none where there is none", {}, {}, undefined],
  ])("%s", (_text, olds, news, result) => {
    const { inputs } = check({ ...desk, ...news }, { olds: { ...desk, ...olds } });
    expect(inputs[HIDDEN.owner]).toBe(result);
    expect(HIDDEN.owner in inputs).toBe(result !== undefined);
  });

  it("is left out where the provider sets none, and for kinds that carry none", () => {
    const context = processWith({ ownershipTag: "false" });
    expect(check({ ...desk, [HIDDEN.owner]: now }, { context }).inputs).not.toHaveProperty(HIDDEN.owner);
    const set = { serviceId: other, name: "canary", agentVersionNumber: 1, [HIDDEN.owner]: now };
    expect(check(set, { kind: "versionSet" }).inputs).not.toHaveProperty(HIDDEN.owner);
  });

  it("tells the run its stack, once", () => {
    const context = processWith();
    check({ ...desk, [HIDDEN.owner]: 7 }, { context });
    expect(context.run.stack).toBeUndefined();
    check({ ...desk, [HIDDEN.owner]: now }, { context });
    check({ ...desk, name: "Other", [HIDDEN.owner]: mark("x", "pulumi/organization/clinic/prod") }, { context });
    expect(context.run.stack).toBe("pulumi/organization/clinic/dev");
  });
});

it("tells the run what the program declares: mark, import, parts declared elsewhere, and what was there", () => {
  const context = processWith();
  const news = {
    ...desk,
    [HIDDEN.owner]: mark("desk"),
    [HIDDEN.elsewhere]: ["release"],
    [HIDDEN.adopt]: { id: other, ignore: [] },
  };
  check(news, { context });
  check(
    { ...desk, name: "Ward", [HIDDEN.owner]: 7, [HIDDEN.elsewhere]: "release" },
    { olds: { name: "Old" }, context },
  );
  expect(context.run.declared("Service")).toEqual([
    {
      kind: "Service",
      inputs: expect.objectContaining(desk),
      former: undefined,
      replaced: false,
      mark: mark("desk"),
      imports: other,
      elsewhere: ["release"],
    },
    { kind: "Service", inputs: expect.objectContaining({ name: "Ward" }), former: { name: "Old" }, replaced: false },
  ]);
});

it("keeps what state must hold of the options of a resource, and no other hidden value", () => {
  const kept = {
    [HIDDEN.ignore]: ["name"],
    [HIDDEN.secrets]: ["name"],
    [HIDDEN.replaceOnChanges]: ["name"],
    [LOOKED_UP]: true,
  };
  const { inputs } = check({ ...desk, ...kept, [HIDDEN.provider]: "text", [HIDDEN.elsewhere]: [] });
  expect(inputs).toEqual({ ...desk, workspaceId, ...kept });
  const none = check({ ...desk, [HIDDEN.ignore]: null, [LOOKED_UP]: undefined }).inputs;
  expect(none).toEqual({ ...desk, workspaceId });
});
