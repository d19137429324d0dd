import type { ResourceChange } from "./changes.js";
import type { FleetStack } from "./stacks.js";

/** What a stack's process is to do. `check` reads what exists and changes nothing. */
export interface Task {
  readonly command: "preview" | "up" | "check";
  readonly stack: FleetStack;
  /** The folder of the fleet. */
  readonly folder: string;
  /** The CLI, which was found once for all stacks. */
  readonly bin: string;
  /** Of a run: reads what exists first, so that it puts back what somebody changed. */
  readonly refresh?: boolean;
}

/** What a stack's process says. */
export type Message =
  /** It still runs, and so does all that it has started. */
  | { readonly kind: "beat" }
  /** It still runs, and something that it has started gives no sign of life. */
  | { readonly kind: "quiet"; readonly what: string }
  /** The engine that it has started. */
  | { readonly kind: "engine"; readonly pid: number }
  | { readonly kind: "progress"; readonly text: string }
  /** How it ended; the last one. */
  | { readonly kind: "answer"; readonly answer: Answer };

/** How a sentence of a check about drift begins. */
export const DRIFT = "drift: ";

/** How it ends where something exists that no program declares. */
export const FOREIGN = "exists and is not declared";

/** What kinds of drift some sentences name. */
export function driftIn(sentences: readonly string[]): { readonly own: boolean; readonly foreign: boolean } {
  const drifts = sentences.filter((sentence) => sentence.includes(DRIFT));
  const isForeign = (sentence: string) => sentence.endsWith(FOREIGN);
  return { own: drifts.some((one) => !isForeign(one)), foreign: drifts.some(isForeign) };
}

/** How a task ended. */
export interface Answer {
  readonly state: "done" | "failed" | "interrupted";
  /** Of a run: how many resources by operation; of a preview, how many there would be. */
  readonly changes?: Readonly<Record<string, number>>;
  /** Of a preview the first of what would change, of a run that failed the first of what it did; and how many more there are. */
  readonly resources?: readonly ResourceChange[];
  readonly moreResources?: number;
  readonly error?: string;
  /** What the program and the provider warned of, such as a change by hand that was left as it is. */
  readonly warnings?: readonly string[];
  /** Of a check: what differs, or could not be read, each as a sentence. Empty: it was read, and all is as declared. */
  readonly differences?: readonly string[];
  /** Of a check: the lines that were read back. */
  readonly lines?: number;
}

/** Asks a stack's process to let finish what is under way, and to begin nothing more. */
export const STOP = { kind: "stop" } as const;

/** How often a stack's process says that it runs. */
export const BEAT_MS = 5_000;
