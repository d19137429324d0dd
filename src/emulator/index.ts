import { setMaxListeners } from "node:events";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { createAdaptorServer } from "@hono/node-server";
import { createApp } from "./app.js";
import { loadOperations } from "./contract.js";
import { isLoopback } from "./control.js";
import { parseDialect } from "./dialect-settings.js";
import { type Dialect, defaultDialect } from "./dialects.js";
import { FaultInjector, type FaultRule } from "./faults.js";
import { RequestLog, type RequestLogEntry } from "./log.js";
import { StateFile } from "./persistence.js";
import { defaultApiKeys, readPrincipals } from "./principals.js";
import { RateLimiter } from "./rate-limit.js";
import { type DemoSeed, fillStore, seedIds } from "./seed.js";
import { EmulatorStore } from "./store.js";

export { demoKey, secondKey } from "../emulator-keys.js";
export { dialectLines, parseDialectSetting } from "./dialect-settings.js";
export { type Dialect, defaultDialect, dialectNames } from "./dialects.js";
export {
  type FaultAction,
  type FaultContext,
  FaultInjector,
  type FaultRule,
  type FaultStatus,
} from "./faults.js";
export { logLine, type RequestLogEntry } from "./log.js";
export { defaultApiKeys } from "./principals.js";
export type {
  BindingRecord,
  ServiceRecord,
  SetupRecord,
  UseCaseRecord,
  VersionSetRecord,
  WorkspaceRecord,
} from "./records.js";
export { type DemoSeed, seedIds } from "./seed.js";
export { EmulatorStore, type StoreSnapshot } from "./store.js";
export type { Table } from "./table.js";

export interface EmulatorOptions {
  /** Default 0: any free port. */
  port?: number;
  /** Default 127.0.0.1. Only this machine can be served: another address is refused. */
  host?: string;
  /** A folder that keeps the state between runs; changes are on disk before they are answered. Default: memory only. */
  persist?: string;
  /** What an empty store starts with. Default demo. */
  seed?: "demo" | "empty";
  /** Key to principal: `name` or `name@second`. Default: the owners of both organisations. */
  apiKeys?: Record<string, string>;
  dialect?: Partial<Dialect>;
  faults?: FaultRule[];
  /** Of the faults' random generator. Default 1. */
  faultSeed?: number;
  /** Added to every request, before its work. Default 0. */
  latencyMs?: number;
  /** Called for each request when its answer is known, just before it is sent. */
  onRequest?: (entry: RequestLogEntry) => void;
}

export interface Emulator {
  url: string;
  port: number;
  /** In the order of arrival; an entry is complete once the request is answered. */
  requests: RequestLogEntry[];
  clearRequests(): void;
  store: EmulatorStore;
  /** Assign to its members to change the server's behaviour from now on. */
  dialect: Dialect;
  faults: FaultInjector;
  seedIds: DemoSeed;
  /** Cuts all connections, writes the state and frees the port. */
  close(): Promise<void>;
}

/** Starts the API on this machine. Rejects where the port is taken, the host is not loopback, or an option is wrong. */
export async function startEmulator(options: EmulatorOptions = {}): Promise<Emulator> {
  const { port = 0, host = "127.0.0.1", seed = "demo", onRequest = () => undefined } = options;
  if (!isLoopback(host)) throw new Error(`the emulator serves this machine only: ${host} is not a loopback address`);
  const store = new EmulatorStore();
  const dialect = Object.assign(defaultDialect(), parseDialect(options.dialect ?? {}));
  const faults = new FaultInjector(options.faults, options.faultSeed);
  const log = new RequestLog();
  const stop = new AbortController();
  // Each request that is held back listens, and there may be any number.
  setMaxListeners(0, stop.signal);
  const principals = readPrincipals(options.apiKeys ?? defaultApiKeys);
  const file = options.persist === undefined ? undefined : await StateFile.open(options.persist, store);
  const app = createApp(loadOperations(), {
    store,
    dialect,
    faults,
    log,
    principals,
    rateLimiter: new RateLimiter(),
    latencyMs: options.latencyMs ?? 0,
    stopped: stop.signal,
    saved: async () => file?.save(),
    onRequest,
  });
  const server = createAdaptorServer({ fetch: app.fetch, overrideGlobalObjects: false }) as Server;
  // Longer than any client's own: a connection that the server closes just when a request comes looks like a fault.
  server.keepAliveTimeout = 120_000;
  try {
    if (!(await file?.load())) fillStore(store, seed);
    await file?.save();
    // A failed write rejects where a request waits for it; out-of-band edits have nobody waiting.
    store.onChange(() => void file?.save().catch(() => undefined));
    await listen(server, port, host);
  } catch (error) {
    await file?.close();
    throw error;
  }
  const bound = (server.address() as AddressInfo).port;

  return {
    url: `http://${host.includes(":") ? `[${host.replaceAll(/[[\]]/g, "")}]` : host}:${bound}`,
    port: bound,
    requests: log.entries,
    clearRequests: () => log.clear(),
    store,
    dialect,
    faults,
    seedIds,
    close: async () => {
      stop.abort();
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
      await file?.save().finally(() => file.close());
    },
  };
}

function listen(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host.replaceAll(/[[\]]/g, ""), () => {
      server.off("error", reject);
      resolve();
    });
  });
}
