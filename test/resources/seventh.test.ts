import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import * as path from "node:path";
import * as pulumi from "@pulumi/pulumi";
import * as ts from "typescript";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { type Emulator, seedIds, startEmulator } from "../../src/emulator/index.js";
import type { Lifecycle, Values } from "../../src/engine/lifecycle.js";
import type { ProviderContext } from "../../src/engine/provider/context.js";
import type { Journal } from "../../src/engine/provider/journal.js";
import type { OpenCreate } from "../../src/recovery/creates.js";

const root = path.join(__dirname, "../..");
const { workspace: workspaceId } = seedIds;

/** A resource of the package under another name, on the same endpoint. */
const newFile = readFileSync(path.join(root, "src/resources/test-caller-numbers.ts"), "utf8")
  .replace(/(?<!get|update)TestCallerNumbers/g, "Greeting")
  .replaceAll("testCallerNumbersLifecycle", "greetingLifecycle");
const newLine = 'export { Greeting, type GreetingArgs } from "./greeting.js";\n';

const program = `import type { Output } from "@pulumi/pulumi";
import * as amigo from "./src/index.js";
import { greeting } from "./src/providers.js";
const args: amigo.GreetingArgs = { numbers: ["+14155550100"] };
export const numbers: Output<string[]> = new amigo.Greeting("hello", args).numbers;
export const create = greeting().create;
// @ts-expect-error numbers are missing
new amigo.Greeting("hello", {});
`;

