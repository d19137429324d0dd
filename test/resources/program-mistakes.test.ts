import { spawnSync } from "node:child_process";
import * as path from "node:path";
import { inspect } from "node:util";
import * as pulumi from "@pulumi/pulumi";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { type Emulator, seedIds, startEmulator } from "../../src/emulator/index.js";
import { programError } from "../../src/engine/program/program-error.js";
import { dynamicProvider } from "../../src/engine/provider/adapter.js";
import { ProviderContext } from "../../src/engine/provider/context.js";
import { readSettings } from "../../src/engine/settings.js";
import * as amigo from "../../src/index.js";
import { lifecycles } from "../../src/resources/index.js";

const { workspace: workspaceId } = seedIds;
const NOBODY = "11111111-2222-4333-8444-555555555555";

let emulator: Emulator;
beforeAll(async () => {
  emulator = await startEmulator();
  vi.stubEnv("AMIGO_BASE_URL", emulator.url);
  vi.stubEnv("AMIGO_API_KEY", "amigo-demo-key");
  await pulumi.runtime.setMocks({
    newResource: ({ name, inputs }) => ({ id: name, state: inputs }),
    call: ({ inputs }) => inputs,
  });
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await emulator.close();
});

// biome-ignore lint/suspicious/noExplicitAny: what plain JavaScript lets pass
const loose: any = amigo;

