// Compiled by `npm run typecheck` and by test/resources/seventh.test.ts, never run: what disagrees is named.
import type { Input, Output } from "@pulumi/pulumi";
import { z } from "zod";
import type { Lifecycle, Properties } from "../../src/engine/lifecycle.js";
import type { AmigoResource } from "../../src/engine/program/resource.js";
import type { Agreeing, LookupResult, Shown } from "../../src/resources/agreement.js";

const properties = {
  text: { schema: z.string(), change: "update" },
  word: { schema: z.enum(["a", "b"]).optional(), change: "update", default: "a" },
  free: { schema: z.number().optional(), change: "update" },
  own: { schema: z.boolean().optional(), change: "local", default: false },
} as const satisfies Properties;

/** A resource with this table, the computed output `made`, and these arguments and outputs. */
interface Class<Arguments, Outputs> {
  new (name: string, args: Arguments): AmigoResource & Outputs;
  readonly __lifecycle: Omit<Lifecycle, "properties" | "computed"> & {
    readonly properties: typeof properties;
    readonly computed: readonly ["made"];
  };
}
type Args = { text: Input<string>; word?: Input<"a" | "b">; free?: Input<number>; own?: Input<boolean> };
type Outputs = {
  text: Output<string>;
  word: Output<string>;
  free: Output<number | undefined>;
  own: Output<boolean>;
  made: Output<string>;
};

type Same<One, Other> = [One] extends [Other] ? ([Other] extends [One] ? true : false) : false;
type Finds<Arguments, Shown, Wrong extends string> = Same<keyof Agreeing<Class<Arguments, Shown>>, Wrong>;

type Thing = Class<Args, Outputs>;
export const agreeing: Same<Agreeing<Thing>, Thing> = true;

export const found: readonly true[] = [
  true satisfies Finds<Omit<Args, "own">, Outputs, "the row own has no argument">,
  true satisfies Finds<Args & { more?: Input<string> }, Outputs, "the argument more has no row">,
  true satisfies Finds<Args, Omit<Outputs, "free">, "the class lacks the output free">,
  true satisfies Finds<Args, Omit<Outputs, "made">, "the class lacks the output made">,
  true satisfies Finds<Args, Outputs & { more: Output<string> }, "the output more has no row and is not computed">,
  true satisfies Finds<
    Omit<Args, "word"> & { word?: Input<"a" | "c"> },
    Outputs,
    "the argument word has another type than its row"
  >,
  true satisfies Finds<
    Omit<Args, "text"> & { text?: Input<string> },
    Outputs,
    "the argument text is optional, or its row is, and not both"
  >,
  true satisfies Finds<
    Args,
    Omit<Outputs, "text"> & { text: Output<number> },
    "the output text has another type than its row"
  >,
  true satisfies Finds<Args, Omit<Outputs, "free"> & { free: Output<number> }, "the output free may be undefined">,
];

type Found = { id: string; text: string; word: string; free?: number; made: string };
export const lookup: Same<LookupResult<InstanceType<Thing>, "own">, Found> = true;
export const shown: Same<keyof Shown<Thing>, keyof Found> = true;
