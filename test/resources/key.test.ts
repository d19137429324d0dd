import { afterEach, beforeEach, expect, test } from "vitest";
import { type Emulator, seedIds, startEmulator } from "../../src/emulator/index.js";
import { dynamicProvider } from "../../src/engine/provider/adapter.js";
import { ProviderContext } from "../../src/engine/provider/context.js";
import { readSettings } from "../../src/engine/settings.js";
import { lifecycles } from "../../src/resources/index.js";

const { workspace: workspaceId, agents, contextGraphs, setups } = seedIds;
const service = (name: string) => ({
  workspaceId,
  name,
  agentId: agents.frontDesk,
  contextGraphId: contextGraphs.intake,
});

let emulator: Emulator;
const contexts: ProviderContext[] = [];
beforeEach(async () => {
  emulator = await startEmulator();
});
afterEach(async () => {
  await Promise.all(contexts.splice(0).map((context) => context.close()));
  await emulator.close();
});

interface Sources {
  config?: Record<string, string>;
  environment?: Record<string, string>;
  explicit?: boolean;
}

/** One run with these sources of a key: the message of each operation, in their order. */
async function messagesOf({ config = {}, environment = {}, explicit = false }: Sources, first: string) {
  const values: Record<string, string> = { baseUrl: emulator.url, maxConcurrency: "2", ...config };
  const context = new ProviderContext(
    readSettings({ config: (name) => values[name], environment, explicit }),
    () => {},
  );
  contexts.push(context);
  const provider = (kind: keyof typeof lifecycles) => dynamicProvider(lifecycles[kind], async () => context);
  const binding = { workspaceId, useCaseId: workspaceId, serviceId: workspaceId };
  const useCase = {
    workspaceId,
    channel: "inbound_voice",
    entityName: "Clinic",
    name: "Line",
    setupId: setups.voiceApproved,
  };
  const operations: Record<string, () => Promise<unknown>> = {
    create: () => provider("service").create(service("Desk")),
    "create use case": () => provider("useCase").create(useCase),
    read: () => provider("serviceBinding").read(workspaceId, binding),
    update: () => provider("service").update(workspaceId, service("Desk"), service("Front desk")),
    delete: () => provider("service").delete(workspaceId, service("Desk")),
    "read numbers": () => provider("testCallerNumbers").read(workspaceId, { workspaceId, numbers: [] }),
  };
  const messageOf = (name: string) =>
    operations[name]?.().then(
      () => `${name} succeeded`,
      (error: Error) => error.message,
    );
  const others = Object.keys(operations).filter((name) => name !== first);
  return [await messageOf(first), ...(await Promise.all([...others, ...others].map(messageOf)))].map(String);
}

const KINDS = ["create", "create use case", "read", "update", "delete", "read numbers"];

test.each(KINDS)("a refused key is explained once with its source, when %s comes first", async (first) => {
  const messages = await messagesOf({ environment: { AMIGO_API_KEY: "amigo-wrong-key" } }, first);
  const full = messages.filter((message) => message.includes("The key was read from"));
  expect(full).toEqual([messages[0]]);
  expect(full[0]).toMatch(
    /401 Unauthorized, .*, request id req_\w+\)\. The key was read from the environment variable AMIGO_API_KEY: is it complete, not revoked, and made for the account behind http/,
  );
  for (const message of messages.slice(1)) {
    expect(message).toMatch(
      /(not tried|refused too): the key was refused \(401\) for [\w-]+, request id req_\w+: see the first error about the key\.$/,
    );
  }
});

test("a key refused to many operations at once is explained once", async () => {
  const context = new ProviderContext(
    readSettings({
      config: (name) => ({ baseUrl: emulator.url, apiKey: "amigo-wrong-key" })[name],
      environment: {},
      explicit: false,
    }),
    () => {},
  );
  contexts.push(context);
  const provider = dynamicProvider(lifecycles.service, async () => context);
  const names = Array.from({ length: 8 }, (_, index) => `Desk ${index}`);
  const failures = await Promise.allSettled(names.map((name) => provider.create(service(name))));
  const messages = failures.map((failure) => String((failure as PromiseRejectedResult).reason.message));
  expect(messages.filter((message) => message.includes("stack config `amigo:apiKey`"))).toHaveLength(1);
  expect(messages.join()).not.toContain("above");
});

