import { realpathSync } from "node:fs";
import * as path from "node:path";
import { AmigoConfig } from "../environment/config.js";
import { SourceText, TextError } from "../environment/source-text.js";
import { findProblemsIn } from "../environment/text-problems.js";
import { type FleetText, fleetSchema, milliseconds } from "./schema.js";
import { Selector } from "./selector.js";
import { type FleetStack, Stacks } from "./stacks.js";
import { type Wave, wavesOf } from "./waves.js";

/** What a fleet file says, checked; paths are absolute. */
export interface Fleet {
  readonly file: string;
  /** The file's folder, where runs are kept. */
  readonly folder: string;
  readonly stacks: readonly FleetStack[];
  /** In their order; each stack is in one of them. */
  readonly waves: readonly Wave[];
  readonly gate?: { readonly command: string; readonly timeoutMs: number };
  readonly budget?: { readonly maxConcurrency?: number; readonly requestsPerSecond?: number };
}

const GATE_TIMEOUT = "10m";

/** Reads a fleet file; throws a TextError with all that is wrong with it. `config` is amigo.yaml, by default the nearest one. */
export function readFleet(file: string, config?: string): Fleet {
  const source = SourceText.read(file);
  const problems = findProblemsIn(source, fleetSchema, "fleet file");
  if (problems.length > 0) throw new TextError(problems);
  const text = source.value as FleetText;
  // However it is written, it is one fleet with one lock.
  const folder = realpathSync(path.dirname(path.resolve(file)));
  const stacks = new Stacks(source, folder, AmigoConfig.read(config, config === undefined ? folder : "."));
  for (const [index, stack] of text.stacks.entries()) stacks.add(stack, index);
  const found = [...stacks.problems];
  const waves = found.length > 0 ? [] : wavesOf(source, text, stacks.found, found);
  if (found.length > 0) throw new TextError(found);
  const { gate, budget } = text;
  return {
    file: path.join(folder, path.basename(file)),
    folder,
    stacks: stacks.found,
    waves,
    ...(gate ? { gate: { command: gate.command, timeoutMs: milliseconds(gate.timeout ?? GATE_TIMEOUT) } } : {}),
    ...(budget ? { budget } : {}),
  };
}

/** The part of a fleet that a selector chooses; waves that are left empty are gone. Throws where nothing is chosen. */
export function selectFrom(fleet: Fleet, text: string | undefined): Fleet {
  if (text === undefined) return fleet;
  let selector: Selector;
  try {
    selector = Selector.parse(text);
  } catch (error) {
    throw new Error(`--select: ${(error as Error).message}`);
  }
  const stacks = fleet.stacks.filter((stack) => selector.matches(stack));
  if (stacks.length === 0)
    throw new Error(`--select ${text} selects no stack of ${fleet.file}${selector.hint(fleet.stacks)}`);
  const waves = fleet.waves.map((wave) => ({ ...wave, stacks: wave.stacks.filter((stack) => stacks.includes(stack)) }));
  return { ...fleet, stacks, waves: waves.filter((wave) => wave.stacks.length > 0) };
}
