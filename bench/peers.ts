import { readFileSync } from "node:fs";
import * as path from "node:path";
import type { Step } from "./fleet.js";
import { type Results, secondsOf, secondsTogether } from "./results.js";

type Seconds = Record<string, Partial<Record<Step, number>>>;

interface Peers {
  readonly provenance: string;
  readonly terraform: Seconds;
  readonly documented: Seconds;
}

const peers = JSON.parse(readFileSync(path.join(__dirname, "peers.json"), "utf8")) as Peers;

export const PROVENANCE = peers.provenance;

export interface PeerTime {
  readonly seconds: number;
  /** Ours in the same rounds; undefined where it did not run. */
  readonly ours: number | undefined;
  /** Not measured here: the earlier time, times what the documented provider took here over what it took then. */
  readonly scaled: boolean;
}

/** Whether Terraform's times of elsewhere can stand in: it did not run here, and the yardstick did. */
export function isScaled({ cells }: Results): boolean {
  const ran = (name: string) => cells.some(({ subject }) => subject === name);
  return !ran("terraform") && ran("documented");
}

/** Terraform's time for a step: measured in this run, else scaled from the earlier one; undefined where neither is possible. */
export function terraformSeconds(results: Results, size: number, step: Step): PeerTime | undefined {
  const [ours, measured] = secondsTogether(results, ["ours", "terraform"], size, step) ?? [];
  if (measured !== undefined) return { seconds: measured, ours, scaled: false };
  const then = peers.terraform[size]?.[step];
  const yardstickThen = peers.documented[size]?.[step];
  const yardstickNow = secondsOf(results, "documented", size, step);
  if (then === undefined || yardstickThen === undefined || yardstickNow === undefined) return undefined;
  return {
    seconds: (then * yardstickNow) / yardstickThen,
    ours: secondsTogether(results, ["ours", "documented"], size, step)?.[0],
    scaled: true,
  };
}
