import { type Emulator, type StoreSnapshot, seedIds, startEmulator } from "../../src/emulator/index.js";
import type { Declaration, Options, Program, StackName, Values } from "../engine/program.js";
import { Stack } from "../engine/run.js";
import { StackState } from "../engine/state.js";
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

/** The server and both stacks of a story. One server serves many stories, one after another. */
export class World {
  shops: readonly Shop[] = [];

  private constructor(
    readonly emulator: Emulator,
    private readonly start: StoreSnapshot,
  ) {
    this.reset();
  }

  static async open(): Promise<World> {
    const emulator = await startEmulator();
    return new World(emulator, emulator.store.snapshot());
  }

  get store() {
    return this.emulator.store;
  }

  reset(): void {
    this.emulator.store.load(structuredClone(this.start));
    this.emulator.faults.clear();
    this.emulator.clearRequests();
    const settings = {
      baseUrl: this.emulator.url,
      apiKey: API_KEY,
      workspaceId: seedIds.workspace,
      settleSeconds: "3",
      maxAttempts: "3",
    };
    this.shops = STACKS.map((name) => ({ stack: new Stack(name, new StackState(), settings), drafts: [], bad: false }));
  }

  close(): Promise<void> {
    return this.emulator.close();
  }
}

const NO_SUCH_SETUP = "5e700000-0000-4000-8000-0000000000ff";

/** The program of a stack as it stands. */
export function programOf({ drafts, bad }: Shop): Program {
  const failing: Declaration = {
    name: "bad",
    kind: "useCase",
    inputs: { channel: "inbound_voice", entityName: "Bad", name: "Bad", setupId: NO_SUCH_SETUP },
    options: {},
  };
  return [...drafts, ...(bad ? [failing] : [])].map(withSecrets);
}

function withSecrets(declaration: Declaration): Declaration {
  const { inputs, options } = declaration;
  const secrets = Object.keys(inputs).filter((name) => JSON.stringify(inputs[name])?.includes(SECRET));
  return { ...declaration, options: { ...options, secrets } };
}
