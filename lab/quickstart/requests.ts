import type { Emulator } from "../../src/emulator/index.js";
import { say, table } from "./say.js";

type Request = Emulator["requests"][number];

/** Runs `work` and returns the requests that reached the API during it. */
export async function requestsDuring(account: Emulator, work: () => Promise<void>): Promise<Request[]> {
  account.clearRequests();
  await work();
  return [...account.requests];
}

/** The requests that change something, in the order in which the API carried them out. */
export function writes(requests: Request[]): Request[] {
  return requests.filter(({ method }) => method !== "GET");
}

export function showWrites(requests: Request[]): void {
  const lines = writes(requests);
  const reads = requests.length - lines.length;
  say(`The API's log, writes only (${count(lines.length, "write")}, ${count(reads, "read")}):`);
  table(lines.map(({ method, path, status, operation }) => [method, shorten(path), String(status), operation ?? ""]));
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}

/** Without the workspace, and with ids cut to what tells them apart, so that a line fits 80 columns. */
function shorten(path: string): string {
  return shortIds(path.replace(/^\/v1\/[0-9a-f-]{36}(?=\/)/, "").replace(/^\/v1(?=\/)/, ""));
}

export function shortIds(text: string): string {
  return text.replace(/[0-9a-f]{8}-[0-9a-f-]{22}([0-9a-f]{5})/g, "…$1");
}
