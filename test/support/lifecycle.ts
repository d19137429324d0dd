import { type Emulator, type EmulatorOptions, startEmulator } from "../../src/emulator/index.js";
import { dynamicProvider } from "../../src/engine/provider/adapter.js";
import { ProviderContext } from "../../src/engine/provider/context.js";
import { readSettings } from "../../src/engine/settings.js";
import { lifecycles } from "../../src/resources/index.js";

const STACKS_OWN = "pulumi/org/project/stack/any/one";

type Values = Record<string, unknown>;
export type Kind = keyof typeof lifecycles;

/** A resource as the engine keeps it. */
export interface Managed {
  readonly kind: Kind;
  id: string;
  inputs: Values;
  outputs: Values;
}

export class CheckFailed extends Error {
  constructor(readonly failures: readonly { property: string; reason: string }[]) {
    super(failures.map(({ property, reason }) => `${property}: ${reason}`).join("\n"));
  }
}

/** One run of the engine with one provider process, in this process: the adapter against a real server. */
export class Run {
  readonly warnings: string[] = [];
  readonly context: ProviderContext;

  constructor(
    readonly emulator: Emulator,
    config: Record<string, string> = {},
  ) {
    const settings: Record<string, string> = {
      baseUrl: emulator.url,
      apiKey: "amigo-demo-key",
      settleSeconds: "1",
      ...config,
    };
    this.context = new ProviderContext(
      readSettings({ config: (name) => settings[name], environment: {}, explicit: false }),
      (message) => this.warnings.push(message),
    );
  }

  provider(kind: Kind) {
    return dynamicProvider(lifecycles[kind], async () => this.context);
  }

  async check(kind: Kind, news: Values, olds: Values = {}): Promise<Values> {
    // As the classes do; only kinds with a place for the mark keep it.
    const marked = kind === "versionSet" || kind === "serviceBinding" ? { __owner: STACKS_OWN, ...news } : { ...news };
    const { inputs, failures } = await this.provider(kind).check(olds, marked);
    if (failures && failures.length > 0) throw new CheckFailed(failures);
    return inputs as Values;
  }

  async create(kind: Kind, news: Values): Promise<Managed> {
    const inputs = await this.check(kind, news);
    const { id, outs } = await this.provider(kind).create(inputs);
    return { kind, id, inputs, outputs: outs ?? {} };
  }

  diff(resource: Managed, news: Values) {
    return this.provider(resource.kind).diff(resource.id, resource.outputs, news);
  }

  /** Check, diff, and what the diff asks for, in the engine's order. */
  async update(resource: Managed, news: Values): Promise<"same" | "updated" | "replaced"> {
    const inputs = await this.check(resource.kind, news, resource.inputs);
    const diff = await this.diff(resource, inputs);
    if (!diff.changes) return "same";
    if (diff.replaces && diff.replaces.length > 0) {
      if (diff.deleteBeforeReplace) await this.remove(resource);
      const former = { ...resource };
      Object.assign(resource, await this.create(resource.kind, news));
      if (!diff.deleteBeforeReplace) await this.remove(former);
      return "replaced";
    }
    const { outs } = await this.provider(resource.kind).update(resource.id, resource.outputs, inputs);
    Object.assign(resource, { inputs, outputs: outs });
    return "updated";
  }

  /** False when the read said that the thing is gone. */
  async refresh(resource: Managed): Promise<boolean> {
    const { id, props, inputs } = (await this.provider(resource.kind).read(resource.id, resource.outputs)) as {
      id?: string;
      props?: Values;
      inputs?: Values;
    };
    if (!id) return false;
    Object.assign(resource, { inputs, outputs: props });
    return true;
  }

  async remove(resource: Managed): Promise<void> {
    await this.provider(resource.kind).delete(resource.id, resource.outputs);
  }
}

export interface Bench {
  readonly emulator: Emulator;
  /** A new run: a new provider process as far as memory goes. */
  run(config?: Record<string, string>): Run;
  /** The requests since the last call, as `METHOD operation`. */
  operations(): string[];
  close(): Promise<void>;
}

export async function startBench(options: EmulatorOptions = {}): Promise<Bench> {
  const emulator = await startEmulator(options);
  const runs: Run[] = [];
  return {
    emulator,
    run: (config) => {
      const run = new Run(emulator, config);
      runs.push(run);
      return run;
    },
    operations: () => {
      const seen = emulator.requests.map(({ operation }) => operation ?? "unknown");
      emulator.clearRequests();
      return seen;
    },
    close: async () => {
      await Promise.all(runs.map((run) => run.context.close()));
      await emulator.close();
    },
  };
}
