import { withoutKeys } from "../../api/redact.js";
import { isRemote, same, undeclaredIn } from "../compare.js";
import { HIDDEN, LOOKED_UP } from "../hidden.js";
import type { Lifecycle, Values } from "../lifecycle.js";
import { fullMark, shortMark } from "../owner.js";
import { sanitise, sanitiseValues } from "../sanitise.js";
import { typeToken } from "../tokens.js";
import { UNKNOWN } from "../unknown.js";

/** Hidden values that operations need beside the inputs. */
const CARRIED = [HIDDEN.owner, HIDDEN.takenFrom, HIDDEN.secrets, HIDDEN.ignore] as const;

/** The declared inputs among the values and the full owner mark, with what else the engine or the classes added left out. */
export function inputsOf(lifecycle: Lifecycle, values: Values): Values {
  const marked = withFullMark(lifecycle, values);
  const undeclared = undeclaredIn(values);
  const names = Object.keys(lifecycle.properties).filter((name) => !undeclared.has(name));
  return pickDefined([...names, ...CARRIED], marked);
}

/** State holds the mark in a short form; lifecycles, the journal and the API in full. */
export function withFullMark({ kind }: Lifecycle, values: Values): Values {
  const mark = values[HIDDEN.owner];
  return typeof mark === "string" ? { ...values, [HIDDEN.owner]: fullMark(mark, typeToken(kind)) } : values;
}

function withShortMark({ kind }: Lifecycle, values: Values): Values {
  const mark = values[HIDDEN.owner];
  return typeof mark === "string" ? { ...values, [HIDDEN.owner]: shortMark(mark, typeToken(kind)) } : values;
}

/**
 * What the engine keeps: the declared inputs, the computed properties, and what exists otherwise than the contract's default
 * without being declared. A declared input is kept as it was written, so that neither order nor filled-in defaults ever show as a
 * change.
 * @param observe Names of the declared inputs that are kept as they exist, where that means something else.
 */
export function outputsOf(
  lifecycle: Lifecycle,
  declared: Values,
  live: Values,
  observe: (name: string) => boolean = () => true,
): Values {
  const inputs = observed(lifecycle, declared, live, observe);
  const { [HIDDEN.owner]: owner, [HIDDEN.ignore]: _ignore, [HIDDEN.takenFrom]: takenFrom, ...kept } = inputs;
  const marks = lifecycle.marked
    ? { [HIDDEN.owner]: owner, [HIDDEN.takenFrom]: takenFrom === live[HIDDEN.owner] ? takenFrom : undefined }
    : {};
  const beside = undeclared(lifecycle, inputs, live);
  const names = Object.keys(beside).sort();
  const listed = names.length > 0 ? { [HIDDEN.undeclared]: names } : {};
  const { updatedAt, ...computed } = pick(lifecycle.computed, live);
  const { [HIDDEN.disturbed]: disturbed } = live;
  // What was never changed says so once.
  const changed = updatedAt === computed.createdAt ? {} : { updatedAt };
  return {
    ...kept,
    ...sanitiseValues(
      { ...beside, ...listed, ...marks, ...computed, ...changed, [HIDDEN.disturbed]: disturbed },
      forState,
    ),
  };
}

/** What exists, is not declared, and is not the contract's default. */
function undeclared(lifecycle: Lifecycle, inputs: Values, live: Values): Values {
  const found = Object.entries(lifecycle.properties).filter(
    ([name, property]) =>
      isRemote(property) &&
      !property.declaredOnly &&
      inputs[name] === undefined &&
      (live[name] ?? undefined) !== undefined &&
      !same(property, live[name], property.default),
  );
  return Object.fromEntries(found.map(([name]) => [name, live[name]]));
}

/** The names of what nobody declares and exists otherwise than state held it. */
export function changedBeside({ properties }: Lifecycle, before: Values, after: Values): string[] {
  const names = new Set([...undeclaredIn(before), ...undeclaredIn(after)]);
  return [...names].filter((name) => {
    const property = properties[name];
    return !same(property, before[name] ?? property?.default, after[name] ?? property?.default);
  });
}

/** The declared inputs, each with the value that exists. */
export function observed(
  lifecycle: Lifecycle,
  declared: Values,
  live: Values,
  observe: (name: string) => boolean = () => true,
): Values {
  const inputs = inputsOf(lifecycle, declared);
  for (const [name, property] of Object.entries(lifecycle.properties)) {
    if (inputs[name] === undefined || !isRemote(property) || same(property, inputs[name], live[name])) continue;
    if (observe(name)) inputs[name] = sanitise(live[name], forState);
  }
  return sanitiseValues(withShortMark(lifecycle, inputs));
}

/** Everything that exists, for resources that are looked up and not managed. */
export function everything(lifecycle: Lifecycle, given: Values, live: Values): Values {
  const names = [...Object.keys(lifecycle.properties), ...lifecycle.computed];
  return { ...given, ...sanitiseValues(pick(names, live), forState), [LOOKED_UP]: true };
}

/** Texts to which the engine gives a meaning of its own: an unknown value, and an object that is a secret or a file. */
const ENGINE_MARKS = new Set([UNKNOWN, "4dabf18193072939515e22adb298388d"]);

/** What the server says, as state may hold it: without our key, and nothing that the engine would take for more than data. */
function forState(text: string): string | undefined {
  return ENGINE_MARKS.has(text) ? undefined : withoutKeys(text);
}

function pick(names: readonly string[], values: Values): Values {
  return Object.fromEntries(names.map((name) => [name, values[name]]));
}

function pickDefined(names: readonly string[], values: Values): Values {
  return Object.fromEntries(
    names.filter((name) => (values[name] ?? undefined) !== undefined).map((name) => [name, values[name]]),
  );
}
