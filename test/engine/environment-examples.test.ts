import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import * as path from "node:path";
import { expect, it } from "vitest";
import { cleanEnvironment, testEngine } from "../../lab/cli/environment.js";
import { start } from "../../lab/cli/process.js";
import { commandFile, repositoryRoot } from "../../lab/root.js";
import { startEmulator } from "../../src/emulator/index.js";
import type { AdoptReport } from "../../src/environment/adopt.js";
import type { CloneReport } from "../../src/environment/clone.js";
import { writes } from "../support/engine.js";

it("adopt-existing: what somebody made by hand becomes a program, and the stack's, without a write", async () => {
  const {
    folder,
    example,
    emulator,
    run,
    amigo,
    pulumi: inFolder,
    operations,
    end,
  } = await at("adopt-existing", ["amigo.yaml"]);
  const pulumi = (...args: string[]) => inFolder(...args, "--cwd", "clinic");
  const adopt = async () => {
    const { code, stdout, stderr } = await amigo(
      "adopt",
      "staging",
      "--stack",
      "dev",
      "-C",
      "clinic",
      "--yes",
      "--json",
    );
    expect(code, stderr).toBe(0);
    return JSON.parse(stdout) as AdoptReport;
  };

  const tsx = path.join(repositoryRoot, "node_modules", ".bin", "tsx");
  expect((await run(tsx, path.join(example, "by-hand.ts"))).output).toBe("");
  const before = emulator.store.snapshot();
  operations();

  const exported = await amigo("export", "staging", "--program", "clinic");
  expect(exported.code, exported.output).toBe(0);
  // The files of the example are what the command writes.
  for (const file of readdirSync(path.join(example, "clinic"))) {
    if (file === "node_modules") continue;
    const wanted = readFileSync(path.join(example, "clinic", file), "utf8");
    expect(readFileSync(path.join(folder, "clinic", file), "utf8"), file).toBe(wanted);
  }
  const index = path.join(folder, "clinic", "index.ts");
  const text = readFileSync(index, "utf8");
  writeFileSync(index, `${text}// Mine.\n`);
  const refused = await amigo("export", "staging", "--program", "clinic");
  expect([refused.code, refused.stderr]).toEqual([
    1,
    expect.stringContaining(`${index} exists and holds something else`),
  ]);
  expect((await amigo("export", "staging", "--program", "clinic", "--yes")).stdout).toBe(`${index}\n`);
  expect(readFileSync(index, "utf8")).toBe(text);

  expect((await pulumi("stack", "init", "dev")).code).toBe(0);
  const adopted = await adopt();
  expect(adopted.adopted).toHaveLength(10);
  expect([adopted.missing, adopted.differing, adopted.changes]).toEqual([[], [], []]);
  const again = await adopt();
  expect([again.adopted, again.there, again.changes]).toEqual([[], 10, []]);
  expect(writes(operations())).toEqual([]);
  expect(emulator.store.snapshot()).toEqual(before);

  // The stack knows what depends on what: it takes the bindings down before what they bind.
  const destroyed = await pulumi("destroy", "--yes", "--skip-preview");
  expect(destroyed.code, destroyed.output).toBe(0);
  expect(emulator.store.services.list().filter(({ is_system }) => !is_system)).toEqual([]);
  const order = writes(operations());
  expect(order.lastIndexOf("unbind-use-case-from-service")).toBeLessThan(order.indexOf("delete-service"));
  await end();
});

it("clone-environment: a workspace becomes two that are equal, and the second goes away again", async () => {
  const files = [
    "Pulumi.yaml",
    "amigo.yaml",
    "environments",
    "index.ts",
    "package.json",
    "references",
    "tsconfig.json",
  ];
  const { example, emulator, amigo, pulumi, operations, end } = await at("clone-environment", files);
  expect(
    readdirSync(example).filter((name) => !files.includes(name) && !/^(README\.md|node_modules|state)$/.test(name)),
  ).toEqual([]);
  const clone = async (...flags: string[]) => {
    const args = ["clone", "staging", "trial", "--stack", "trial", "--new-workspace", "riverside-trial"];
    const { code, stdout, stderr } = await amigo(...args, ...flags, "--json");
    expect(code, stdout + stderr).toBe(0);
    return JSON.parse(stdout) as CloneReport;
  };
  expect((await pulumi("stack", "init", "staging")).code).toBe(0);
  const up = await pulumi("up", "--yes", "--skip-preview");
  expect(up.code, up.output).toBe(0);
  operations();

  expect((await clone("--dry-run")).state).toBe("dry run");
  expect(writes(operations())).toEqual([]);
  const cloned = await clone("--yes");
  expect([cloned.state, cloned.planned]).toEqual(["done", { create: 10 }]);
  const compared = await amigo("compare", "staging", "trial");
  expect(compared.code, compared.output).toBe(0);
  operations();
  expect((await clone("--yes")).state).toBe("nothing to do");
  expect(writes(operations())).toEqual([]);

  const destroyed = await pulumi("destroy", "--stack", "trial", "--yes", "--skip-preview");
  expect(destroyed.code, destroyed.output).toBe(0);
  const order = writes(operations());
  expect(order.lastIndexOf("unbind-use-case-from-service")).toBeLessThan(order.indexOf("delete-service"));
  expect(order.at(-1)).toBe("archive-workspace");
  expect(emulator.store.useCases.list()).toHaveLength(3);
  await end();
});

/** A copy of some of an example's files, inside the repository, whose packages the program finds. */
async function at(name: string, files: readonly string[]) {
  const example = path.join(repositoryRoot, "examples", name);
  const emulator = await startEmulator();
  mkdirSync(path.join(repositoryRoot, "state"), { recursive: true });
  const folder = mkdtempSync(path.join(repositoryRoot, "state", `test-${name}-`));
  for (const file of files) cpSync(path.join(example, file), path.join(folder, file), { recursive: true });
  mkdirSync(path.join(folder, "state"));
  const { bin, env: engineEnv } = await testEngine();
  const env = {
    ...cleanEnvironment(),
    ...engineEnv,
    AMIGO_BASE_URL: emulator.url,
    AMIGO_API_KEY: "amigo-demo-key",
    PULUMI_BACKEND_URL: `file://${path.join(folder, "state")}`,
    PULUMI_CONFIG_PASSPHRASE: "example",
  };
  const run = (program: string, ...args: string[]) => start(program, args, { cwd: folder, env }).done;
  const amigo = (...args: string[]) => run(process.execPath, commandFile, ...args);
  const pulumi = (...args: string[]) => run(bin, ...args, "--non-interactive");
  const operations = () => {
    const seen = emulator.requests.map(({ operation }) => String(operation));
    emulator.clearRequests();
    return seen;
  };
  const end = async () => {
    await emulator.close();
    rmSync(folder, { recursive: true, force: true });
  };
  return { folder, example, emulator, run, amigo, pulumi, operations, end };
}
