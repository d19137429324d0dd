import { type Emulator, type StoreSnapshot, seedIds, startEmulator } from "../../src/emulator/index.js";
import type { Declaration, Options, Program, StackName, Values } from "../engine/program.js";
import { InProcessStack } from "../engine/run.js";
import type { Stack } from "../engine/stack.js";
import { StackState } from "../engine/state.js";
import { refsIn } from "../engine/values.js";
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
export type MakeStack = (name: StackName, settings: Readonly<Record<string, string>>) => Stack;

const inProcess: MakeStack = (name, settings) => new InProcessStack(name, new StackState(), settings);

/** The server and both stacks of a story. One server serves many stories, one after another. */
export class World {
  shops: readonly Shop[] = [];

  private constructor(
    readonly emulator: Emulator,
    private readonly start: StoreSnapshot,
    private readonly makeStack: MakeStack,
  ) {
    this.reset();
  }

  static async open(makeStack = inProcess): Promise<World> {
    const emulator = await startEmulator();
    return new World(emulator, emulator.store.snapshot(), makeStack);
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
    this.shops = STACKS.map((name) => ({ stack: this.makeStack(name, settings), drafts: [], bad: false }));
  }

  close(): Promise<void> {
    return this.emulator.close();
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
