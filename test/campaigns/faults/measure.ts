import { startEmulator } from "../../../src/emulator/index.js";
import { Campaign } from "./campaign.js";
import { type FaultClass, timing } from "./classes.js";
import { documented } from "./documented.js";
import { ours } from "./ours.js";
import type { Subject } from "./subject.js";
import type { Tally } from "./tally.js";

export const SUBJECTS = ["ours", "documented"] as const;
export type SubjectName = (typeof SUBJECTS)[number];

export interface Measurement {
  readonly subject: SubjectName;
  readonly seed: number;
  readonly operations: number;
  readonly rate: number;
  readonly timeScale: number;
  /** The classes to draw from. @default all */
  readonly only?: readonly FaultClass[];
  readonly progress?: (done: number) => void;
}

/** Looks like a key, and is searched for everywhere. */
const PLANTED_KEY = "amigo-planted-key-7c41e09b52d84f63";

/** One provider under one seed, against a server of its own. */
export async function measure({ subject: name, timeScale, ...options }: Measurement): Promise<Tally> {
  const emulator = await startEmulator({ apiKeys: { [PLANTED_KEY]: "owner" } });
  const time = timing(timeScale);
  const { timeoutSeconds, settleSeconds } = time;
  const account = { url: emulator.url, apiKey: PLANTED_KEY, timeoutSeconds, settleSeconds };
  const subject: Subject = name === "ours" ? ours(account) : documented(account);
  try {
    return await new Campaign({ ...options, subject, emulator, timing: time, apiKey: PLANTED_KEY }).run();
  } finally {
    await subject.close();
    await emulator.close();
  }
}
