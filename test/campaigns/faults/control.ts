import type { RequestLogEntry } from "../../../src/emulator/index.js";
import type { Truth } from "./truth.js";

/** The server's state, through its control plane. */
export async function readTruth(url: string): Promise<Truth> {
  return (await (await fetch(`${url}/__emulator/state`)).json()) as Truth;
}

/** The requests since they were last cleared, through the control plane. */
export async function readRequests(url: string): Promise<RequestLogEntry[]> {
  const { requests } = (await (await fetch(`${url}/__emulator/requests`)).json()) as { requests: RequestLogEntry[] };
  return requests;
}
