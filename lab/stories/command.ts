import fc from "fast-check";

/** What a story can do, each with how often it is drawn. Earlier ones are simpler: a shrinking story moves towards them. */
export const VERBS = {
  up: 20,
  declare: 10,
  change: 24,
  remove: 5,
  withdraw: 3,
  bad: 5,
  match: 5,
  rename: 8,
  renameWithAlias: 2,
  ignore: 8,
  protect: 1,
  provision: 3,
  adopt: 4,
  capitals: 4,
  swap: 2,
  import: 5,
  share: 2,
  consoleChange: 14,
  consoleMake: 3,
  consoleDelete: 3,
  consoleMove: 2,
  refresh: 4,
  upRefresh: 3,
  upSerial: 3,
  upSkipPreview: 2,
  upTarget: 2,
  upReplace: 3,
  upKilled: 2,
  destroy: 1,
  fault: 8,
} as const;

export type Verb = keyof typeof VERBS;

/** One command; the numbers pick among what there is when it comes to be carried out. */
export interface Command {
  readonly verb: Verb;
  /** 0: the story's main stack. */
  readonly stack: number;
  readonly pick: number;
  readonly other: number;
  readonly value: number;
  /** Whether it is about what most of the story is about: 2 the same property, 1 the same resource, 0 its own picks. */
  readonly near: number;
}

export interface Story {
  /** What the main stack's program declares at first. */
  readonly opening: number;
  /** Whether that has been run before the story begins. */
  readonly opened: boolean;
  readonly dialect: number;
  /** The resource and the property that most of the story is about. */
  readonly focus: { readonly pick: number; readonly other: number };
  readonly commands: readonly Command[];
}

/** What the real engine cannot be made to do, with the reason. */
export const ONLY_IN_PROCESS: Partial<Record<Verb, string>> = {
  upKilled: "no signal reaches the CLI at a chosen request soon enough",
};

const command = (leftOut: object): fc.Arbitrary<Command> =>
  fc.record({
    verb: fc.oneof(
      ...Object.entries(VERBS)
        .filter(([verb]) => !(verb in leftOut))
        .map(([verb, weight]) => ({ arbitrary: fc.constant(verb as Verb), weight })),
    ),
    stack: fc.oneof({ arbitrary: fc.constant(0), weight: 9 }, { arbitrary: fc.constant(1), weight: 1 }),
    pick: fc.nat(9),
    other: fc.nat(9),
    value: fc.nat(9),
    near: fc.constantFrom(2, 2, 2, 1, 1, 0, 0),
  });

/** Stories of so many commands at most, without some verbs. */
export function stories(maxLength = 16, leftOut: Partial<Record<Verb, string>> = {}): fc.Arbitrary<Story> {
  return fc.record({
    opening: fc.nat(8),
    opened: fc.constantFrom(true, true, true, false),
    dialect: fc.oneof({ arbitrary: fc.constant(0), weight: 6 }, { arbitrary: fc.nat(10), weight: 4 }),
    focus: fc.record({ pick: fc.nat(9), other: fc.nat(9) }),
    commands: fc.array(command(leftOut), { minLength: 3, maxLength, size: "max" }),
  });
}
