import * as pulumi from "@pulumi/pulumi";
import { show } from "../engine/compare.js";
import type { Values } from "../engine/lifecycle.js";
import { programError, requireArguments, requireKnown, requireName } from "../engine/program/program-error.js";
import { providerName } from "../engine/tokens.js";
import { classes } from "../resources/index.js";
import type { Service } from "../resources/service.js";
import type { ServiceBinding } from "../resources/service-binding.js";
import type { TestCallerNumbers } from "../resources/test-caller-numbers.js";
import type { UseCase } from "../resources/use-case.js";
import type { VersionSet } from "../resources/version-set.js";
import {
  AliasOf,
  aboveOf,
  type Declaration,
  declarationsOf,
  IdOf,
  isProduction,
  unreadProblems,
} from "./declarations.js";
import { readDocument } from "./document.js";
import type { Environment as Wanted } from "./environment.js";
import { type Kind, kinds } from "./kinds.js";
import { collectionName, keyText, logicalName } from "./names.js";
import { References } from "./references.js";
import { TextError } from "./source-text.js";

/** Arguments of an {@link Environment}. Paths start at the program's folder. */
export interface EnvironmentArgs {
  /** The environment document: a YAML or JSON file. */
  document: string;
  /** The references file, which says which id each alias of the document stands for in this workspace. @default no aliases */
  references?: string;
  /** The workspace that all of it lives in. @default `workspace` of the references file, then the provider's workspace */
  workspaceId?: pulumi.Input<string>;
  /**
   * Whether the engine refuses to delete its use cases, services and bindings.
   * @default whether the document says `workspace.environment: production`
   */
  protect?: boolean;
}

/** The resources of an {@link Environment}. In keys, a slash within a name stands as `%2F`. */
export interface EnvironmentChildren {
  /** By name: `services["Front desk"]`. */
  readonly services: Readonly<Record<string, Service>>;
  /** By service and name: `versionSets["Front desk/release"]`. */
  readonly versionSets: Readonly<Record<string, VersionSet>>;
  /** By channel, entity name and name: `useCases["inbound_voice/Riverside Clinic/Reception"]`. */
  readonly useCases: Readonly<Record<string, UseCase>>;
  /** By the key of the use case. */
  readonly serviceBindings: Readonly<Record<string, ServiceBinding>>;
  /** Where the document says which they are. */
  readonly testCallerNumbers?: TestCallerNumbers;
}

type AnyClass = new (name: string, args: object, opts: pulumi.CustomResourceOptions) => pulumi.CustomResource;

/**
 * All of a workspace's resources from one environment document. Sections that the document leaves out are not managed. The workspace
 * itself is not made here. The resources' names come from their own keys, so that adding, removing or reordering entries
 * changes no other.
 */
export class Environment extends pulumi.ComponentResource {
  static readonly __pulumiType: string = "amigo:index:Environment";

  /** The resources by key. */
  readonly children: EnvironmentChildren;

  constructor(name: string, args: EnvironmentArgs, opts: pulumi.ComponentResourceOptions = {}) {
    const call = `new amigo.Environment(${JSON.stringify(name)})`;
    requireName("new amigo.Environment", name);
    requireArguments(call, args, "document");
    requireKnown(call, args, ["document", "references", "workspaceId", "protect"]);
    const { environment, declarations } = readWanted(call, args);
    super(Environment.__pulumiType, name, {}, opts);

    const protect = args.protect ?? isProduction(environment);
    const workspaceId = args.workspaceId ?? environment.workspaceId;
    const made = new Map<Declaration["item"], pulumi.CustomResource>();
    for (const { item, args: own } of declarations) {
      const { kind } = item;
      const above = kind.form.within?.deletedWith ? aboveOf(item, environment.items) : undefined;
      const resource = new (classOf(kind) as unknown as AnyClass)(
        logicalName(item, name),
        { workspaceId, ...withIds(own, made) },
        {
          parent: this,
          ...(protect && kind.form.guarded ? { protect } : {}),
          ...(above ? { deletedWith: made.get(above) } : {}),
          ...(item.former ? { aliases: [{ name: logicalName({ kind, path: item.former }, name) }] } : {}),
        },
      );
      made.set(item, resource);
    }
    this.children = childrenOf(made);
    const isKnown = args.workspaceId === undefined || typeof args.workspaceId === "string";
    this.registerOutputs(isKnown ? {} : { workspaceId: compared(call, args, environment) });
  }

