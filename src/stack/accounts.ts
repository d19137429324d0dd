import { ProviderContext } from "../engine/provider/context.js";
import { Journal } from "../engine/provider/journal.js";
import { readSettings } from "../engine/settings.js";
import type { Pulumi } from "./pulumi.js";
import { inClear, lifecycleOf, providerUrn, type StateResource } from "./state.js";

const PROVIDER_TYPE = "pulumi:providers:pulumi-nodejs";

/** The accounts of a stack's resources: each provider resource has one. */
export class Accounts {
  private readonly contexts = new Map<string, Promise<ProviderContext>>();

  constructor(
    private readonly pulumi: Pick<Pulumi, "run">,
    /** Exported with secrets in clear. */
    private readonly resources: readonly StateResource[],
    private readonly warn: (message: string) => void,
  ) {}

  /** The account that the engine would give to a resource with this provider reference. */
  of(reference: string | undefined): Promise<ProviderContext> {
    const urn = this.explicitUrn(reference);
    let context = this.contexts.get(urn);
    if (!context) {
      context = this.make(urn);
      this.contexts.set(urn, context);
    }
    return context;
  }

  /** Whether a resource of the stack has the default account, or a first one may come to have it. */
  usesDefault(): boolean {
    const own = this.resources.filter(({ type }) => lifecycleOf(type) !== undefined);
    return own.length === 0 || own.some(({ provider }) => this.explicitUrn(provider) === "");
  }

  /** The accounts of all providers of the stack, and of the default one. */
  async all(): Promise<ProviderContext[]> {
    const explicit = this.resources.filter(
      ({ type, inputs }) => type === PROVIDER_TYPE && inputs?.["amigo:explicit"] === "true",
    );
    return Promise.all([this.of(undefined), ...explicit.map(({ urn }) => this.of(`${urn}::id`))]);
  }

  async close(): Promise<void> {
    const made = await Promise.allSettled(this.contexts.values());
    await Promise.all(made.map((result) => (result.status === "fulfilled" ? result.value.close() : undefined)));
  }

  /** Empty where the default provider is meant. */
  private explicitUrn(reference: string | undefined): string {
    const named = this.resources.find(({ urn }) => reference !== undefined && urn === providerUrn(reference));
    return named?.inputs?.["amigo:explicit"] === "true" ? named.urn : "";
  }

  private async make(urn: string): Promise<ProviderContext> {
    const provider = this.resources.find((resource) => resource.urn === urn);
    const explicit = provider !== undefined;
    const values = explicit ? (inClear(provider.inputs) as Record<string, string>) : await this.stackConfig();
    const settings = readSettings({
      config: (name) => values[`amigo:${name}`],
      environment: process.env,
      explicit,
    });
    if (settings.problems.length > 0) throw new Error(settings.problems.join("\n"));
    return new ProviderContext(settings, this.warn, new Journal(settings.baseUrl, this.warn));
  }

  private async stackConfig(): Promise<Record<string, string>> {
    const config = JSON.parse(await this.pulumi.run("config", "--json", "--show-secrets")) as Record<
      string,
      { value?: string }
    >;
    return Object.fromEntries(Object.entries(config).map(([key, { value = "" }]) => [key, value]));
  }
}