const found = (path: string) => `^${path}.*; found`;
const mistakes: [about: string, make: () => unknown, says: RegExp][] = [
  [
    "a service without arguments",
    () => new loose.Service("desk"),
    /^new amigo\.Service\("desk"\): the arguments must be an object with name, agentId, contextGraphId; found nothing$/,
  ],
  [
    "a workspace without arguments",
    () => new loose.Workspace("w", null),
    /^new amigo\.Workspace\("w"\): .* with slug, name, environment; found nothing$/,
  ],
  [
    "a version set with a text",
    () => new loose.VersionSet("v", "x"),
    /^new amigo\.VersionSet\("v"\): .* with serviceId, name; found "x"$/,
  ],
  [
    "numbers given as a list",
    () => new loose.TestCallerNumbers("q", ["+14155550100"]),
    /^new amigo\.TestCallerNumbers\("q"\): .* with numbers; found \[/,
  ],
  ["a binding without arguments", () => new loose.ServiceBinding("b"), new RegExp(found("new amigo\\.ServiceBinding"))],
  [
    "a use case without a name",
    () => new loose.UseCase({ name: "Line" }),
    /^new amigo\.UseCase: the first argument must be the resource's name/,
  ],
  [
    "a misspelt provider argument",
    () => new loose.Provider("p", { apikey: "abc" }),
    /^new amigo\.Provider\("p"\): "apikey" is not one of its arguments; did you mean apiKey\?$/,
  ],
  [
    "a provider given a text",
    () => new loose.Provider("p", "abc"),
    /^new amigo\.Provider\("p"\): the arguments must be an object; found "abc"$/,
  ],
  [
    "a look-up without arguments",
    () => loose.getService(),
    /^amigo\.getService: the arguments must be an object with id or name; found nothing$/,
  ],
  ["a look-up with an empty object", () => loose.getService({}), /^amigo\.getService: needs id or name; found \{\}$/],
  [
    "a look-up with an undefined id",
    () => loose.getUseCase({ id: undefined }),
    /^amigo\.getUseCase: needs id or name; found \{\}$/,
  ],
  [
    "a misspelt argument of a look-up",
    () => loose.getServiceBinding({ usecaseId: NOBODY }),
    /^amigo\.getServiceBinding: "usecaseId" is not one of its arguments; did you mean useCaseId\?$/,
  ],
  ["a list given null", () => loose.listServices(null), /^amigo\.listServices: the arguments must be an object/],
  [
    "a service that does not exist",
    () => amigo.getService({ workspaceId, name: "Nope" }),
    /^amigo\.getService: there is no service with \{.*"name":"Nope"\}; is it the right workspace and account\?$/,
  ],
  [
    "an id that does not exist",
    () => amigo.getService({ workspaceId, id: NOBODY }),
    /^amigo\.getService: get-service: Service not found \(404 Not Found, GET .*request id req_/,
  ],
  [
    "a look-up without a workspace",
    () => amigo.listUseCases(),
    /^amigo\.listUseCases: workspaceId is required: run `pulumi config set amigo:workspaceId <id>`/,
  ],
];

test.each(mistakes)("%s ends the program with one sentence and no stack trace", async (_about, make, says) => {
  const error: unknown = await Promise.resolve()
    .then(make)
    .catch((caught: unknown) => caught);
  expect(pulumi.RunError.isInstance(error)).toBe(true);
  expect((error as Error).message).toMatch(says);
  expect(`${(error as Error).message} ${(error as Error).stack}`).not.toMatch(/\n|undefined|node_modules|\.[jt]s\b/);
});

test("Provider takes every setting", () => {
  expect(
    () =>
      new amigo.Provider("all", { apiKeyEnv: "K", workspaceId, settleSeconds: 1, ownershipTag: false, maxAttempts: 2 }),
  ).not.toThrow();
});

test("get of an id that does not exist names the id", async () => {
  const config: Record<string, string> = { baseUrl: emulator.url, apiKey: "amigo-demo-key" };
  const context = new ProviderContext(
    readSettings({ config: (name) => config[name], environment: {}, explicit: false }),
  );
  for (const [kind, name, id] of [
    ["service", "Service", NOBODY],
    ["useCase", "UseCase", NOBODY],
    ["serviceBinding", "ServiceBinding", NOBODY],
    ["versionSet", "VersionSet", `${NOBODY}/canary`],
  ] as const) {
    const read = dynamicProvider(lifecycles[kind], async () => context).read(id, { workspaceId, __get: true });
    await expect(read).rejects.toThrow(
      `reading ${name} ${id}: there is no ${name} with the id ${id}; is it the right workspace and account?`,
    );
  }
  await context.close();
});

test("settings without effect and a plain key are warned of once in a program run, with the nearest name", async () => {
  pulumi.runtime.setAllConfig({ "amigo:workspaceid": NOBODY, "amigo:apiKey": "amigo-demo-key", "other:thing": "1" });
  vi.stubEnv("AMIGO_LOG", "verbose");
  const warn = vi.spyOn(pulumi.log, "warn").mockResolvedValue();
  const { warnOfConfig } = await import("../../src/engine/program/config-warnings.js");
  await pulumi.runtime.runInPulumiStack(async () => {
    warnOfConfig();
    warnOfConfig();
    new amigo.TestCallerNumbers("qa", { workspaceId, numbers: [] });
  });
  const said = warn.mock.calls.map(([message]) => message);
  expect(said).toEqual([
    "the stack config amigo:workspaceid has no effect: did you mean amigo:workspaceId? Remove it with `pulumi config rm amigo:workspaceid`",
    expect.stringMatching(/^the stack config amigo:apiKey is stored as plain text: .*--secret amigo:apiKey/),
    "AMIGO_LOG=verbose is not a level, so nothing is logged: use off, debug or trace",
  ]);

  warn.mockClear();
  pulumi.runtime.setAllConfig({ "amigo:apiKey": "amigo-demo-key", "amigo:settleSeconds": "5" }, ["amigo:apiKey"]);
  vi.stubEnv("AMIGO_LOG", "debug");
  await pulumi.runtime.runInPulumiStack(async () => warnOfConfig());
  expect(warn).not.toHaveBeenCalled();
});

test("of promises that were rejected too early, Node warns of the program's own only", () => {
  const program = `
    const { programError } = require("./src/engine/program/program-error.ts");
    process.on("unhandledRejection", () => {});
    for (const error of [programError("ours"), new Error("theirs"), "a text"]) {
      const rejected = Promise.reject(error);
      setImmediate(() => rejected.catch(() => {}));
    }`;
  const { stderr } = spawnSync(process.execPath, ["--import", "tsx", "-e", program], {
    cwd: path.join(__dirname, "../.."),
    encoding: "utf8",
  });
  expect(stderr.match(/PromiseRejectionHandledWarning/g)).toHaveLength(2);
});

test("an error is printed without the stack traces of its causes, in which Node.js 20 does not get past frames of the SDK", () => {
  const inner = Object.assign(new Error("inner"), {
    stack: "Error: inner\n    at x (/home/node_modules/@pulumi/output.ts:1:1)",
  });
  const error = programError("the sentence", new Error("outer", { cause: inner }));
  expect(inspect(error, { colors: true })).not.toMatch(/node_modules| at /);
  expect(error.cause).toMatchObject({ message: "outer", cause: { message: "inner" } });
});
