import type { Program, RunOptions, StackName } from "./program.js";
import type { Recovered } from "./recover.js";
import type { StackState } from "./state.js";
import type { Step } from "./steps.js";

export interface RunResult {
  readonly outcome: "succeeded" | "failed" | "killed";
  /** Where a failure came: nothing is sent in a preview. */
  readonly failedIn?: "preview" | "run";
  readonly errors: readonly string[];
  readonly warnings: readonly string[];
  readonly steps: readonly Step[];
}

/** One stack, and what the command line does with it: on the stand-in, or on the real engine. */
export interface Stack {
  readonly name: StackName;
  /** As the last run left it. */
  readonly state: StackState;
  up(program: Program, options?: RunOptions): Promise<RunResult>;
  refresh(options?: RunOptions): Promise<RunResult>;
  destroy(options?: RunOptions): Promise<RunResult>;
  /** Settles the creates that an interrupted run left open, where the stack keeps a journal. */
  recover?(): Promise<Recovered[]>;
  /** Lets the state say that a resource was made long ago. */
  age(id: string): void;
}