test.each<[string, Sources, RegExp]>([
  [
    "a variable that apiKeyEnv names",
    {
      config: { apiKeyEnv: "CLINIC" },
      environment: { CLINIC: "amigo-wrong-key", AMIGO_API_KEY: "amigo-other-key" },
      explicit: true,
    },
    /The key was read from the environment variable CLINIC \(which `apiKeyEnv` names\): is it/,
  ],
  [
    "the provider's argument",
    { config: { apiKey: "amigo-wrong-key" }, explicit: true },
    /The key was read from the argument `apiKey` of the amigo\.Provider: is it/,
  ],
  [
    "stack config",
    { config: { apiKey: "amigo-wrong-key" } },
    /The key was read from the stack config `amigo:apiKey`, since the environment variable AMIGO_API_KEY is not set: is it/,
  ],
  [
    "stack config, although apiKeyEnv names a variable, which is not set",
    { config: { apiKeyEnv: "NOPE", apiKey: "amigo-wrong-key" }, environment: { AMIGO_API_KEY: "amigo-other-key" } },
    /from the stack config `amigo:apiKey`, since the environment variable NOPE \(which `apiKeyEnv` names\) is not set: is it/,
  ],
])("a refused key from %s names that source", async (_source, sources, expected) => {
  expect((await messagesOf(sources, "read"))[0]).toMatch(expected);
});

test.each<[string, Sources, RegExp]>([
  [
    "an explicit provider's apiKeyEnv names a variable that is not set",
    { config: { apiKeyEnv: "NOPE" }, environment: { AMIGO_API_KEY: "amigo-other-key" }, explicit: true },
    /The argument `apiKeyEnv` of the amigo\.Provider says that the key is in NOPE, and that is not set\. Set it with `export NOPE=\.\.\.`, or take that argument out of the program; then AMIGO_API_KEY is used\./,
  ],
  [
    "the stack's apiKeyEnv names a variable that is not set, beside the key of another account",
    { config: { apiKeyEnv: "NOPE" }, environment: { AMIGO_API_KEY: "amigo-other-key" } },
    /The stack config `amigo:apiKeyEnv` says that the key is in NOPE, and that is not set\. Set it with `export NOPE=\.\.\.`, or remove the setting with `pulumi config rm amigo:apiKeyEnv`; then AMIGO_API_KEY is used\./,
  ],
  [
    "AMIGO_API_KEY_ENV names a variable that is not set",
    { environment: { AMIGO_API_KEY_ENV: "NOPE", AMIGO_API_KEY: "amigo-other-key" } },
    /The environment variable AMIGO_API_KEY_ENV says that the key is in NOPE, .*, or remove that with `unset AMIGO_API_KEY_ENV`; then AMIGO_API_KEY is used\./,
  ],
  ["nothing is set", {}, /AMIGO_API_KEY and the stack config `amigo:apiKey` are not set.*three places/],
])("a missing key is explained once, in check or in any operation, when %s", async (_case, sources, expected) => {
  for (const first of KINDS) {
    const messages = await messagesOf(sources, first);
    expect(messages[0]).toMatch(expected);
    expect(messages.filter((message) => /three places|is not set\. Set it with/.test(message))).toHaveLength(1);
    for (const message of messages.slice(1))
      expect(message).toMatch(/not sent, because there is no API key: see the first error about the key\.$/);
  }
  const values: Record<string, string> = sources.config ?? {};
  const { environment = {}, explicit = false } = sources;
  const context = new ProviderContext(
    readSettings({ config: (name) => values[name], environment, explicit }),
    () => {},
  );
  const provider = dynamicProvider(lifecycles.service, async () => context);
  const reasons = await Promise.all(
    ["A", "B", "C"].map(async (name) =>
      (await provider.check({}, service(name))).failures?.map(({ reason }) => reason),
    ),
  );
  expect(reasons[0]?.join()).toMatch(expected);
  expect(reasons.slice(1)).toEqual(Array(2).fill(["no API key was found: see the first error about the key."]));
});
