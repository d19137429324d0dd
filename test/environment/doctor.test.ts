import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer as createTlsServer } from "node:https";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { cleanEnvironment } from "../../lab/cli/environment.js";
import { start } from "../../lab/cli/process.js";
import { repositoryRoot } from "../../lab/root.js";
import { demoKey } from "../../src/emulator/index.js";
import { providerText, typeToken } from "../../src/engine/tokens.js";
import { examine } from "../../src/environment/doctor.js";
import { defaultAccountChecks } from "../../src/environment/doctor-accounts.js";
import type { Check } from "../../src/environment/doctor-check.js";
import { checksOf, stackChecks } from "../../src/environment/doctor-stack.js";
import type { Pulumi } from "../../src/stack/pulumi.js";
import { version } from "../../src/version.js";
import { selfSigned } from "../api/certificate.js";
import { listen, proxyTo } from "../api/server.js";
import { makeScene } from "./support.js";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "doctor-"));
  for (const name of ["AMIGO_API_KEY", "AMIGO_BASE_URL", "AMIGO_WORKSPACE_ID"]) vi.stubEnv(name, "");
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
});

const write = (file: string, text: string) => {
  mkdirSync(path.dirname(path.join(folder, file)), { recursive: true });
  writeFileSync(path.join(folder, file), text);
};
const brief = (checks: readonly Check[]) => checks.map(({ name, state }) => `${name}: ${state}`);
const about = (checks: readonly Check[], start: string) => checks.filter(({ name }) => name.startsWith(start));

it("looks at each workspace of amigo.yaml: its key, its address, and what the key may read; never shows a key", async () => {
  const scene = await makeScene();
  const { id } = await scene.service("Desk");
  await scene.client.bindUseCase(scene.workspace, (await scene.useCase("A")).id, id);
  await scene.useCase("B");
  vi.stubEnv("GOOD_KEY", demoKey);
  vi.stubEnv("BAD_KEY", "amigo-wrong-key");
  const entry = (key: string) => `{ id: ${scene.workspace}, apiKeyEnv: ${key}, baseUrl: "${scene.emulator.url}" }`;
  write(
    "amigo.yaml",
    `workspaces:\n  good: ${entry("GOOD_KEY")}\n  bad: ${entry("BAD_KEY")}\n  none: ${entry("NO_KEY")}\n`,
  );
  scene.requests.length = 0;
  const { checks, unknown } = await examine({ cwd: folder });
  expect(brief(about(checks, "good"))).toEqual(["good: key: ok", "good: address: ok", "good: read: ok"]);
  expect(about(checks, "good").at(-1)?.found).toContain(
    "workspace, services, services.versionSets, useCases, useCases.service, testCallerNumbers",
  );
  expect(brief(about(checks, "bad"))).toEqual(["bad: key: problem", "bad: address: ok", "bad: read: warning"]);
  expect(about(checks, "none")[0]).toMatchObject({
    found: expect.stringMatching(/NO_KEY, which its `apiKeyEnv` in amigo.yaml names, is not set/),
    next: "set it with `export NO_KEY=...`",
  });
  expect(about(checks, "bad")[0]?.next).toBe("set the right one with `export BAD_KEY=...`");
  expect(JSON.stringify(checks)).not.toMatch(/amigo-(demo|wrong)-key/);
  expect(unknown.join()).toMatch(/self-service/);
  expect(scene.requests.every(({ method }) => method === "GET" || method === "HEAD")).toBe(true);
  expect(scene.requests.filter(({ operation }) => operation === "get-use-case-service-binding")).toHaveLength(1);
});

it("says what could not be tried, since there is nothing that it stands in", async () => {
  const scene = await makeScene();
  await scene.service("Desk");
  vi.stubEnv("AMIGO_API_KEY", demoKey);
  write("amigo.yaml", `workspaces: { good: { id: ${scene.workspace}, baseUrl: "${scene.emulator.url}" } }`);
  const { checks } = await examine({ cwd: folder });
  expect(checks.at(-1)?.found).toBe(
    `workspace, services, services.versionSets, useCases, testCallerNumbers of workspace ${scene.workspace}; service bindings were not tried: there is no use case`,
  );
});

