import { chmod, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, onTestFinished, test } from "vitest";
import { startEmulator } from "../../src/emulator/index.js";
import { startCli } from "./cli-process.js";
import { apiOf, bindingPath, demo, newService, newWorkspace, servicesPath, startApi } from "./support.js";

async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), "amigo-emulator-"));
  onTestFinished(() => rm(path, { recursive: true, force: true }));
  return path;
}

test("what was answered is there after a restart", async () => {
  const persist = await folder();
  const first = await startEmulator({ persist });
  const api = apiOf(first);
  const [service, useCase] = [await api.service(), await api.useCase()];
  await api.put(bindingPath(useCase.id), { service_id: service.id });
  await api.post("/v1/workspaces/self-service", newWorkspace());
  first.store.assignPhone(useCase.id);
  const before = first.store.snapshot();
  await first.close();

  const second = await startApi({ persist, seed: "empty" });
  expect(second.emulator.store.snapshot()).toEqual(before);
  expect((await second.get(`${servicesPath}/${service.id}`)).body).toEqual(service);
});

test("a change is on disk before it is answered, and many at once share writes", async () => {
  const persist = await folder();
  const api = await startApi({ persist });
  const names = Array.from({ length: 40 }, (_, ordinal) => `Line ${ordinal}`);
  await Promise.all(names.map((name) => api.service({ name })));
  const state = JSON.parse(await readFile(join(persist, "state.json"), "utf8"));
  expect(state.store.services).toHaveLength(41);
});

test("the empty seed has the catalogue and no workspace", async () => {
  const api = await startApi({ seed: "empty" });
  expect((await api.get("/v1/workspaces")).body.items).toEqual([]);
  const workspace = (await api.post("/v1/workspaces/self-service", newWorkspace())).body;
  expect((await api.post(`/v1/${workspace.id}/services`, newService())).status).toBe(201);
});

test("a file that is no state is refused, not overwritten", async () => {
  const persist = await folder();
  await writeFile(join(persist, "state.json"), "notes");
  await expect(startEmulator({ persist })).rejects.toThrow(/state\.json is no state of this emulator/);
  expect(await readFile(join(persist, "state.json"), "utf8")).toBe("notes");
});

test("a second emulator on the folder is refused, and a third may have it afterwards", async () => {
  const persist = await folder();
  const cli = await startCli(["--persist", persist]);
  const refused = new RegExp(`an emulator uses the folder ${persist} already: process ${cli.pid}\\.`);
  await expect(startEmulator({ persist })).rejects.toThrow(refused);
  const created = await fetch(cli.url + servicesPath, {
    method: "POST",
    headers: { authorization: "Bearer amigo-demo-key", "content-type": "application/json" },
    body: JSON.stringify(newService()),
  });
  expect(created.status).toBe(201);
  cli.kill("SIGTERM");
  expect(await cli.ended).toBe(0);
  const third = await startEmulator({ persist });
  expect(third.store.services.list()).toHaveLength(2);
  await expect(startEmulator({ persist })).rejects.toThrow(`process ${process.pid}.`);
  await third.close();
  expect(await readdir(persist)).toEqual(["state.json"]);
});

test("a start that fails gives the folder back", async () => {
  const persist = await folder();
  const { emulator } = await startApi();
  await expect(startEmulator({ persist, port: emulator.port })).rejects.toMatchObject({ code: "EADDRINUSE" });
  await startApi({ persist });
});

test("a folder that cannot be made or written is refused at the start", async () => {
  const file = join(await folder(), "file");
  await writeFile(file, "text");
  const what = (where: string) =>
    new RegExp(`the state cannot be kept in ${where}: .*Choose a folder that can be written`);
  await expect(startEmulator({ persist: file })).rejects.toThrow(what(file));
  await expect(startEmulator({ persist: join(file, "inside") })).rejects.toThrow(what(join(file, "inside")));
  const readOnly = await folder();
  await chmod(readOnly, 0o555);
  // No folder of a disk is read-only to the superuser.
  const closed = process.getuid?.() === 0 ? "/proc/self" : readOnly;
  await expect(startEmulator({ persist: closed })).rejects.toThrow(what(closed));
});

test("SIGKILL in the middle of writing loses nothing that was answered", async () => {
  const persist = await folder();
  const answered: string[] = [];
  for (const round of [1, 2]) {
    const cli = await startCli(["--persist", persist, "--log", "off"]);
    const writers = [1, 2, 3, 4].map(async (writer) => {
      for (let ordinal = 0; ; ordinal += 1) {
        const name = `Line ${round} ${writer} ${ordinal}`;
        const response = await fetch(cli.url + servicesPath, {
          method: "POST",
          headers: { authorization: "Bearer amigo-demo-key", "content-type": "application/json" },
          body: JSON.stringify(newService({ name })),
        });
        if (response.status === 201) answered.push(name);
      }
    });
    await expect.poll(() => answered.length).toBeGreaterThan(round * 20);
    await sleep(round * 7);
    cli.kill("SIGKILL");
    await Promise.allSettled(writers);
  }
  const { emulator } = await startApi({ persist });
  const kept = new Set(emulator.store.services.list().map((service) => service.name));
  expect(answered.filter((name) => !kept.has(name))).toEqual([]);
  expect(emulator.store.services.get(demo.systemService)?.is_system).toBe(true);
  expect(await readdir(persist)).toContain("state.json");
}, 40_000);
