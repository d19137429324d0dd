import { copyFileSync, readFileSync } from "node:fs";
import * as path from "node:path";
import { expect, it } from "vitest";
import { cleanEnvironment } from "../../lab/cli/environment.js";
import { start } from "../../lab/cli/process.js";
import type { TestStack } from "../../lab/cli/stack.js";
import { repositoryRoot } from "../../lab/root.js";
import { type Emulator, seedIds } from "../../src/emulator/index.js";
import { deploy, writes } from "../support/engine.js";

it("two-accounts makes a voice clinic in each account with its own key, and looks things up there", async () => {
  // The default account's own settings lead nowhere: everything must go by the two providers.
  const env = { AMIGO_BASE_URL: "", AMIGO_API_KEY: "", NORTH_KEY: "north-key", SOUTH_KEY: "south-key" };
  const apiKeys = { "north-key": "owner", "south-key": "owner@second" };
  await deploy({ ...example("two-accounts"), env, emulator: { apiKeys } }, async ({ stack, emulator, operations }) => {
    takeFiles(stack, "two-accounts");
    await stack.config("two-accounts:baseUrl", emulator.url);
    const { changed } = await stack.up({ preview: true });
    expect(changed.sort()).toEqual(Array(4).fill("create north").concat(Array(4).fill("create south")));
    expect(await stack.outputs()).toEqual({
      north: "Front Desk answers for Northside Clinic",
      south: "Night Nurse answers for Southside Clinic",
    });
    const { organisation, second } = seedIds;
    expect(organisationOf(emulator, "northside-clinic")).toBe(organisation);
    expect(organisationOf(emulator, "southside-clinic")).toBe(second.organisation);
    expect(JSON.stringify(await stack.exportState(true))).not.toMatch(/north-key|south-key/);
    operations();

    await stack.preview({ args: ["--expect-no-changes", "--refresh"] });
    expect(writes(operations())).toEqual([]);

    await stack.destroy();
    expect(writes(operations()).sort()).toEqual(
      ["archive-workspace", "delete-service", "delete-use-case", "unbind-use-case-from-service"].flatMap((one) => [
        one,
        one,
      ]),
    );
    expect([emulator.store.bindings.list(), emulator.store.useCases.list()]).toEqual([[], []]);
  });
});

it("import-existing adopts what was made by hand without a write, manages it, and takes it down", async () => {
  await deploy(example("import-existing"), async ({ stack, emulator, operations }) => {
    takeFiles(stack, "import-existing");
    for (const [key, id] of await makeByHand(emulator)) await stack.config(`import-existing:${key}`, id);
    expect(writes(operations())).toEqual(["create-service", "create-use-case", "bind-use-case-to-service"]);

    const text = programOf("import-existing");
    stack.program(describe(text, "Answers letters."));
    const refused = await stack.up({ outcome: "fails" });
    expect(refused.output).toContain(
      'description: declared "Answers letters.", exists as "Books appointments by phone."',
    );

    stack.program(text);
    await stack.up();
    expect(await stack.outputs()).toEqual({ agent: "Front Desk" });
    await stack.preview({ args: ["--expect-no-changes", "--refresh"] });
    expect(writes(operations())).toEqual([]);

    stack.program(describe(withoutImports(text), "Books and moves appointments by phone."));
    expect((await stack.up()).changed).toEqual(["update desk"]);
    expect(writes(operations())).toEqual(["update-service"]);

    await stack.destroy();
    // The line goes first; use case and service do not depend on each other.
    const [first, ...others] = writes(operations());
    expect([first, ...others.sort()]).toEqual(["unbind-use-case-from-service", "delete-service", "delete-use-case"]);
    expect(emulator.store.services.list().map(({ id }) => id)).toEqual([seedIds.systemService]);
    expect(emulator.store.useCases.list()).toEqual([]);
  });
});

it("the README's sample runs as it stands, with the settings and variables that the README names", async () => {
  const readme = readFileSync(path.join(repositoryRoot, "README.md"), "utf8");
  const [, program = ""] = /^```ts\n(import .*?)^```$/ms.exec(readme) ?? [];
  const [, key = "", value = ""] = /^pulumi config set (amigo:workspaceId) (\S+)$/m.exec(readme) ?? [];
  const variables = Object.fromEntries(
    [...readme.matchAll(/\b(AMIGO_API_KEY)=(\S+)/g)].map(([, name, text]) => [name, text]),
  );
  expect([key, variables]).toEqual(["amigo:workspaceId", { AMIGO_API_KEY: "amigo-demo-key" }]);
  const options = { name: "readme", program, language: "typescript", typeCheck: true, env: variables } as const;
  await deploy({ ...options, config: { [key]: value } }, async ({ stack, emulator, operations }) => {
    const { changed } = await stack.up({ preview: true });
    expect(changed.sort()).toEqual(["create calls", "create calls", "create desk", "create qa", "create release"]);
    await stack.preview({ args: ["--expect-no-changes", "--refresh"] });
    operations();
    await stack.destroy();
    expect(emulator.store.services.list().map(({ id }) => id)).toEqual([seedIds.systemService]);
  });
});

/** The options of a stack with the example's own program. */
function example(name: string) {
  return { name, program: programOf(name), language: "typescript" } as const;
}

function programOf(name: string): string {
  return readFileSync(path.join(repositoryRoot, "examples", name, "index.ts"), "utf8");
}

/** The example's own project file, with its defaults, and its own compiler options. */
function takeFiles(stack: TestStack, name: string): void {
  for (const file of ["Pulumi.yaml", "tsconfig.json"]) {
    copyFileSync(path.join(repositoryRoot, "examples", name, file), path.join(stack.folder, file));
  }
}

function describe(program: string, description: string): string {
  const described = program.replace("Books appointments by phone.", description);
  expect(described).not.toBe(program);
  return described;
}

function withoutImports(program: string): string {
  const without = program.replaceAll(/(, )?\{ import: [^}]*\},?/g, "");
  expect(program.length - without.length).toBeGreaterThan(60);
  expect(without).not.toContain("import:");
  return without;
}

function organisationOf({ store }: Emulator, slug: string): string | undefined {
  return store.workspaces.find((workspace) => workspace.slug === slug)?.organisation_id;
}

/** Runs the example's own script; what it prints are flags, as `key=id`. */
async function makeByHand({ url }: Emulator): Promise<[string, string][]> {
  const script = ["run", "--silent", "--workspace", "pulumi-amigo-import-existing", "by-hand"];
  const env = { ...cleanEnvironment(), AMIGO_BASE_URL: url, AMIGO_API_KEY: "amigo-demo-key" };
  const { code, stdout, output } = await start("npm", script, { cwd: repositoryRoot, env }).done;
  expect(code, output).toBe(0);
  return [...stdout.matchAll(/--plaintext (\w+)=(\S+)/g)].map(([, key = "", id = ""]) => [key, id]);
}
