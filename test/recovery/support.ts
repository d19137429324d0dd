import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { afterEach, beforeEach, vi } from "vitest";
import { type Emulator, startEmulator } from "../../src/emulator/index.js";
import type { Values } from "../../src/engine/lifecycle.js";
import { dynamicProvider } from "../../src/engine/provider/adapter.js";
import { ProviderContext } from "../../src/engine/provider/context.js";
import { Journal } from "../../src/engine/provider/journal.js";
import { readSettings } from "../../src/engine/settings.js";
import { lifecycles } from "../../src/resources/index.js";

export interface Lab {
  readonly emulator: Emulator;
  readonly home: string;
  readonly warnings: string[];
  /** A provider process as far as memory goes, with a journal unless the options say otherwise. */
  process(options?: { settleSeconds?: number; hasJournal?: boolean }): ProviderContext;
  create(context: ProviderContext, kind: keyof typeof lifecycles, inputs: Values): Promise<string>;
  /** The operations since the last call. */
  operations(): string[];
}

/** A server, a Pulumi home and an account for each test. */
export function useLab(): () => Lab {
  let lab: Lab;
  const contexts: ProviderContext[] = [];
  beforeEach(async () => {
    const home = mkdtempSync(path.join(tmpdir(), "recovery-"));
    vi.stubEnv("PULUMI_HOME", home);
    const emulator = await startEmulator();
    const warnings: string[] = [];
    const values = { baseUrl: emulator.url, apiKey: "amigo-demo-key" };
    lab = {
      emulator,
      home,
      warnings,
      process: ({ settleSeconds = 0, hasJournal = true } = {}) => {
        const all = { ...values, settleSeconds: String(settleSeconds) };
        const config = (name: string) => all[name as keyof typeof all];
        const settings = readSettings({ config, environment: {}, explicit: false });
        const warn = (message: string) => warnings.push(message);
        const journal = hasJournal ? new Journal(settings.baseUrl, warn) : undefined;
        const context = new ProviderContext(settings, warn, journal);
        contexts.push(context);
        return context;
      },
      create: async (context, kind, inputs) =>
        (await dynamicProvider(lifecycles[kind], async () => context).create(inputs)).id,
      operations: () => {
        const seen = emulator.requests.map(({ operation }) => operation ?? "unknown");
        emulator.clearRequests();
        return seen;
      },
    };
  });
  afterEach(async () => {
    await Promise.all(contexts.splice(0).map((context) => context.close()));
    await lab.emulator.close();
    rmSync(lab.home, { recursive: true, force: true });
    vi.unstubAllEnvs();
  });
  return () => lab;
}

export const owner = (name: string) => `pulumi/organization/clinic/dev/pulumi-nodejs:dynamic/amigo:Any/${name}`;
