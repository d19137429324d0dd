import { dynamicProvider } from "../../src/engine/provider/adapter.js";
import { ProviderContext } from "../../src/engine/provider/context.js";
import { readSettings } from "../../src/engine/settings.js";
import { lifecycles } from "../../src/resources/index.js";
import { journalIn } from "./journal.js";
import type { Declaration, Kind, StackName, Values } from "./program.js";
import { overWire } from "./values.js";

export interface Diff {
  readonly changes: boolean;
  readonly replaces: readonly string[];
  readonly deleteBeforeReplace: boolean;
}

export interface Failure {
  readonly property: string;
  readonly reason: string;
}

/** What a create or an update that failed half-way leaves for state. */
export interface Partial {
  readonly id: string;
  readonly properties: Values;
  readonly reasons: readonly string[];
}

/** The half of a failure that goes into state; undefined where nothing came to exist. */
export function partialOf(error: unknown): Partial | undefined {
  const { id, properties, reasons } = error as { id?: string; properties?: Values; reasons?: string[] };
  return id && properties ? { id, properties: overWire(properties), reasons: reasons ?? [] } : undefined;
}

const PROVIDER = "__provider";

/** The SDK's provider process: one per provider and run. All that crosses its wire is JSON. */
export class ProviderProcess {
  readonly warnings: string[] = [];
  readonly context: ProviderContext;
  #dead = false;

  /** `home`: the folder of its journal; without one it keeps none. */
  constructor(config: Readonly<Record<string, string>>, home?: string) {
    const settings = readSettings({ config: (name) => config[name], environment: {}, explicit: false });
    this.context = new ProviderContext(
      // What a killed process still had in mind is never sent.
      { ...settings, apiKey: () => (this.#dead ? undefined : settings.apiKey()) },
      (message) => this.warnings.push(message),
      home === undefined ? undefined : journalIn(home, settings.baseUrl, (message) => this.warnings.push(message)),
    );
  }

  async check(kind: Kind, olds: Values, news: Values): Promise<{ inputs: Values; failures: readonly Failure[] }> {
    const { inputs, failures } = await this.#provider(kind).check(overWire(olds), overWire(news));
    return { inputs: { ...overWire(inputs as Values), [PROVIDER]: news[PROVIDER] }, failures: failures ?? [] };
  }

  async diff(kind: Kind, id: string, olds: Values, news: Values): Promise<Diff> {
    const diff = await this.#provider(kind).diff(id, overWire(olds), overWire(news));
    return {
      changes: diff.changes ?? false,
      replaces: diff.replaces ?? [],
      deleteBeforeReplace: diff.deleteBeforeReplace ?? false,
    };
  }

  async create(kind: Kind, inputs: Values): Promise<{ id: string; outputs: Values }> {
    const { id, outs } = await this.#provider(kind).create(overWire(inputs));
    return { id, outputs: { ...overWire(outs as Values), [PROVIDER]: inputs[PROVIDER] } };
  }

  /** Undefined when the read says that the thing is gone. */
  async read(kind: Kind, id: string, outputs: Values) {
    const result = await this.#provider(kind).read(id, overWire(outputs));
    const { id: found, props, inputs } = result as { id?: string; props?: Values; inputs?: Values };
    if (!found) return undefined;
    const provider = { [PROVIDER]: outputs[PROVIDER] };
    return {
      id: found,
      outputs: { ...overWire(props ?? {}), ...provider },
      inputs: { ...overWire(inputs ?? {}), ...provider },
    };
  }

  async update(kind: Kind, id: string, olds: Values, news: Values): Promise<Values> {
    const { outs } = await this.#provider(kind).update(id, overWire(olds), overWire(news));
    return { ...overWire(outs as Values), [PROVIDER]: news[PROVIDER] };
  }

  async delete(kind: Kind, id: string, outputs: Values): Promise<void> {
    await this.#provider(kind).delete(id, overWire(outputs));
  }

  close(): Promise<void> {
    this.#dead = true;
    return this.context.close();
  }

  #provider(kind: Kind) {
    return dynamicProvider(lifecycles[kind], async () => this.context);
  }
}

/** What the classes pass beside the program's own inputs. */
export function hiddenInputs({ name, kind, options }: Declaration, { project, stack }: StackName): Values {
  const hidden: Values = { [PROVIDER]: `exports.handler=require('pulumi-amigo/providers').${kind}` };
  // The short form of `pulumi/organization/<project>/<stack>/<type>/<name>`.
  hidden.__owner = `/${project}/${stack}/*/${name}`;
  if (options.ignoreChanges?.length) hidden.__ignore = options.ignoreChanges;
  if (options.replaceOnChanges?.length) hidden.__replaceOnChanges = options.replaceOnChanges;
  if (options.import) hidden.__import = { id: options.import, ignore: options.ignoreChanges ?? [] };
  if (options.secrets?.length) hidden.__secrets = options.secrets;
  return hidden;
}

/** The options that the classes set where the program does not. */
export function classOptions({ kind, inputs, options }: Declaration): {
  protect: boolean;
  deleteBeforeReplace: boolean;
} {
  const protect = kind === "workspace" ? inputs.deletionProtection !== false : false;
  return {
    protect: options.protect ?? protect,
    deleteBeforeReplace: options.deleteBeforeReplace ?? ["service", "testCallerNumbers"].includes(kind),
  };
}
