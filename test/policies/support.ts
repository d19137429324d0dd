import type { PolicyResource, ResourceValidationPolicy, StackValidationPolicy } from "@pulumi/policy";
import * as policySdk from "@pulumi/policy";

// The SDK exports it without declaring it; with it the values behave as under the engine.
const { unknownCheckingProxy } = policySdk as unknown as {
  unknownCheckingProxy(values: Record<string, unknown>): Record<string, unknown>;
};

/** What the engine sends in place of a string that a preview does not know. */
export const UNKNOWN_ON_WIRE = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

export interface Described {
  /** The kind, or a whole type token. */
  type: string;
  name: string;
  args?: Record<string, unknown>;
  /** What the engine shows at the end of the run. @default the arguments */
  outputs?: Record<string, unknown>;
  protect?: boolean;
  /** False for what the program only looks up: the engine does not analyze it on its own. @default true */
  declared?: boolean;
  /** By property, the names of the resources that the value came from. */
  from?: Record<string, string[]>;
  /** Name of the provider resource. */
  provider?: string;
}

export interface Finding {
  message: string;
  /** The name of the resource; undefined for the stack. */
  on: string | undefined;
}

export type Policy = ResourceValidationPolicy | StackValidationPolicy;

class NotApplicable extends Error {}

const notApplicable = (reason?: string): never => {
  throw new NotApplicable(reason);
};

let stacks = 0;

/** Asks a policy as the engine does: about each declared resource, then about the stack. */
export async function judge(policy: Policy, described: Described[], config: object = {}): Promise<Finding[]> {
  const findings: Finding[] = [];
  const stack = `dev${++stacks}`;
  const resources = resourcesOf(described, stack);
  const getConfig = <T extends object>() => config as T;
  const nameOf = (urn: string | undefined) => urn?.slice(urn.lastIndexOf("::") + 2);
  const validations = "validateResource" in policy && policy.validateResource ? [policy.validateResource].flat() : [];

  for (const [index, { args = {}, declared = true }] of described.entries()) {
    const resource = resources[index];
    if (!resource || !declared) continue;
    for (const validate of validations) {
      const { type, urn, name, opts } = resource;
      const props = unknownCheckingProxy(args);
      const given = { type, urn, name, opts, props, getConfig, notApplicable, stackTags: new Map() };
      await applicable(() =>
        validate({ ...given, isType: () => false, asType: () => undefined }, (message) => {
          findings.push({ message, on: name });
        }),
      );
    }
  }
  if ("validateStack" in policy) {
    await applicable(() =>
      policy.validateStack({ resources, getConfig, notApplicable, stackTags: new Map() }, (message, urn) => {
        findings.push({ message, on: nameOf(urn) });
      }),
    );
  }
  return findings;
}

function resourcesOf(described: Described[], stack: string): PolicyResource[] {
  const made = described.map(({ type, name, args = {}, outputs = args, protect = false }): PolicyResource => {
    const token = type.includes(":") ? type : `pulumi-nodejs:dynamic/amigo:${type}`;
    const opts = { protect, ignoreChanges: [], aliases: [], additionalSecretOutputs: [], customTimeouts: NO_TIMEOUTS };
    return {
      type: token,
      name,
      urn: `urn:pulumi:${stack}::clinic::${token}::${name}`,
      props: unknownCheckingProxy(outputs),
      opts,
      dependencies: [],
      propertyDependencies: {},
      isType: () => false,
      asType: () => undefined,
    };
  });
  const named = (name: string) => {
    const found = made.find((resource) => resource.name === name);
    if (!found) throw new Error(`no resource ${name}`);
    return found;
  };
  for (const [index, { from = {}, provider }] of described.entries()) {
    const resource = made[index] as PolicyResource;
    for (const [property, names] of Object.entries(from)) resource.propertyDependencies[property] = names.map(named);
    if (provider) resource.provider = named(provider);
  }
  return made;
}

const NO_TIMEOUTS = { createSeconds: 0, updateSeconds: 0, deleteSeconds: 0 };

async function applicable(ask: () => unknown): Promise<void> {
  try {
    await ask();
  } catch (error) {
    if (!(error instanceof NotApplicable)) throw error;
  }
}