  static override isInstance(value: unknown): value is Environment {
    return (
      pulumi.ComponentResource.isInstance(value) &&
      (value.constructor as { __pulumiType?: unknown }).__pulumiType === Environment.__pulumiType
    );
  }
}

/** A workspace that the program knows later: of one that exists a preview knows the id, and ends with what is wrong. */
function compared(call: string, { workspaceId, references }: EnvironmentArgs, wanted: Wanted) {
  return pulumi.output(workspaceId).apply((id) => {
    const mismatch = otherWorkspace(references, wanted.workspaceId, id);
    if (mismatch !== undefined) throw programError(`${call}: ${mismatch}`);
    return id;
  });
}

function otherWorkspace(file: string | undefined, own: string | undefined, workspaceId: unknown): string | undefined {
  if (typeof workspaceId !== "string" || own === undefined || own === workspaceId.toLowerCase()) return undefined;
  return `${file} holds the references of workspace ${own}, and workspaceId is ${workspaceId}: each workspace needs a file of its own`;
}

/** Throws one error without a stack trace, which holds all that is wrong with the files. */
function readWanted(
  call: string,
  { document, references: file, workspaceId, protect }: EnvironmentArgs,
): { environment: Wanted; declarations: Declaration[] } {
  for (const [name, value] of Object.entries({ document, references: file })) {
    if (typeof value === "string" || (name === "references" && value === undefined)) continue;
    throw programError(`${call}: ${name} must be the path of a file; found ${show(value, 60)}`);
  }
  // A text, such as one from the stack's configuration, or an output would count as true, whatever it says.
  if (typeof (protect ?? true) !== "boolean") {
    throw programError(`${call}: protect must be true or false; found ${show(protect, 60)}`);
  }
  try {
    const references = file === undefined ? References.none() : References.read(file);
    const mismatch = otherWorkspace(file, references.workspace, workspaceId);
    if (mismatch !== undefined) throw new TextError([mismatch]);
    const environment = readDocument(document, references);
    const unread = unreadProblems(environment);
    if (unread.length > 0) throw new TextError(unread);
    const missing = "a references file, which the argument `references` names";
    return { environment, declarations: declarationsOf(environment, file ?? missing) };
  } catch (error) {
    if (!(error instanceof TextError)) throw error;
    throw programError([`${call}:`, ...error.problems].join(error.problems.length > 1 ? "\n  " : " "), error);
  }
}

function classOf({ lifecycle: { kind } }: Kind): unknown {
  return Object.entries(classes).find(([name]) => name === providerName(kind))?.[1];
}

function withIds(args: Values, made: ReadonlyMap<Declaration["item"], pulumi.CustomResource>): Values {
  const known = (value: unknown) => {
    if (value instanceof AliasOf) return value.id;
    return value instanceof IdOf ? made.get(value.item)?.id : value;
  };
  return Object.fromEntries(Object.entries(args).map(([name, value]) => [name, known(value)]));
}

function childrenOf(made: ReadonlyMap<Declaration["item"], pulumi.CustomResource>): EnvironmentChildren {
  const children: Record<string, Record<string, pulumi.Resource> | pulumi.Resource> = {};
  for (const kind of kinds.filter(({ lifecycle }) => lifecycle.inWorkspace)) {
    const own = [...made].filter(([item]) => item.kind === kind);
    const [only] = own;
    const isOne = kind.form.shape !== "map" && kind.form.shape !== "list" && kind.above === undefined;
    if (!isOne) children[collectionName(kind)] = Object.fromEntries(own.map(([{ path }, one]) => [keyText(path), one]));
    else if (only) children[collectionName(kind)] = only[1];
  }
  return children as unknown as EnvironmentChildren;
}
