import * as pulumi from "@pulumi/pulumi";
import { knownValue, resourcesBehind } from "./inspect.js";

/** One question about the program that a constructor asks; the answer becomes a failure of the property in check. */
export interface ConflictCheck {
  readonly property: string;
  find(): Promise<string | undefined>;
}

/** Where an id in the program comes from. */
export interface Origin {
  /** The same for the same thing: its known value, else the resource behind it; undefined where neither tells. */
  readonly key: string | undefined;
  readonly resource: pulumi.Resource | undefined;
}

/** Values that two resources of one program must not share, by register and key; anew for each program run. */
class ProgramRegister {
  /** What is wrong with each resource by itself, by kind and name. */
  readonly problems = new Map<string, string[]>();
  private readonly claims = new Map<string, string>();
  private readonly numbers = new Map<object, number>();

  /** The name of the resource that claimed the same before; undefined when this is the first. */
  claim(register: string, key: string, name: string): string | undefined {
    const full = `${register} ${key}`;
    const holder = this.claims.get(full);
    if (holder === undefined) this.claims.set(full, name);
    return holder;
  }

  numberOf(thing: object): number {
    const number = this.numbers.get(thing) ?? this.numbers.size;
    this.numbers.set(thing, number);
    return number;
  }
}

const registers = new WeakMap<object, ProgramRegister>();
const NO_STACK = {};

/** What stands for the running program: inline programs of one process each have a stack of their own. */
export function programRun(): object {
  return pulumi.runtime.getStackResource() ?? NO_STACK;
}

/** Each program run has a register of its own. */
export function programRegister(): ProgramRegister {
  const run = programRun();
  let register = registers.get(run);
  if (!register) {
    register = new ProgramRegister();
    registers.set(run, register);
  }
  return register;
}

/** `token` is the type of the resources that may stand behind the id. */
export async function originOf(value: pulumi.Input<unknown>, token: string): Promise<Origin> {
  const register = programRegister();
  const output = pulumi.output(value);
  const behind = (await resourcesBehind(output)).filter((resource) => typeOf(resource) === token);
  const resource = behind.length === 1 ? behind[0] : undefined;
  const known = await knownValue(output);
  if (known !== undefined) return { key: `value ${String(known)}`, resource };
  return { key: resource && `resource ${register.numberOf(resource)}`, resource };
}

function typeOf(resource: pulumi.Resource): unknown {
  return (resource.constructor as { __pulumiType?: unknown }).__pulumiType;
}

/** Tells one workspace from another, also where it comes from a provider or from stack config. */
export async function workspaceOrigin(
  workspaceId: pulumi.Input<string> | undefined,
  opts: pulumi.CustomResourceOptions | undefined,
  workspaceToken: string,
): Promise<string | undefined> {
  if (workspaceId !== undefined) return (await originOf(workspaceId, workspaceToken)).key;
  const provider = opts?.provider ?? opts?.parent?.getProvider("pulumi-nodejs:dynamic/amigo:Any");
  if (provider) {
    const settings = (provider as { settings?: pulumi.Output<Record<string, string>> }).settings;
    const id = settings && (await knownValue(settings.apply((all) => all["amigo:workspaceId"])));
    return id === undefined ? `provider ${programRegister().numberOf(provider)}` : `value ${id}`;
  }
  const id = new pulumi.Config("amigo").get("workspaceId") ?? process.env.AMIGO_WORKSPACE_ID;
  return id === undefined ? "default" : `value ${id}`;
}

/** A check that no other resource of the program claimed the same key. */
export function unique(
  property: string,
  register: string,
  name: string,
  key: () => Promise<string | undefined>,
  sentence: (holder: string) => string,
): ConflictCheck {
  return {
    property,
    find: async () => {
      const found = await key();
      const holder = found === undefined ? undefined : programRegister().claim(register, found, name);
      return holder === undefined ? undefined : sentence(holder);
    },
  };
}