it("says each cause once, and of what else fails for it only that", async () => {
  const scene = await makeScene();
  vi.stubEnv("GOOD_KEY", demoKey);
  vi.stubEnv("BAD_KEY", "amigo-wrong-key");
  vi.stubEnv("AMIGO_MAX_ATTEMPTS", "1");
  const { emulator } = scene;
  const seen = async (...entries: string[]) => {
    const lines = entries.map((entry, index) => `  w${index}: { ${entry} }\n`).join("");
    write("amigo.yaml", `workspaces:\n${lines}`);
    const { checks } = await examine({ cwd: folder });
    return checks.flatMap(({ name, state, found, next }) =>
      /^w\d/.test(name) && state !== "ok" ? [`${name}: ${found}${next ? " Next" : ""}`] : [],
    );
  };
  const at = (url: string, key: string) => `apiKeyEnv: ${key}, baseUrl: "${url}"`;
  const [id, slug] = [`id: ${scene.workspace}`, "slug: demo-clinic"];

  expect(await seen(`${id}, ${at(emulator.url, "BAD_KEY")}`, `${slug}, ${at(emulator.url, "BAD_KEY")}`)).toEqual([
    expect.stringMatching(/^w0: key: get-workspace: .*\(401 .*BAD_KEY.* Next$/),
    "w0: read: not tried, since the key is refused",
    'w1: key: fails for the same reason as "w0: key"',
    "w1: read: not tried, since the key is refused",
  ]);
  expect(await seen(`${id}, ${at(emulator.url, "NO_KEY")}`, `${slug}, ${at(emulator.url, "NO_KEY")}`)).toEqual([
    expect.stringMatching(/^w0: key: .*NO_KEY.* is not set Next$/),
    'w1: key: fails for the same reason as "w0: key"',
  ]);
  for (const operation of ["list-services", "list-use-cases", "get-test-caller-numbers"] as const) {
    emulator.faults.add({ operation, when: "before", action: { kind: "status", status: 403 } });
  }
  expect(await seen(`${id}, ${at(emulator.url, "GOOD_KEY")}`)).toEqual([
    expect.stringMatching(/^w0: services: list-services: .*\(403 .* Next$/),
    'w0: useCases: fails for the same reason as "w0: services"',
    'w0: testCallerNumbers: fails for the same reason as "w0: services"',
  ]);
  emulator.faults.clear();
  expect(await seen(`slug: nowhere, ${at(emulator.url, "GOOD_KEY")}`)).toEqual([
    expect.stringMatching(/^w0: workspace: .*"nowhere".* Next$/),
    "w0: read: not tried, since the workspace is not known",
  ]);
  await emulator.close();
  expect(await seen(`${id}, ${at(emulator.url, "GOOD_KEY")}`, `${slug}, ${at(emulator.url, "BAD_KEY")}`)).toEqual([
    expect.stringMatching(/^w0: address: .*nothing answers at .* Next$/),
    "w0: read: not tried, since the address does not answer",
    'w1: address: fails for the same reason as "w0: address"',
    "w1: read: not tried, since the address does not answer",
  ]);
});

it("asks the address through the proxy, as the client does", async () => {
  const identity = selfSigned("api.example.test");
  const address = "https://api.example.test";
  const proxy = await proxyTo(
    await listen(createTlsServer(identity, (_request, response) => response.writeHead(403).end("{}"))),
  );
  write("authority.pem", identity.cert);
  const env = {
    ...cleanEnvironment(),
    NODE_EXTRA_CA_CERTS: path.join(folder, "authority.pem"),
    HTTPS_PROXY: proxy.url,
    AMIGO_API_KEY: "amigo-key-of-the-test",
    AMIGO_BASE_URL: address,
    AMIGO_WORKSPACE_ID: "6f0c1d52-94a7-4c1e-8f3b-0d2a5b7c9e10",
  };
  const main = path.join(repositoryRoot, "src", "cli", "main.ts");
  const cli = ["--import", require.resolve("tsx"), main, "doctor", "--json"];
  const { stdout, code } = await start(process.execPath, cli, { cwd: folder, env, timeoutMs: 50_000 }).done;
  expect(code).toBe(2);
  const { checks } = JSON.parse(stdout) as { checks: Check[] };
  expect(about(checks, "account: address")).toEqual([
    { name: "account: address", state: "ok", found: `${address} answers` },
  ]);
  expect(new Set(proxy.asked)).toEqual(new Set(["CONNECT api.example.test:443"]));
}, 60_000);

it("says once that there is no CLI, or that the project cannot be read", async () => {
  const about = async (stack?: string) =>
    (await examine({ cwd: folder, stack })).checks.filter(({ name }) => /^(stack|Pulumi (CLI|project))/.test(name));
  write("Pulumi.yaml", "runtime: nodejs\n");
  const [, project, state] = await about();
  expect([project?.name, project?.state, state?.name]).toEqual(["Pulumi project", "problem", "stack"]);
  expect(state?.found).toBe('fails for the same reason as "Pulumi project"');
  write("Pulumi.yaml", "name: clinic\nruntime: nodejs\n");
  vi.stubEnv("PATH", folder);
  vi.stubEnv("PULUMI_HOME", folder);
  expect((await about("dev")).map(({ name, found }) => `${name}: ${found}`)).toEqual([
    "Pulumi CLI: neither on PATH nor in the Pulumi home",
    'stack: fails for the same reason as "Pulumi CLI"',
  ]);
});

it("names the kinds that a key may not read", async () => {
  const scene = await makeScene();
  vi.stubEnv("AMIGO_BASE_URL", scene.emulator.url);
  expect(about((await examine({ cwd: folder })).checks, "account")[0]).toMatchObject({
    found: "there is none",
    next: "set it with `export AMIGO_API_KEY=...` or `pulumi config set --secret amigo:apiKey`",
  });
  vi.stubEnv("AMIGO_API_KEY", demoKey);
  const [, , unnamed] = about((await examine({ cwd: folder })).checks, "account");
  expect([unnamed?.name, unnamed?.next]).toEqual([
    "account: workspace",
    expect.stringContaining("`pulumi config set amigo:workspaceId <id>`"),
  ]);
  vi.stubEnv("AMIGO_WORKSPACE_ID", scene.workspace);
  scene.emulator.faults.add({ operation: "list-use-cases", when: "before", action: { kind: "status", status: 403 } });
  const checks = about((await examine({ cwd: folder })).checks, "account");
  expect(brief(checks)).toEqual([
    "account: key: ok",
    "account: address: ok",
    "account: useCases: problem",
    "account: read: ok",
  ]);
  expect(checks[2]?.next).toMatch(/a key with the permission/);
});

it("tries the key of a stack that names no workspace, and misses none where no resource would use it", async () => {
  const scene = await makeScene();
  const provider = "urn:pulumi:dev::clinic::pulumi:providers:pulumi-nodejs::own";
  const service = { urn: "urn:pulumi:dev::clinic::x::desk", type: typeToken("Service") };
  const own = { urn: provider, type: "pulumi:providers:pulumi-nodejs", inputs: { "amigo:explicit": "true" } };
  const checks = async (key: string, resources: object[] = [], more: object = {}) => {
    const config = { "amigo:baseUrl": { value: scene.emulator.url }, "amigo:apiKey": { value: key }, ...more };
    const run = async (command: string) =>
      JSON.stringify(command === "config" ? config : { deployment: { resources } });
    const found = await defaultAccountChecks({ stack: "dev", run } as unknown as Pulumi, {
      besideOthers: true,
      folder,
    });
    return found.map(({ name, state, found }) => `${name}: ${state}: ${found}`);
  };
  const address = `account: address: ok: ${scene.emulator.url} answers`;
  expect(await checks(demoKey)).toEqual(["account: key: ok: from the stack config `amigo:apiKey`", address]);
  expect(await checks("amigo-wrong-key")).toEqual([
    expect.stringMatching(/^account: key: problem: list-workspaces: .*\(401 .*stack config `amigo:apiKey`/),
    address,
    "account: read: warning: not tried, since the key is refused",
  ]);
  scene.emulator.faults.add({ operation: "list-workspaces", when: "before", action: { kind: "status", status: 403 } });
  expect(await checks(demoKey)).toEqual(["account: key: ok: from the stack config `amigo:apiKey`", address]);
  expect(await checks("", [own, { ...service, provider: `${provider}::id` }])).toEqual([
    "account: key: ok: there is none, and no resource of the stack uses the default provider",
  ]);
  for (const resources of [[], [own, { ...service, provider: `${provider}::id` }, service]]) {
    expect(await checks("", resources)).toEqual(["account: key: problem: there is none"]);
  }
  expect(await checks("", [], { "amigo:apiKeyEnv": { value: "CLINIC_KEY" } })).toEqual([
    "account: key: problem: the stack config `amigo:apiKeyEnv` says that the key is in CLINIC_KEY, and that is not set",
  ]);
});

it("looks at what a program in the folder would load", async () => {
  const packages = async () =>
    (await examine({ cwd: folder })).checks.filter(({ name }) => /^(Pulumi (project|SDK)|package)$/.test(name));
  expect(brief(await packages())).toEqual(["Pulumi project: warning"]);
  write("Pulumi.yaml", "name: clinic\nruntime: nodejs\n");
  expect(brief(await packages())).toEqual(["Pulumi SDK: problem", "package: problem"]);
  write("node_modules/@pulumi/pulumi/package.json", '{ "version": "3.247.9" }');
  write("node_modules/pulumi-amigo/package.json", '{ "version": "0.0.1" }');
  const found = await packages();
  expect(brief(found)).toEqual(["Pulumi SDK: problem", "package: warning"]);
  expect(found.at(-1)?.found).toBe(`the project has pulumi-amigo 0.0.1, and this command is ${version}`);
  write("node_modules/@pulumi/pulumi/package.json", '{ "version": "3.249.0" }');
  write("node_modules/pulumi-amigo/package.json", `{ "version": "${version}" }`);
  expect(brief(await packages())).toEqual(["Pulumi SDK: ok", "package: ok"]);
});

it("finds a setting of the stack's config that has no effect, with the command that removes it", async () => {
  write("Pulumi.yaml", "name: clinic\nruntime: nodejs\n");
  const answers: Record<string, object> = {
    stack: { deployment: { resources: [] } },
    config: {
      "amigo:maxConcurency": { value: "4" },
      "amigo:workspaceId": { value: "x" },
      "clinic:beds": { value: "9" },
    },
  };
  const run = async (command: string) => JSON.stringify(answers[command]);
  const checks = await stackChecks({ stack: "dev", cwd: folder, run } as unknown as Pulumi);
  expect(about(checks, "config")).toEqual([
    {
      name: "config",
      state: "warning",
      found: "the stack config amigo:maxConcurency has no effect: did you mean amigo:maxConcurrency?",
      next: "`pulumi config rm amigo:maxConcurency`",
    },
  ]);
});

it("takes what the project file says of all stacks, where no stack is selected", async () => {
  const scene = await makeScene();
  vi.stubEnv("AMIGO_API_KEY", demoKey);
  const settings = `amigo:workspaceId: { value: ${scene.workspace} }, amigo:baseUrl: "${scene.emulator.url}"`;
  write("Pulumi.yaml", `name: clinic\nruntime: nodejs\nconfig: { ${settings} }\n`);
  const checks = await defaultAccountChecks(undefined, { besideOthers: false, folder });
  expect(brief(checks)).toEqual(["account: key: ok", "account: address: ok", "account: read: ok"]);
});

it("says that the passphrase of a stack is not set, and how to set it", async () => {
  write("Pulumi.yaml", "name: clinic\nruntime: nodejs\n");
  const of = async (type: string) => {
    const answers: Record<string, object> = { stack: { deployment: { secrets_providers: { type } } }, config: {} };
    const run = async (command: string) => JSON.stringify(answers[command]);
    return about(await stackChecks({ stack: "dev", cwd: folder, run } as unknown as Pulumi), "passphrase");
  };
  vi.stubEnv("PULUMI_CONFIG_PASSPHRASE", undefined);
  vi.stubEnv("PULUMI_CONFIG_PASSPHRASE_FILE", undefined);
  expect(await of("passphrase")).toMatchObject([{ state: "warning", next: expect.stringContaining("export PULUMI_") }]);
  expect(await of("service"), "Pulumi Cloud needs none").toEqual([]);
  vi.stubEnv("PULUMI_CONFIG_PASSPHRASE", "");
  expect(await of("passphrase"), "an empty one is one").toEqual([]);
});

it("finds what a stack's state holds that this version does not write", () => {
  const resource = (kind: string, text: string) => ({
    urn: `urn:pulumi:dev::clinic::${typeToken(kind)}::desk`,
    type: typeToken(kind),
    inputs: { __provider: text },
    outputs: { __provider: text },
  });
  const good = resource("ServiceBinding", providerText("serviceBinding"));
  const of = (...resources: (typeof good)[]) => checksOf("dev", { resources, pending: [] });
  expect(brief(of(good))).toEqual(["stack dev: ok"]);
  expect(of(resource("Service", "exports.handler = __f0;"))[0]).toMatchObject({
    state: "warning",
    next: expect.stringContaining("pulumi up"),
  });
  expect(of(resource("Robot", "x"))[0]).toMatchObject({
    state: "problem",
    found: expect.stringContaining("Robot desk"),
  });
  const pending = (type: string) => ({ type, resource: good });
  const found = (...operations: string[]) =>
    checksOf("dev", { resources: [good], pending: operations.map(pending) })[0];
  expect(found("deleting")).toMatchObject({
    found: 'an interrupted run left 1 pending operation (deleting ServiceBinding "desk")',
    next: expect.stringMatching(/recover/),
  });
  const many = found("creating", ...Array<string>(10).fill("updating"))?.found ?? "";
  expect([many.match(/ServiceBinding "desk"/g)?.length, many]).toEqual([
    10,
    expect.stringMatching(/left 11 pending operations \(creating .* and 1 more\)$/),
  ]);
});
