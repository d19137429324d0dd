import { createRequire } from "node:module";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { version } from "../../version.js";
import { HIDDEN, LOOKED_UP, withoutHidden } from "../hidden.js";
import type { Lifecycle, Problem, Values } from "../lifecycle.js";
import { shortMark } from "../owner.js";
import { problemsOf } from "../problems.js";
import { sanitise } from "../sanitise.js";
import { providerText, typeToken } from "../tokens.js";
import { warnOfConfig } from "./config-warnings.js";
import { type ConflictCheck, programRegister } from "./conflicts.js";
import { isSecret, withUnknowns } from "./inspect.js";
import { ownerMark } from "./owner-mark.js";
import { programError, requireArguments, requireName } from "./program-error.js";
import { muteStackTraces } from "./stack-traces.js";

/** How a class appears to the engine. */
export interface ClassFacts {
  /** The resource's name in the package, such as `ServiceBinding`. */
  readonly kind: string;
  /** All outputs, each with what it shows where state holds nothing: the contract's default, or undefined. */
  readonly outputs: Readonly<Record<string, unknown>>;
  readonly lifecycle: Lifecycle;
}

/** The facts of a lifecycle. `shown` is what the program sees of a computed output that state does not hold. */
export function classFacts(lifecycle: Lifecycle, shown: Values = {}): ClassFacts {
  const { kind, computed, properties } = lifecycle;
  const declared = Object.entries(properties).map(([name, property]) => [name, property.default]);
  const outputs = { ...Object.fromEntries(computed.map((name) => [name, undefined])), ...Object.fromEntries(declared) };
  return { kind, outputs: { ...outputs, ...shown }, lifecycle };
}

/** Also true for instances of another copy of the package. */
export function isOfType(value: unknown, token: string): boolean {
  return (
    pulumi.CustomResource.isInstance(value) && (value.constructor as { __pulumiType?: unknown }).__pulumiType === token
  );
}

/** The base of all resource classes: passes arguments on, and the few hidden inputs that the provider process needs. */
export abstract class AmigoResource extends pulumi.CustomResource {
  constructor(
    facts: ClassFacts,
    name: string,
    args: object,
    opts: pulumi.CustomResourceOptions = {},
    conflicts: ConflictCheck[] = [],
    elsewhere?: Promise<string[] | undefined>,
  ) {
    requireProviders();
    requireName(`new amigo.${facts.kind}`, name);
    requireArguments(`new amigo.${facts.kind}(${JSON.stringify(name)})`, args, requiredNames(facts.lifecycle));
    warnOfConfig();
    const { import: importId, ...others } = opts;
    const inputs: pulumi.Inputs = {};
    for (const key of Object.keys(facts.outputs)) inputs[key] = undefined;
    Object.assign(inputs, args);
    // A constant, so that no code goes into state and new code takes effect at once (docs/decisions).
    inputs[HIDDEN.provider] = providerText(facts.kind);
    if (opts.id) inputs[LOOKED_UP] = true;
    else if (!opts.urn) {
      inputs[HIDDEN.owner] = stateMark(typeToken(facts.kind), name, opts.parent);
      if (importId) inputs[HIDDEN.adopt] = importRequest(importId, opts);
      inputs[HIDDEN.conflicts] = findProblems(facts.lifecycle, name, args, conflicts);
      if (elsewhere) inputs[HIDDEN.elsewhere] = elsewhere;
      Object.assign(inputs, optionsToPass(args, opts));
    }

    const unmute = muteStackTraces();
    try {
      super(typeToken(facts.kind), name, inputs, others);
    } finally {
      unmute();
    }
    if (!opts.id) showDefaults(this, facts.outputs, args);
    if (importId && pulumi.runtime.isDryRun()) announceImport(this, name, importId);
  }
}

/** The arguments that nothing else can give. */
function requiredNames({ properties }: Lifecycle): string {
  return Object.entries(properties)
    .filter(([name, { schema }]) => name !== "workspaceId" && !schema.safeParse(undefined).success)
    .map(([name]) => name)
    .join(", ");
}

async function stateMark(type: string, name: string, parent: pulumi.Resource | undefined): Promise<string> {
  return shortMark(await ownerMark(type, name, parent), type);
}

/**
 * What was not declared is not in state; the program still sees the contract's default. Nor is `updatedAt` of a thing that was
 * never changed since `createdAt`.
 */
function showDefaults(resource: pulumi.CustomResource, outputs: Readonly<Record<string, unknown>>, args: object): void {
  const own = { ...resource } as unknown as Record<string, pulumi.Output<unknown>>;
  for (const [key, value] of Object.entries(outputs)) {
    const fallback = key === "updatedAt" ? own.createdAt : value;
    if (fallback === undefined || (args as Record<string, unknown>)[key] !== undefined) continue;
    let shown: pulumi.Output<unknown> | undefined;
    Object.defineProperty(resource, key, {
      configurable: true,
      enumerable: true,
      get: () => (shown ??= own[key]?.apply((known) => known ?? fallback)),
    });
  }
}

