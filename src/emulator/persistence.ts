import { mkdir, open, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { type FolderLock, lockFolder } from "./folder-lock.js";
import type { EmulatorStore, StoreSnapshot } from "./store.js";

const formatVersion = 1;

/** Keeps the store in `state.json` of a folder, which no other emulator can use meanwhile. The file is whole at any moment: each write goes beside it and is renamed over it. */
export class StateFile {
  readonly #folder: string;
  readonly #file: string;
  readonly #store: EmulatorStore;
  readonly #lock: FolderLock;
  #current: Promise<void> = Promise.resolve();
  #next: Promise<void> | undefined;

  private constructor(folder: string, store: EmulatorStore, lock: FolderLock) {
    this.#folder = folder;
    this.#file = join(folder, "state.json");
    this.#store = store;
    this.#lock = lock;
  }

  /** Takes the folder; rejects where another emulator has it, or it cannot be written. */
  static async open(folder: string, store: EmulatorStore): Promise<StateFile> {
    try {
      await mkdir(folder, { recursive: true });
      return new StateFile(folder, store, await lockFolder(folder));
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      if (code === undefined) throw error;
      throw new Error(`the state cannot be kept in ${folder}: ${message}. Choose a folder that can be written`);
    }
  }

  /** Reads the state into the store; false where there is none yet. Throws where the file cannot be understood. */
  async load(): Promise<boolean> {
    const text = await readFile(this.#file, "utf8").catch((error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT") return undefined;
      throw error;
    });
    if (text === undefined) return false;
    this.#store.load(readState(this.#file, text));
    return true;
  }

  /** Gives the folder back. */
  async close(): Promise<void> {
    await this.#lock.release();
  }

  /** Resolves when everything that the store holds now is on disk. Calls that come while a write runs share the next. */
  save(): Promise<void> {
    if (this.#next === undefined) {
      const next = this.#current
        .catch(() => undefined)
        .then(() => {
          this.#next = undefined;
          this.#current = next;
          return this.#write();
        });
      this.#next = next;
    }
    return this.#next;
  }

  async #write(): Promise<void> {
    if (this.#lock.lost !== undefined) throw this.#lock.lost;
    const temporary = `${this.#file}.new`;
    const handle = await open(temporary, "w");
    try {
      await handle.writeFile(JSON.stringify({ format: formatVersion, store: this.#store.snapshot() }));
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, this.#file).catch(async (error) => {
      await rm(temporary, { force: true });
      throw error;
    });
    await syncFolder(this.#folder);
  }
}

/** Makes the rename itself last; some systems cannot open folders, and there it lasts anyway or not at all. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, "r").catch(() => undefined);
  await handle?.sync().catch(() => undefined);
  await handle?.close();
}

function readState(file: string, text: string): StoreSnapshot {
  try {
    const state = JSON.parse(text) as { format?: unknown; store?: StoreSnapshot };
    if (state.format === formatVersion && state.store !== undefined) return state.store;
  } catch {
    // Said below, with the file's name.
  }
  throw new Error(`${file} is no state of this emulator: remove it, or choose another folder`);
}
