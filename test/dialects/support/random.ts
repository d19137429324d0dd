import { mulberry32 } from "../../../src/emulator/random.js";
import { type Setting, settings } from "./values.js";

/** How likely a switch is to be turned from its default. */
const DEPARTING = 0.4;

/** A combination of one setting of each switch; the same seed gives the same one. */
export function combination(seed: number): Setting[] {
  const random = mulberry32(seed);
  const names = [...new Set(settings.map(({ name }) => name))];
  return names.flatMap((name) => {
    const others = settings.filter((setting) => setting.name === name && !setting.isDefault);
    const departs = random() < DEPARTING;
    const chosen = others[Math.floor(random() * others.length)];
    return departs && chosen ? [chosen] : [];
  });
}
