import { type Setting, settings } from "./values.js";

/** How likely a switch is to be turned from its default. */
const DEPARTING = 0.4;

/** A combination of one setting of each switch; the same seed gives the same one. */
export function combination(seed: number): Setting[] {
  const random = generator(seed);
  const names = [...new Set(settings.map(({ name }) => name))];
  return names.flatMap((name) => {
    const others = settings.filter((setting) => setting.name === name && !setting.isDefault);
    const departs = random() < DEPARTING;
    const chosen = others[Math.floor(random() * others.length)];
    return departs && chosen ? [chosen] : [];
  });
}

/** Mulberry32: numbers from 0 to below 1. */
function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
