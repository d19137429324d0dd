import { mkdirSync, rmSync } from "node:fs";
import * as path from "node:path";
import { expect, it } from "vitest";
import { cleanEnvironment, testEngine } from "../../lab/cli/environment.js";
import { start } from "../../lab/cli/process.js";
import { commandFile } from "../../lab/root.js";
import type { AdoptReport } from "../../src/environment/adopt.js";
import { deploy, writes } from "../support/engine.js";
import { sixResources } from "../support/program.js";

it("a state that was lost is rebuilt with adopt: no write, no change left, and a destroy that finds its order", async () => {
  await deploy({ name: "disaster", program: sixResources() }, async ({ stack, emulator, operations }) => {
    await stack.up();
    const workspaceId = emulator.store.workspaces.find(({ slug }) => slug === "engine-clinic")?.id ?? "";
    const shown = (resources: readonly { urn: string; id?: string }[] = []) =>
      resources.flatMap(({ urn, id = "" }) => (urn.includes("/amigo:") ? [`${urn} ${id}`] : [])).sort();
    const before = shown((await stack.exportState()).deployment.resources);
    const everything = emulator.store.snapshot();
    operations();

    const backend = path.join(stack.folder, "backend");
    rmSync(backend, { recursive: true });
    mkdirSync(backend);
    await stack.init();
    const env = { ...cleanEnvironment(), ...(await testEngine()).env, ...stack.env };
    const args = [commandFile, "adopt", workspaceId, "--stack", stack.name, "--yes", "--json"];
    const adopted = await start(process.execPath, args, { cwd: stack.folder, env }).done;
    expect(adopted.code, adopted.output).toBe(0);
    const { adopted: things, missing, differing, changes } = JSON.parse(adopted.stdout) as AdoptReport;
    expect([things.length, missing, differing, changes]).toEqual([6, [], [], []]);
    expect(shown((await stack.exportState()).deployment.resources)).toEqual(before);
    expect(writes(operations())).toEqual([]);
    expect(emulator.store.snapshot()).toEqual(everything);

    await stack.preview({ args: ["--expect-no-changes"] });
    expect(operations()).toEqual([]);
    await stack.destroy();
    const order = writes(operations());
    expect(order.indexOf("unbind-use-case-from-service")).toBeLessThan(order.indexOf("delete-use-case"));
    expect(order.indexOf("delete-use-case")).toBeLessThan(order.indexOf("archive-workspace"));
    expect(order.indexOf("delete-service")).toBeLessThan(order.indexOf("archive-workspace"));
    expect(order).toHaveLength(new Set(order).size);
    expect(emulator.store.services.list().filter(({ workspace_id }) => workspace_id === workspaceId)).toEqual([]);
  });
});
