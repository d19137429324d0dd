import { randomUUID } from "node:crypto";
import { type Deployment, type Entry, mustBeKnown } from "./entries.js";
import { Replay } from "./replay.js";
import { Secrets } from "./secrets.js";

/** A deployment with the version of its schema, as it is exported. */
export interface Exported {
  readonly version: number;
  readonly deployment: Deployment;
}

/** An answer other than success. */
export class Refusal extends Error {
  constructor(
    readonly status: 400 | 401 | 404 | 409 | 422,
    message: string,
  ) {
    super(message);
  }
}

export class Stack {
  readonly id = randomUUID();
  readonly secrets = new Secrets();
  /** Number of the last update. */
  version = 0;
  /** The update that holds the stack. */
  active?: Update;
  readonly updates = new Map<string, Update>();
  private state: Exported;

  constructor(
    readonly path: { readonly org: string; readonly project: string; readonly name: string },
    public tags: Record<string, string> = {},
    state?: Exported,
  ) {
    const nothing = { manifest: { time: new Date(0).toISOString(), magic: "", version: "" } };
    this.state = state ?? { version: 3, deployment: nothing };
  }

  /** As of now: a killed CLI's journal counts as far as it came. */
  export(): Exported {
    return this.active?.result(this.state) ?? this.state;
  }

  create(dryRun: boolean): Update {
    const update = new Update(dryRun);
    this.updates.set(update.id, update);
    return update;
  }

  start(update: Update, journalVersion: number): void {
    if (!update.dryRun) {
      if (this.active) throw new Refusal(409, "Conflict: Another update is currently in progress.");
      this.active = update;
      this.version += 1;
    }
    update.token = randomUUID();
    update.journaled = !update.dryRun && journalVersion >= 1;
  }

  /** Ends an update, by itself or by cancelling it. */
  end(update: Update): void {
    if (this.active === update) {
      this.state = this.export();
      this.active = undefined;
    }
    update.token = undefined;
  }
}

export class Update {
  readonly id = randomUUID();
  /** While it runs. */
  token?: string;
  journaled = false;
  /** By sequence id: the CLI may send a batch again. */
  private readonly entries = new Map<number, Entry>();
  private checkpoint?: Buffer;

  constructor(readonly dryRun: boolean) {}

  append(entries: readonly Entry[]): void {
    if (!this.journaled) throw new Refusal(400, "Bad Request: this update keeps no journal.");
    for (const entry of entries) {
      mustBeKnown(entry);
      this.entries.set(entry.sequenceID, entry);
    }
  }

  /** The whole state; its text is read when somebody asks for it. */
  save(checkpoint: Buffer): void {
    if (this.journaled) throw new Refusal(400, "Bad Request: this update keeps a journal.");
    this.checkpoint = checkpoint;
  }

  /** What it has made of the state so far; undefined where it has written nothing. */
  result(before: Exported): Exported | undefined {
    if (this.checkpoint) {
      const { version, deployment } = JSON.parse(this.checkpoint.toString("utf8")) as Exported;
      return { version, deployment };
    }
    if (this.entries.size === 0) return undefined;
    const replay = new Replay(before.deployment);
    for (const entry of [...this.entries.values()].sort((a, b) => a.sequenceID - b.sequenceID)) replay.add(entry);
    return { version: 3, deployment: replay.deployment() };
  }
}
