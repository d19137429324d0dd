import type { FaultClass } from "./classes.js";
import { type Injection, makers, type Surroundings, type Target } from "./injection.js";
import type { Action } from "./program.js";

type Share = readonly [FaultClass, number];

const SHARES: Record<Action, readonly Share[]> = {
  create: [
    ["ambiguous create", 5],
    ["throttling", 2],
    ["slow", 1.5],
    ["drift", 1.5],
    ["lists", 1.2],
    ["ownership", 1.5],
    ["secrets", 1],
    ["binding", 3],
    ["version sets", 2],
  ],
  update: [
    ["lost answer", 3],
    ["throttling", 2],
    ["slow", 1.5],
    ["drift", 1.5],
    ["secrets", 1],
    ["binding", 4],
    ["version sets", 2],
  ],
  delete: [
    ["lost answer", 3],
    ["throttling", 2],
    ["slow", 1.5],
    ["secrets", 1],
    ["version sets", 2],
  ],
};

export type Drawn = Injection | "ownership" | undefined;

/**
 * The fault for one call, if any. A class that does not fit the call gives way to another.
 * @param only the classes to draw from
 */
export function draw(target: Target, around: Surroundings, rate: number, only?: readonly FaultClass[]): Drawn {
  const { random } = around;
  if (!random.chance(rate)) return undefined;
  let shares = SHARES[target.action].filter(([name]) => only === undefined || only.includes(name));
  while (shares.length > 0) {
    const chosen = random.weighted(shares);
    if (chosen === "ownership") return chosen;
    const made = makers[chosen](target, around);
    if (made) return { ...made, faultClass: chosen };
    shares = shares.filter(([name]) => name !== chosen);
  }
  return undefined;
}
