import { dialectGuards } from "../guards.js";
import type { Trial } from "./document.js";
import { departures } from "./values.js";

export const dialectTests = ["test/dialects/lifecycle.test.ts", "test/dialects/readings.test.ts"];

/** Of one setting: a whole life and what is different, on a default server and on one with the setting. */
const TESTS_OF_ONE = 4;

interface Outcome {
  readonly passed: readonly { readonly name: string }[];
  readonly failed: readonly string[];
}

/** Runs the tests whose name fits, on a copy of the source in which the text was replaced. */
export type RunChanged = (
  change: { readonly file: string; readonly find: string; readonly replace: string },
  files: readonly string[],
  pattern: string,
) => Promise<Outcome>;

/** Labels of settings, or names of switches, as one types them; undefined for what is neither. */
export function settingsNamed(text: string): string[] | undefined {
  if (text === "dialects") return departures.map(({ label }) => label);
  const found = departures.filter(({ name, label }) => name === text || label === text).map(({ label }) => label);
  return found.length > 0 ? found : undefined;
}

export async function tryWrong(run: RunChanged, index: number): Promise<Trial> {
  const guard = dialectGuards[index] as (typeof dialectGuards)[number];
  const { passed, failed } = await run(guard, dialectTests, patternOf(guard.setting));
  const ran = passed.length + failed.length;
  if (ran !== TESTS_OF_ONE)
    throw new Error(`${guard.setting}: ${ran} tests ran with the change to ${guard.file}, not ${TESTS_OF_ONE}`);
  const byDefault = failed.filter((name) => name.startsWith("default: ")).length;
  return { failed: failed.length - byDefault, of: TESTS_OF_ONE / 2, byDefault };
}

/** Fits the names of the tests of one setting, and of their like on a default server. */
function patternOf(label: string): string {
  return `(^| )(default: all six kinds|default: what ${label} would change|${label}: )`;
}
