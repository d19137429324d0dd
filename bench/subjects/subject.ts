import type { Fixture } from "../fixture/process.js";
import type { Fleet, Step } from "../fleet.js";
import type { CommandCost } from "../measure/command.js";

/** What is compared: one way of making the fleet, at one size. */
export interface Subject {
  /** Does a step and says what it cost; undefined where the subject has no such step. */
  run(step: Step): Promise<CommandCost | undefined>;
  /** Previews a changed fleet; undefined where the subject tells no differences. */
  firstDifference?(): Promise<{ firstDifferenceSeconds: number; seconds: number }>;
  /** Bytes of the state on disk; undefined where there is none. */
  stateBytes(): number | undefined;
  /** Removes its files. */
  remove(): void;
}

export interface Setting {
  readonly fixture: Fixture;
  readonly fleet: Fleet;
  readonly parallel: number;
  /** Folder with the `package.json` and the `dist` of the library. */
  readonly library: string;
}

export interface SubjectKind {
  /** As `--subjects` takes it. */
  readonly name: string;
  /** As tables show it. */
  readonly title: string;
  readonly prepare: (setting: Setting) => Promise<Subject>;
}
