import * as pulumi from "@pulumi/pulumi";
import { SETTING_NAMES } from "../settings.js";
import { requireArguments, requireKnown, requireName } from "./program-error.js";

/** The account and the limits of an explicit provider; what is left out comes from the environment, then the default. */
export interface ProviderArgs {
  /** The API key. Kept as a secret in state; `apiKeyEnv` keeps it out of state altogether. */
  apiKey?: pulumi.Input<string>;
  /** Name of the environment variable that holds the key, read by the provider process on each run. */
  apiKeyEnv?: pulumi.Input<string>;
  /**
   * Address of the API; https, or plain http on loopback only.
   * @default "https://api.platform.amigo.ai" (the contract's server)
   */
  baseUrl?: pulumi.Input<string>;
  /** Workspace of the resources that name none. */
  workspaceId?: pulumi.Input<string>;
  /**
   * Most requests under way at once.
   * @default 16
   */
  maxConcurrency?: pulumi.Input<number>;
  /** Most requests per second; without it only the server's own limits hold. */
  requestsPerSecond?: pulumi.Input<number>;
  /**
   * Bound on one operation with all its attempts, in seconds.
   * @default 60
   */
  timeoutSeconds?: pulumi.Input<number>;
  /**
   * Most attempts for one operation.
   * @default 5
   */
  maxAttempts?: pulumi.Input<number>;
  /**
   * How long the outcome of an interrupted create is looked up, in seconds.
   * @default 10
   */
  settleSeconds?: pulumi.Input<number>;
  /**
   * Whether services carry a tag that names the stack that owns them.
   * @default true
   */
  ownershipTag?: pulumi.Input<boolean>;
}

/**
 * An explicit account: resources given `{ provider }` use its key, address and limits, and run in a provider process of their
 * own. It gets no stack config.
 */
export class Provider extends pulumi.ProviderResource {
  /** @internal What look-ups in the program use. */
  declare readonly settings: pulumi.Output<Record<string, string>>;

  constructor(name: string, args: ProviderArgs = {}, opts?: pulumi.ResourceOptions) {
    const call = `new amigo.Provider(${JSON.stringify(name)})`;
    requireName("new amigo.Provider", name);
    requireArguments(call, args, "");
    requireKnown(call, args, SETTING_NAMES);
    const inputs: Record<string, pulumi.Input<string>> = { "amigo:explicit": "true" };
    for (const [key, value] of Object.entries(args)) {
      if (value === undefined) continue;
      const text = pulumi.interpolate`${value as pulumi.Input<string>}`;
      inputs[`amigo:${key}`] = key === "apiKey" ? pulumi.secret(text) : text;
    }
    super("pulumi-nodejs", name, inputs, opts);
    // Not a property of the resource: the key must not appear among its outputs in clear.
    Object.defineProperty(this, "settings", { enumerable: false, value: pulumi.output(inputs) });
  }
}
