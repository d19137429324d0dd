import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import * as path from "node:path";
import { type Emulator, type StoreSnapshot, seedIds, startEmulator } from "../../src/emulator/index.js";
import { apiKey, emulatorFolder, portFile, stateFolder } from "./places.js";

/** Starts the emulator on what earlier runs left, at the address that they used where it is still free. */
export async function startAccount(): Promise<Emulator> {
  mkdirSync(stateFolder, { recursive: true });
  const emulator = await startAtFormerPort().catch(async (error: unknown) => {
    if (!isTaken(error)) throw error;
    await refuseSecondEmulator();
    return start(0);
  });
  writeFileSync(portFile, String(emulator.port));
  return emulator;
}

function startAtFormerPort(): Promise<Emulator> {
  return start(formerPort());
}

function formerPort(): number {
  const former = existsSync(portFile) ? Number(readFileSync(portFile, "utf8")) : 0;
  return Number.isInteger(former) && former > 0 && former < 65_536 ? former : 0;
}

/** Two emulators on one folder would undo each other's changes; any other program may have the port. */
async function refuseSecondEmulator(): Promise<void> {
  const url = `http://127.0.0.1:${formerPort()}`;
  const served = await fetch(`${url}/__emulator/state`, { signal: AbortSignal.timeout(2000) }).then(
    (answer) => answer.text(),
    () => "",
  );
  const own = workspacesOnDisk().filter((id) => id !== seedIds.workspace);
  if (own.some((id) => served.includes(id))) {
    throw new Error(`An emulator already serves this account at ${url}: stop it, then run this again.`);
  }
}

function workspacesOnDisk(): string[] {
  const file = path.join(emulatorFolder, "state.json");
  if (!existsSync(file)) return [];
  const { store } = JSON.parse(readFileSync(file, "utf8")) as { store: StoreSnapshot };
  return store.workspaces.map(({ id }) => id);
}

function start(port: number): Promise<Emulator> {
  return startEmulator({ port, persist: emulatorFolder, seed: "demo", apiKeys: { [apiKey]: "owner" } });
}

function isTaken(error: unknown): boolean {
  for (let at = error as NodeJS.ErrnoException | undefined; at; at = at.cause as NodeJS.ErrnoException | undefined) {
    if (at.code === "EADDRINUSE" || at.code === "EACCES") return true;
  }
  return false;
}
