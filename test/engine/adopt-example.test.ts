import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import * as path from "node:path";
import { expect, it } from "vitest";
import { cleanEnvironment, testEngine } from "../../lab/cli/environment.js";
import { start } from "../../lab/cli/process.js";
import { repositoryRoot } from "../../lab/root.js";
import { startEmulator } from "../../src/emulator/index.js";
import type { AdoptReport } from "../../src/environment/adopt.js";
import { writes } from "../support/engine.js";

const example = path.join(repositoryRoot, "examples", "adopt-existing");
const cli = path.join(repositoryRoot, "dist", "cli", "main.js");

it("adopt-existing: what somebody made by hand becomes a program, and the stack's, without a write", async () => {
  const emulator = await startEmulator();
  mkdirSync(path.join(repositoryRoot, "state"), { recursive: true });
  // Inside the repository, whose packages the program finds.
  const folder = mkdtempSync(path.join(repositoryRoot, "state", "test-adopt-existing-"));
  cpSync(path.join(example, "amigo.yaml"), path.join(folder, "amigo.yaml"));
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
  const amigo = (...args: string[]) => run(process.execPath, cli, ...args);
  const pulumi = (...args: string[]) => run(bin, ...args, "--cwd", "clinic", "--non-interactive");
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
  const operations = () => {
    const seen = emulator.requests.map(({ operation }) => String(operation));
    emulator.clearRequests();
    return seen;
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
  await emulator.close();
  rmSync(folder, { recursive: true, force: true });
});
