import { rmSync } from "node:fs";
import type { Emulator } from "../../src/emulator/index.js";
import { Journal } from "../../src/engine/provider/journal.js";
import { ensureEngine } from "../cli/engine.js";
import { ensureDist } from "../dist.js";
import { startAccount } from "./account.js";
import { EngineProcess } from "./engine-process.js";
import { releaseDeadLock, removeState } from "./leftovers.js";
import { claimState, type Presence, releaseState } from "./presence.js";
import { say } from "./say.js";

/** The engine, and the emulator that plays the API for as long as this process runs. */
export class Session {
  private running: Emulator | undefined;

  private constructor(
    readonly engine: EngineProcess,
    /** What an earlier run noted that died. */
    readonly former: Presence | undefined,
  ) {}

  static async open(): Promise<Session> {
    const former = claimState();
    try {
      const engine = await ensureEngine({ log: say });
      ensureDist(say);
      say(`Pulumi ${engine.version}: ${engine.bin}`);
      return new Session(new EngineProcess(engine), former);
    } catch (error) {
      releaseState();
      throw error;
    }
  }

  get account(): Emulator {
    if (!this.running) throw new Error("the emulator is not running");
    return this.running;
  }

  async startAccount(): Promise<void> {
    this.running = await startAccount();
    this.engine.useApi(this.running.url);
    say(`The Amigo API is played by the emulator: ${this.running.url}`);
  }

  /** Forgets the stack, the account that it describes, and what `recover` would know of that. */
  async startOver(): Promise<void> {
    const { url } = this.account;
    await this.stopAccount();
    removeState();
    rmSync(new Journal(url, say).file, { force: true });
  }

  async close(): Promise<void> {
    await this.stopAccount();
    releaseDeadLock();
    releaseState();
  }

  private async stopAccount(): Promise<void> {
    await this.running?.close();
    this.running = undefined;
  }
}
