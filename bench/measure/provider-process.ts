import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { ProviderProcess } from "../../test/support/protocol.js";
import type { Fixture } from "../fixture/process.js";
import { fleet } from "../fleet.js";
import type { ProcessCost } from "../results.js";
import {
  canMeasureProcesses,
  descendantsOf,
  factsOf,
  isProviderProcess,
  mainThreadMsOf,
  peakMemoryOf,
} from "./processes.js";

/** As many calls at once as the engine makes. */
const AT_ONCE = 16;

interface Managed {
  readonly kind: string;
  readonly inputs: Record<string, unknown>;
  id: string;
  outputs: Record<string, unknown>;
}

/**
 * The SDK's provider process alone, over gRPC, through the calls of a create, a run without changes, a refresh and a destroy.
 * Undefined where processes cannot be measured.
 */
export async function measureProviderProcess(fixture: Fixture, services: number): Promise<ProcessCost | undefined> {
  if (!canMeasureProcesses) return undefined;
  await fixture.reset();
  const home = mkdtempSync(path.join(tmpdir(), "amigo-bench-"));
  const config = { "amigo:baseUrl": fixture.url, "amigo:apiKey": "amigo-bench-key" };
  const provider = await ProviderProcess.start(config, { PULUMI_HOME: home });
  try {
    const pid = descendantsOf(process.pid).find((one) => isProviderProcess(one.pid))?.pid;
    if (pid === undefined) throw new Error("the provider process is not among the processes that this one started");
    const cpu = () => factsOf(pid)?.cpuMs ?? Number.NaN;
    const mainThread = () => mainThreadMsOf(pid) ?? Number.NaN;
    const megabytes = () => (peakMemoryOf(pid) ?? Number.NaN) / 1e6;
    const hostMegabytes = megabytes();
    const { workspaceId, agentId, contextGraphId, setupId, clinics } = fleet(services);
    // Loads the library and the HTTP client, which belongs to the start.
    await provider.check("service", {}, { workspaceId, name: "Warm", agentId, contextGraphId });
    await provider.read("service", workspaceId, { workspaceId }).catch(() => {});
    const startCpuMs = cpu();
    const cpuMsPerResource: Record<string, number> = {};
    const mainThreadMsPerResource: Record<string, number> = {};
    const step = async (name: string, work: () => Promise<void>) => {
      const [before, mainBefore] = [cpu(), mainThread()];
      await work();
      cpuMsPerResource[name] = (cpu() - before) / (3 * services);
      mainThreadMsPerResource[name] = (mainThread() - mainBefore) / (3 * services);
    };

    const make = async (kind: string, inputs: Record<string, unknown>): Promise<Managed> => {
      const checked = await provider.check(kind, {}, inputs);
      return { kind, inputs: checked.inputs, ...(await provider.create(kind, checked.inputs)) };
    };
    const all: Managed[] = [];
    await step("create", () =>
      inTurn(clinics, async ({ name, description, useCase }) => {
        const service = await make("service", { workspaceId, name, agentId, contextGraphId, description });
        const line = { workspaceId, channel: "inbound_voice", entityName: "Clinic", name: useCase, setupId };
        const call = await make("useCase", line);
        const ids = { workspaceId, useCaseId: call.id, serviceId: service.id };
        all.push(service, call, await make("serviceBinding", ids));
      }),
    );
    await step("no change", () =>
      inTurn(all, async ({ kind, id, inputs, outputs }) => {
        await provider.check(kind, outputs, inputs);
        await provider.diff(kind, id, outputs, inputs);
      }),
    );
    await step("refresh", () =>
      inTurn(all, async ({ kind, id, outputs }) => void (await provider.read(kind, id, outputs))),
    );
    const remove = (kinds: string[]) =>
      inTurn(
        all.filter(({ kind }) => kinds.includes(kind)),
        ({ kind, id, outputs }) => provider.delete(kind, id, outputs),
      );
    await step("destroy", async () => {
      await remove(["serviceBinding"]);
      await remove(["service", "useCase"]);
    });
    return {
      services,
      resources: 3 * services,
      startCpuMs,
      cpuMsPerResource,
      mainThreadMsPerResource,
      hostMegabytes,
      peakMegabytes: megabytes(),
    };
  } finally {
    await provider.stop();
    rmSync(home, { recursive: true, force: true });
  }
}

async function inTurn<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const left = items[Symbol.iterator]();
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      for (let next = left.next(); !next.done; next = left.next()) await work(next.value);
    }),
  );
}
