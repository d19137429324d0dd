import type { Kind, Values } from "./program.js";

/** What a provider says of a resource that is there. */
export interface Observed {
  readonly id: string;
  readonly outputs: Values;
  readonly inputs?: Values;
}

/** A failure after which the engine keeps the resource, as unfinished. */
export class Unfinished extends Error {
  constructor(
    message: string,
    readonly id: string,
    readonly outputs: Values,
  ) {
    super(message);
  }
}

export interface Diff {
  readonly changes: boolean;
  readonly replaces: readonly string[];
  readonly deleteBeforeReplace: boolean;
}

/** One provider process, for one run of the engine. */
export interface Session {
  check(kind: Kind, olds: Values, news: Values): Promise<Values>;
  diff(kind: Kind, id: string, olds: Values, news: Values): Promise<Diff>;
  create(kind: Kind, inputs: Values): Promise<Observed>;
  update(kind: Kind, id: string, olds: Values, news: Values): Promise<Values>;
  delete(kind: Kind, id: string, state: Values): Promise<void>;
  /** Undefined: the provider says that the thing is gone. */
  read(kind: Kind, id: string, state: Values): Promise<Observed | undefined>;
  /** Everything that it has printed so far. */
  log(): string;
  stop(): Promise<void>;
}

/** What the server holds a stack to, and the state that it recovers from. */
export interface StackView {
  readonly name: string;
  readonly project: string;
  readonly resources: readonly {
    readonly name: string;
    readonly kind: Kind;
    readonly id: string;
    readonly inputs: Values;
  }[];
}

/** A provider under test. */
export interface Subject {
  readonly name: "ours" | "documented";
  /** A provider process as one run of the engine starts it. */
  start(): Promise<Session>;
  /** The inputs that its classes add to the author's. */
  hidden(stack: string, kind: Kind, name: string): Values;
  /** What its user runs when an error says so; undefined where there is no such command. */
  readonly recover?: (stack: StackView) => Promise<string[]>;
  /** Whether this error asks for that. */
  asksToRecover(message: string): boolean;
  /** What it has left on this machine, to be searched for secrets. */
  leftovers(): string;
  close(): Promise<void>;
}
