import type { Emulator } from "../../../src/emulator/index.js";
import type { FaultClass, Timing } from "./classes.js";
import type { OperationRecord } from "./drive.js";
import type { Gate } from "./gate.js";
import type { Program } from "./program.js";
import type { Stack } from "./stack.js";
import type { Subject } from "./subject.js";
import type { Tally } from "./tally.js";
import type { World } from "./world.js";

export interface CampaignOptions {
  readonly subject: Subject;
  readonly emulator: Emulator;
  readonly seed: number;
  readonly operations: number;
  readonly rate: number;
  readonly timing: Timing;
  readonly apiKey: string;
  /** The classes to draw from. @default all */
  readonly only?: readonly FaultClass[];
  readonly progress?: (done: number) => void;
}

/** A stack with the world that its author wants. */
export interface Side {
  readonly stack: Stack;
  readonly world: World;
  program: Program;
}

/** A binding that somebody else moved in the middle of one of ours. */
export interface ForeignMove {
  readonly useCaseId: string;
  readonly serviceId: string;
  readonly workspaceId: string;
  readonly record: OperationRecord;
}

/** What a campaign has so far: the judges of rounds and refreshes read it and count in its tally. */
export interface Scene {
  readonly options: CampaignOptions;
  readonly tally: Tally;
  readonly sides: readonly Side[];
  /** Not yet looked at by a refresh, by use case. */
  readonly moves: Map<string, ForeignMove>;
  readonly gate: Gate;
  readonly logs: string[];
  readonly errors: string[];
}
