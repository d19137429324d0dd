import { isRemote, same } from "./compare.js";
import { HIDDEN, LOOKED_UP } from "./hidden.js";
import type { Lifecycle, Values } from "./lifecycle.js";
import { sanitiseValues } from "./sanitise.js";

/** The inputs among the values, with what the engine or the classes added left out. */
export function inputsOf(lifecycle: Lifecycle, values: Values): Values {
  const names = Object.keys(lifecycle.properties);
  return Object.fromEntries(
    [...names, HIDDEN.owner]
      .filter((name) => (values[name] ?? undefined) !== undefined)
      .map((name) => [name, values[name]]),
  );
}

/**
 * What the engine keeps: the declared inputs and the computed properties, nothing else. A declared input is kept as it was
 * written where what exists means the same, so that neither order nor filled-in defaults ever show as a change.
 */
export function outputsOf(lifecycle: Lifecycle, declared: Values, live: Values): Values {
  const { [HIDDEN.owner]: owner, ...inputs } = observed(lifecycle, declared, live);
  const mark = lifecycle.marked ? { [HIDDEN.owner]: owner } : {};
  return sanitiseValues({ ...inputs, ...mark, ...pick(lifecycle.computed, live) });
}

/** The declared inputs, each with the value that exists. */
export function observed(lifecycle: Lifecycle, declared: Values, live: Values): Values {
  const inputs = inputsOf(lifecycle, declared);
  for (const [name, property] of Object.entries(lifecycle.properties)) {
    if (inputs[name] === undefined || !isRemote(property) || same(property, inputs[name], live[name])) continue;
    inputs[name] = live[name];
  }
  return sanitiseValues(inputs);
}

/** Everything that exists, for resources that are looked up and not managed. */
export function everything(lifecycle: Lifecycle, given: Values, live: Values): Values {
  const names = [...Object.keys(lifecycle.properties), ...lifecycle.computed];
  return sanitiseValues({ ...given, ...pick(names, live), [LOOKED_UP]: true });
}

function pick(names: readonly string[], values: Values): Values {
  return Object.fromEntries(names.map((name) => [name, values[name]]));
}
