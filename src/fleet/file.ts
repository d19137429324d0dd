import { realpathSync } from "node:fs";
import * as path from "node:path";
import { AmigoConfig } from "../environment/config.js";
import { roots } from "../environment/kinds.js";
import { SourceText, TextError } from "../environment/source-text.js";
import { fitting, misfits, wrongStart } from "../environment/text-problems.js";
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
  refuseDocument(source);
  const wrong = wrongStart(source, "fleet file");
  if (wrong.length > 0) throw new TextError(wrong);
  const unfit = misfits(source, fleetSchema);
  const text = fitting(source, unfit) as FleetText;
  // However it is written, it is one fleet with one lock.
  const folder = realpathSync(path.dirname(path.resolve(file)));
  const stacks = new Stacks(source, folder, AmigoConfig.read(config, config === undefined ? folder : "."));
  const isUnfit = (...place: (string | number)[]) =>
    unfit.some(({ path }) => place.every((step, index) => path[index] === step));
  for (const [index, stack] of (text.stacks ?? []).entries()) stacks.add(stack ?? {}, index, isUnfit("stacks", index));
  const found = [...unfit.map(({ problem }) => problem), ...stacks.problems];
  const areKnown = stacks.areKnown && !isUnfit("stacks") && !isUnfit("waves");
  const waves = wavesOf(source, text, { stacks: stacks.found, areKnown }, found);
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

function refuseDocument(source: SourceText): void {
  const { value } = source;
  if (value === null || typeof value !== "object" || "stacks" in value) return;
  const section = roots.map(({ form }) => form.section).find((name) => name in value);
  if (section === undefined) return;
  throw new TextError([source.problem([section], "this is an environment document; a fleet file has `stacks`")]);
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
