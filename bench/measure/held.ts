import { setTimeout as sleep } from "node:timers/promises";
import { dynamicProvider } from "../../src/engine/adapter.js";
import { ProviderContext } from "../../src/engine/context.js";
import { readSettings } from "../../src/engine/settings.js";
import { lifecycles } from "../../src/resources/index.js";
import { fleet } from "../fleet.js";

type Values = Record<string, unknown>;

/**
 * Run by `held-memory.ts` with `--expose-gc`: prints the bytes that a run still holds on to after it has created and read the fleet,
 * which peaks do not tell, since the garbage collector lets a process grow before it begins.
 */
async function main(url: string, services: number): Promise<void> {
  const settings: Record<string, string> = { baseUrl: url, apiKey: "amigo-bench-key" };
  const source = { config: (name: string) => settings[name], environment: {}, explicit: false };
  const context = new ProviderContext(readSettings(source), () => {});
  const make = async (kind: keyof typeof lifecycles, values: Values) => {
    const provider = dynamicProvider(lifecycles[kind], async () => context);
    const { inputs = {} } = await provider.check({}, values);
    const { id, outs } = await provider.create(inputs);
    await provider.read(id, outs);
    return id;
  };
  const makeFleet = async (size: number, place: number) => {
    const { workspaceId, agentId, contextGraphId, setupId, clinics } = fleet(size, place);
    for (const { name, description, useCase } of clinics) {
      const serviceId = await make("service", { workspaceId, name, agentId, contextGraphId, description });
      const line = { workspaceId, channel: "inbound_voice", entityName: "Clinic", name: useCase, setupId };
      await make("serviceBinding", { workspaceId, serviceId, useCaseId: await make("useCase", line) });
    }
  };
  await makeFleet(20, 1);
  const before = await heap();
  await makeFleet(services, 2);
  console.log((await heap()) - before);
}

async function heap(): Promise<number> {
  for (let times = 0; times < 3; times++) {
    await sleep(20);
    globalThis.gc?.();
  }
  return process.memoryUsage().heapUsed;
}

main(process.argv[2] ?? "", Number(process.argv[3])).then(
  () => process.exit(),
  (error: unknown) => {
    console.error(error);
    process.exit(1);
  },
);
