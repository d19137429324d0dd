import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { type Emulator, type StoreSnapshot, seedIds, startEmulator } from "../../src/emulator/index.js";
import type { Declaration, Options, Program, StackName, Values } from "../engine/program.js";
import { InProcessStack } from "../engine/run.js";
import type { Stack } from "../engine/stack.js";
import { StackState } from "../engine/state.js";
import { refsIn } from "../engine/values.js";
import { FAULTY_SETTINGS } from "./faults.js";
import { SECRET } from "./kinds.js";

/** A resource of the program under work. */
export interface Draft extends Declaration {
  name: string;
  inputs: Values;
  options: Options & { aliases?: string[] };
}

/** One of the two stacks of a story, and its program as it stands. */
export interface Shop {
  readonly stack: Stack;
  drafts: Draft[];
  /** A sibling that passes every check and fails at its create. */
  bad: boolean;
}

export const STACKS: readonly StackName[] = [
  { project: "clinic", stack: "prod" },
  { project: "clinic", stack: "other" },
];

export const API_KEY = "amigo-demo-key";

/** Where a story's stacks live. */
export type MakeStack = (name: StackName, settings: Readonly<Record<string, string>>, home?: string) => Stack;

const inProcess: MakeStack = (name, settings, home) => new InProcessStack(name, new StackState(), settings, home);

/** A list of services has 20 on a page; with these it has a second one. */
const SYSTEM_SERVICES = 20;

/** Where the server asks a key to wait for a day, the next run has another key: it is another process, and knows nothing of it. */
const KEYS = 100;

/** How many keys have had to wait at each address: ports are used again. */
const keysUsed = new Map<string, number>();

/** The server and both stacks of a story. One server serves many stories, one after another. */
export class World {
  shops: readonly Shop[] = [];
  readonly #start: StoreSnapshot;

  private constructor(
    readonly emulator: Emulator,
    private readonly makeStack: MakeStack,
    /** The share of requests that a fault strikes. */
    readonly rate: number,
    /** Where the stacks keep their journal. */
    readonly home: string | undefined,
  ) {
    const workspace_id = seedIds.workspace;
    const parts = { agent_id: seedIds.agents.frontDesk, context_graph_id: seedIds.contextGraphs.scheduling };
    for (let index = 0; rate > 0 && index < SYSTEM_SERVICES; index += 1) {
      emulator.store.addService({ workspace_id, name: `System ${index}`, ...parts, is_system: true });
    }
    this.#start = emulator.store.snapshot();
    this.reset();
  }

  static async open(makeStack = inProcess): Promise<World> {
    return new World(await startEmulator(), makeStack, 0, undefined);
  }

  /** A server with this share of its requests struck by faults, and stacks whose processes keep a journal. */
  static async openFaulty(rate: number): Promise<World> {
    const keys = Array.from({ length: KEYS }, (_, index) => [`${API_KEY}-${index}`, "owner"]);
    const emulator = await startEmulator({ apiKeys: Object.fromEntries(keys) });
    return new World(emulator, inProcess, rate, mkdtempSync(path.join(tmpdir(), "stories-")));
  }

  get store() {
    return this.emulator.store;
  }

  get key(): string {
    return this.rate > 0 ? `${API_KEY}-${this.#keysUsed % KEYS}` : API_KEY;
  }

  /** From now on, runs have another key. */
  nextKey(): void {
    keysUsed.set(this.emulator.url, this.#keysUsed + 1);
  }

  get #keysUsed(): number {
    return keysUsed.get(this.emulator.url) ?? 0;
  }

  reset(): void {
    this.emulator.store.load(structuredClone(this.#start));
    this.emulator.faults.clear();
    this.emulator.clearRequests();
    const key = () => this.key;
    const settings = {
      baseUrl: this.emulator.url,
      get apiKey() {
        return key();
      },
      workspaceId: seedIds.workspace,
      settleSeconds: "3",
      maxAttempts: "3",
      // Long enough for a busy machine, at the speed of stories.
      timeoutSeconds: "600",
      ...(this.rate > 0 ? FAULTY_SETTINGS : {}),
    };
    this.shops = STACKS.map((name) => ({ stack: this.makeStack(name, settings, this.home), drafts: [], bad: false }));
  }

  async close(): Promise<void> {
    await this.emulator.close();
    if (this.home) rmSync(this.home, { recursive: true, force: true });
  }
}

const NO_SUCH_SETUP = "5e700000-0000-4000-8000-0000000000ff";

/** The program of a stack as it stands, each resource after those that it names. */
export function programOf({ drafts, bad }: Shop): Program {
  const failing: Declaration = {
    name: "bad",
    kind: "useCase",
    inputs: { channel: "inbound_voice", entityName: "Bad", name: "Bad", setupId: NO_SUCH_SETUP },
    options: {},
  };
  const names = ({ inputs, options }: Declaration) => refsIn([inputs, options.deletedWith]).length;
  return [...drafts, ...(bad ? [failing] : [])].toSorted((a, b) => names(a) - names(b)).map(withSecrets);
}

function withSecrets(declaration: Declaration): Declaration {
  const { inputs, options } = declaration;
  const secrets = Object.keys(inputs).filter((name) => JSON.stringify(inputs[name])?.includes(SECRET));
  return { ...declaration, options: { ...options, secrets } };
}