function importRequest(id: pulumi.Input<string>, opts: pulumi.CustomResourceOptions): pulumi.Input<object> {
  return pulumi.output(id).apply((known) => ({ id: known, ignore: opts.ignoreChanges ?? [] }));
}

function announceImport(resource: pulumi.CustomResource, name: string, importId: pulumi.Input<string>): void {
  pulumi.output(importId).apply(async (id) => {
    // A resource that is in state already has an id in a preview; one that is yet to be adopted has none.
    const adopted = await (resource.id as unknown as { isKnown: Promise<boolean> }).isKnown;
    if (!adopted) await pulumi.log.info(`${name}: will import ${id}; compared at up`, resource);
  });
}

/** What the provider must know of the options, and does not get from the engine. */
function optionsToPass(
  args: object,
  { replaceOnChanges, ignoreChanges = [] }: pulumi.CustomResourceOptions,
): pulumi.Inputs {
  const ignored = ignoreChanges.filter((path) => /^(\*|[A-Za-z_]\w*)$/.test(path));
  return {
    [HIDDEN.replaceOnChanges]: replaceOnChanges?.length ? replaceOnChanges : undefined,
    [HIDDEN.ignore]: ignored.length > 0 ? ignored : undefined,
    [HIDDEN.secrets]: secretsIn(args),
  };
}

/** The names of the arguments that hold a secret: the provider gets their values in clear, and must not show them. */
async function secretsIn(args: object): Promise<string[] | undefined> {
  const names = await Promise.all(
    Object.entries(args).map(async ([name, value]) => {
      const isPlain = value === null || typeof value !== "object";
      return !isPlain && (await isSecret(pulumi.output(value))) ? [name] : [];
    }),
  );
  return names.flat().length > 0 ? names.flat() : undefined;
}

/**
 * What check cannot see: conflicts with other resources, and where this resource has any problem, those of all others. The engine
 * stops at the first check that fails, and would name the others one preview after another.
 */
function findProblems(
  lifecycle: Lifecycle,
  name: string,
  args: object,
  conflicts: ConflictCheck[],
): Promise<Record<string, string> | undefined> | undefined {
  const { problems } = programRegister();
  const resource = `${lifecycle.kind} "${name}"`;
  const note = (found: readonly Problem[]) => {
    const lines = found.map(({ property, reason }) => `${resource}: ${property}${property && ": "}${reason}`);
    if (lines.length > 0) problems.set(resource, [...(problems.get(resource) ?? []), ...lines]);
  };
  note(problemsOf(lifecycle, withoutHidden(withUnknowns(args) as Values), undefined));
  if (conflicts.length === 0 && !problems.has(resource)) return undefined;

  return findConflicts(conflicts).then(async (found) => {
    note(Object.entries(found).map(([property, reason]) => ({ property, reason })));
    if (!problems.has(resource)) return undefined;
    // By then the constructors of the program have run, and conflicts between known values have been found.
    await new Promise((resolve) => setImmediate(resolve));
    const others = [...problems].flatMap(([one, lines]) => (one === resource ? [] : lines));
    if (others.length > 0) {
      found[""] = `this is not the only mistake in the program. Also:\n  ${others.join("\n  ")}`;
    }
    return Object.keys(found).length > 0 ? (sanitise(found) as Record<string, string>) : undefined;
  });
}

async function findConflicts(checks: readonly ConflictCheck[]): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const check of checks) {
    const reason = await check.find();
    if (reason) found[check.property] ??= reason;
  }
  return found;
}

let providersFound = false;

/** The provider process resolves the package from the program's folder: better said here than there. */
function requireProviders(): void {
  if (providersFound) return;
  const folder = process.cwd();
  const fromProgram = createRequire(join(folder, "program.js"));
  let found: string;
  try {
    fromProgram.resolve("pulumi-amigo/providers");
    found = (fromProgram("pulumi-amigo/package.json") as { version: string }).version;
  } catch {
    throw programError(
      `pulumi-amigo cannot be resolved from the program's folder ${folder}, where the engine's provider process looks for it ` +
        "(is it the dependency of a component package only?). Mend it with: npm install pulumi-amigo",
    );
  }
  if (found.split(".")[0] !== version.split(".")[0]) {
    throw programError(
      `the program's folder ${folder} resolves pulumi-amigo ${found}, but the code that runs is ${version}. ` +
        `Mend it with: npm install pulumi-amigo@${version}`,
    );
  }
  providersFound = true;
}