describe("a seventh resource, of one new file and one line", () => {
  const folder = mkdtempSync(path.join(tmpdir(), "amigo-seventh-"));
  const inFolder = (...parts: string[]) => path.join(folder, ...parts);
  const load = createRequire(inFolder("dist/program.js"));
  let emulator: Emulator;

  beforeAll(async () => {
    cpSync(path.join(root, "src"), inFolder("src"), { recursive: true });
    symlinkSync(path.join(root, "node_modules"), inFolder("node_modules"));
    cpSync(path.join(root, "package.json"), inFolder("package.json"));
    writeFileSync(inFolder("program.ts"), program);
    const agreement = readFileSync(path.join(root, "test/types/agreement.ts"), "utf8");
    writeFileSync(inFolder("agreement.ts"), agreement.replaceAll("../../src/", "./src/"));
    writeFileSync(inFolder("src/resources/greeting.ts"), newFile);
    const registry = inFolder("src/resources/all.ts");
    writeFileSync(registry, readFileSync(registry, "utf8") + newLine);
    cpSync(path.join(root, "dist"), inFolder("dist"), { recursive: true });
    for (const name of ["greeting", "all"]) {
      // Without types, which the compiler looks at below.
      const text = readFileSync(inFolder(`src/resources/${name}.ts`), "utf8");
      const compilerOptions = { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022 };
      const { outputText } = ts.transpileModule(text, { compilerOptions });
      writeFileSync(inFolder(`dist/resources/${name}.js`), outputText);
    }
    emulator = await startEmulator();
  });
  afterAll(async () => {
    await emulator.close();
    rmSync(folder, { recursive: true, force: true });
  });

  /** An account, as a provider process has it. */
  function contextOf(journal?: Journal): ProviderContext {
    const values: Record<string, string> = { baseUrl: emulator.url, apiKey: "amigo-demo-key", settleSeconds: "1" };
    const config = (name: string) => values[name];
    const settings = load("./engine/settings.js").readSettings({ config, environment: {} });
    return new (load("./engine/provider/context.js").ProviderContext)(settings, () => undefined, journal);
  }

  it("compiles, with the types of its class, its arguments and its provider", () => {
    const { config } = ts.readConfigFile(path.join(root, "tsconfig.json"), ts.sys.readFile);
    const { options } = ts.parseJsonConfigFileContent({ compilerOptions: config.compilerOptions }, ts.sys, folder);
    const compiled = ts.createProgram([inFolder("program.ts"), inFolder("agreement.ts")], options);
    const found = [
      "program.ts",
      "agreement.ts",
      "src/resources/greeting.ts",
      "src/resources/all.ts",
      "src/resources/index.ts",
    ].flatMap((name) => ts.getPreEmitDiagnostics(compiled, compiled.getSourceFile(inFolder(name))));
    expect(found.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, "\n"))).toEqual([]);
  }, 60_000);

  it("is what programs import, and what the engine's provider process calls", async () => {
    const amigo = load("./index.js");
    expect(Object.keys(amigo)).toContain("Greeting");
    expect(Object.keys(amigo).filter((name) => /lifecycle/i.test(name))).toEqual([]);
    expect(Object.keys(load("./providers.js").greeting())).toContain("create");

    const declared: pulumi.runtime.MockResourceArgs[] = [];
    const newResource = (args: pulumi.runtime.MockResourceArgs) => {
      declared.push(args);
      return { id: workspaceId, state: args.inputs };
    };
    await pulumi.runtime.setMocks({ newResource, call: ({ inputs }) => inputs }, "project", "stack");
    const hello = new amigo.Greeting("hello", { workspaceId, numbers: ["+14155550100"] });
    await new Promise((resolve) => hello.urn.apply(resolve));
    expect(declared[0]).toMatchObject({
      type: "pulumi-nodejs:dynamic/amigo:Greeting",
      inputs: { __provider: "exports.handler=require('pulumi-amigo/providers').greeting" },
    });
  });

  it("is created, read, updated and deleted by the adapter", async () => {
    const context = contextOf();
    const { dynamicProvider } = load("./engine/provider/adapter.js");
    const provider = dynamicProvider(load("./resources/index.js").lifecycles.greeting, async () => context);
    const numbersThere = async () => (await context.client.getTestCallerNumbers(workspaceId)).numbers;

    const { inputs, failures } = await provider.check({}, { workspaceId, numbers: ["+14155550100"], adopt: true });
    expect(failures ?? []).toEqual([]);
    const { id, outs } = await provider.create(inputs);
    expect(await numbersThere()).toEqual(["+14155550100"]);

    const wanted = { ...inputs, numbers: ["+14155550111"] };
    expect(await provider.diff(id, outs, wanted)).toMatchObject({ changes: true, replaces: [] });
    const updated = await provider.update(id, outs, wanted);
    expect(await numbersThere()).toEqual(["+14155550111"]);

    expect(await provider.read(id, updated.outs)).toMatchObject({ id, props: { numbers: ["+14155550111"] } });
    const nextRun = dynamicProvider(load("./resources/index.js").lifecycles.greeting, async () => nextContext);
    const nextContext = contextOf();
    await nextRun.delete(id, updated.outs);
    expect(await numbersThere()).toEqual([]);
    await Promise.all([context.close(), nextContext.close()]);
  });

  describe("whose create was carried out and not answered", () => {
    const owner = "pulumi/organization/clinic/dev/pulumi-nodejs:dynamic/amigo:Greeting/hello";
    const inputs = { workspaceId, numbers: ["+14155550122"], __owner: owner };
    let context: ProviderContext;

    beforeAll(async () => {
      vi.stubEnv("PULUMI_HOME", inFolder("home"));
      context = contextOf(new (load("./engine/provider/journal.js").Journal)(emulator.url, () => undefined));
      const action = { kind: "status", status: 504 } as const;
      emulator.faults.add({ operation: "update-test-caller-numbers", when: "after", action });
      await expect(provider().create(inputs)).rejects.toThrow("504");
      emulator.faults.clear();
    });
    afterAll(async () => {
      await context.close();
      vi.unstubAllEnvs();
    });

    const provider = () => load("./engine/provider/adapter.js").dynamicProvider(greeting(), async () => context);
    const greeting = (): Lifecycle => load("./resources/index.js").lifecycles.greeting;
    const judge = (create: OpenCreate) => load("./recovery/verdict.js").judge(create);
    const forgotten = (): Promise<OpenCreate[]> => {
      const stack = { project: "clinic", name: "dev" };
      const state = { resources: [], pending: [] };
      return load("./recovery/creates.js").forgottenCreates(stack, state, { all: async () => [context] }, []);
    };

    it("is found by what the engine remembers, with its line in the journal", async () => {
      const type = "pulumi-nodejs:dynamic/amigo:Greeting";
      const resource = { urn: `urn:pulumi:dev::clinic::${type}::hello`, type, inputs };
      const state = { resources: [], pending: [{ type: "creating", resource }] };
      const [create] = await load("./recovery/creates.js").pendingCreates(state, { of: async () => context });
      expect(create).toMatchObject({ lifecycle: { kind: "Greeting" }, entry: { state: "asked", owner } });
      expect(await judge(create)).toMatchObject({ is: "made", existing: { id: workspaceId } });
    });

    it("is found where only its line in the journal tells of it, also when its id does not follow from its inputs", async () => {
      const [create, ...others] = await forgotten();
      if (!create) throw new Error("the journal tells of no create");
      expect(others).toEqual([]);
      expect(create).toMatchObject({ lifecycle: { kind: "Greeting" }, name: "hello", inputs });
      expect(await judge(create)).toMatchObject({ is: "made", existing: { id: workspaceId } });

      const { idFrom: _, recovery, ...rest } = greeting();
      if (!recovery) throw new Error("it says nothing of its recovery");
      const find = async ({ client }: ProviderContext, wanted: Values) => {
        const { numbers } = await client.getTestCallerNumbers(String(wanted.workspaceId));
        const createdAt = new Date().toISOString();
        return recovery.keyOf(wanted).join() === numbers.join() ? [{ id: workspaceId, live: { createdAt } }] : [];
      };
      const listed = { ...create, lifecycle: { ...rest, recovery: { ...recovery, find } } };
      expect(await judge(listed)).toMatchObject({ is: "made", existing: { id: workspaceId } });
    });

    it("is taken over by the next create, once `recover` has noted whose it is", async () => {
      await expect(provider().create(inputs)).rejects.toThrow("not known to be this resource's");
      const entry = (await forgotten())[0]?.entry?.entry ?? "";
      context.journal?.settle(entry, "claimed", workspaceId);
      expect(await provider().create(inputs)).toMatchObject({ id: workspaceId });
    });
  });
});
