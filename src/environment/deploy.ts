import {
  copyFileSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createRequire } from "node:module";
import * as path from "node:path";
import type { Values } from "../engine/lifecycle.js";
import type { ProviderArgs } from "../engine/program/provider.js";
import { lifecycleOf, nameOf, type StateResource } from "../stack/state.js";
import type { WorkspaceEntry } from "./config.js";
import { readDocument } from "./document.js";
import type { Environment } from "./environment.js";
import { fieldsOf, kindNamed } from "./kinds.js";

/** What the built-in program calls the workspace that it makes. */
const WORKSPACE = "workspace";

/** The project of all stacks that the built-in program deploys. */
export const BUILT_IN_PROJECT = "pulumi-amigo";

/** The variable that holds the key where a workspace names none. */
export const DEFAULT_KEY_VARIABLE = "AMIGO_API_KEY";

export interface ProjectOptions {
  /** The folder of the project, as `projectFor` gives it. */
  readonly folder: string;
  /** The file of the document. */
  readonly document: string;
  /** The references file of the workspace. */
  readonly references?: string;
  /** A workspace that exists. */
  readonly workspaceId?: string;
  /** A workspace that the stack makes and keeps. */
  readonly newWorkspace?: NewWorkspace;
  /** Where `amigo.yaml` names the workspace: its key and address. Without it those of the environment are meant. */
  readonly entry?: Pick<WorkspaceEntry, "apiKeyEnv" | "baseUrl" | "protect">;
  /** @default what `entry` says, then what the document says */
  readonly protect?: boolean;
}

/** Arguments of `amigo.Workspace`. */
export type NewWorkspace = Values & { readonly slug: string };

/** What the program reads; each value is an argument of a class of the package. */
export interface ProgramSettings {
  readonly provider: ProviderArgs;
  readonly newWorkspace?: NewWorkspace;
  readonly environment: Values;
}

/**
 * The program. The provider is an explicit one, so that what the state holds is enough for `destroy`, `drift` and `recover`: the
 * address, and the name of the variable that holds the key.
 */
export const PROGRAM = `// Written by pulumi-amigo, which writes it anew with each run: change settings elsewhere.
const amigo = require("pulumi-amigo");
const settings = require("./settings.json");

const provider = new amigo.Provider("amigo", settings.provider);
const workspace = settings.newWorkspace && new amigo.Workspace("${WORKSPACE}", settings.newWorkspace, { provider });
const workspaceId = workspace ? workspace.id : settings.environment.workspaceId;
new amigo.Environment("environment", { ...settings.environment, workspaceId }, { provider });
module.exports = workspaceId === undefined ? {} : { workspaceId };
`;

/** The project of the program. */
export const PROJECT_FILE = `name: ${BUILT_IN_PROJECT}
runtime:
  name: nodejs
  options:
    typescript: false
`;

/**
 * Writes a Pulumi project that deploys one document to one workspace, for users without a program of their own. Again: over what is
 * there. A workspace that the stack makes stays part of the program.
 */
export function prepareProject(options: ProjectOptions): void {
  const { folder } = options;
  const settings = settingsOf({
    ...options,
    newWorkspace: options.newWorkspace ?? formerSettings(folder)?.newWorkspace,
  });
  mkdirSync(folder, { recursive: true });
  const write = (file: string, text: string) => writeFileSync(path.join(folder, file), text);
  writeSettings(folder, settings);
  write("index.js", PROGRAM);
  write("package.json", `${JSON.stringify({ private: true, main: "index.js" }, undefined, 2)}\n`);
  write("Pulumi.yaml", PROJECT_FILE);
  write(".gitignore", "# All of it is written anew with each run.\n*\n");
  linkPackages(folder);
}

/** What the program in a folder reads. */
export function settingsFile(folder: string): string {
  return path.join(folder, "settings.json");
}

function writeSettings(folder: string, settings: ProgramSettings): void {
  writeFileSync(settingsFile(folder), `${JSON.stringify(settings, undefined, 2)}\n`);
}

/** What the program reads, with absolute paths. */
export function settingsOf(options: Omit<ProjectOptions, "folder">): ProgramSettings {
  const { document, references, workspaceId, newWorkspace, entry = {} } = options;
  const protect = options.protect ?? entry.protect;
  const baseUrl = entry.baseUrl ?? process.env.AMIGO_BASE_URL;
  return {
    provider: { apiKeyEnv: entry.apiKeyEnv ?? DEFAULT_KEY_VARIABLE, ...(baseUrl ? { baseUrl } : {}) },
    ...(newWorkspace ? { newWorkspace } : {}),
    environment: {
      document: path.resolve(document),
      ...(references === undefined ? {} : { references: path.resolve(references) }),
      ...(workspaceId === undefined ? {} : { workspaceId }),
      ...(protect === undefined ? {} : { protect }),
    },
  };
}

/** The arguments of a new workspace, from what the document says of its own. */
export function newWorkspaceOf({ name, items }: Environment, slug: string): NewWorkspace {
  const kind = kindNamed("Workspace");
  const item = items.find((one) => one.kind === kind);
  if (!item) {
    throw new Error(
      `${name} says nothing of its workspace, which a new one needs: add \`workspace: { name: ..., environment: ... }\``,
    );
  }
  const fields = fieldsOf(kind).flatMap(({ name: field, property }) =>
    item.fields[field] === undefined ? [] : [[property, item.fields[field]] as const],
  );
  return { slug, ...Object.fromEntries(fields) };
}

/** The workspace that an earlier run of the built-in program has made, from the state: a fresh checkout knows of it nowhere else. */
export function newWorkspaceIn(resources: readonly StateResource[]): NewWorkspace | undefined {
  const { lifecycle } = kindNamed("Workspace");
  const made = resources.find(
    ({ type, urn, delete: isGone }) => !isGone && lifecycleOf(type) === lifecycle && nameOf(urn) === WORKSPACE,
  );
  if (!made) return undefined;
  const given = Object.entries(made.inputs ?? {}).filter(([name]) => Object.hasOwn(lifecycle.properties, name));
  return Object.fromEntries(given) as NewWorkspace;
}

/** Lets the program in a folder declare the workspace that the state of its stack holds. */
export function keepWorkspace(folder: string, resources: readonly StateResource[]): void {
  const settings = formerSettings(folder);
  const newWorkspace = newWorkspaceIn(resources);
  if (settings && newWorkspace && !settings.newWorkspace) writeSettings(folder, { ...settings, newWorkspace });
}

/** The document that the project of a built-in program in a folder deploys. */
export function documentIn(folder: string): Environment | undefined {
  const { document } = formerSettings(folder)?.environment ?? {};
  return typeof document === "string" ? readDocument(document) : undefined;
}

/** The workspace that the project of a built-in program in a folder deploys to. */
export function workspaceIn(folder: string): string | undefined {
  const { workspaceId } = formerSettings(folder)?.environment ?? {};
  return typeof workspaceId === "string" ? workspaceId : undefined;
}

function formerSettings(folder: string): ProgramSettings | undefined {
  const file = settingsFile(folder);
  return existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as ProgramSettings) : undefined;
}

/** This very package and its Pulumi SDK, so that program and provider process find the same ones. */
function linkPackages(folder: string): void {
  const require = createRequire(__filename);
  const own = path.resolve(__dirname, "..", "..");
  const packages = path.join(folder, "node_modules");
  const place = path.join(packages, "pulumi-amigo");
  // Not a link to all of it: in a clone, the CLI would look for plugins in all that is installed there, at each run.
  if (lstatSync(place, { throwIfNoEntry: false })?.isSymbolicLink()) rmSync(place, { recursive: true });
  mkdirSync(place, { recursive: true });
  copyFileSync(path.join(own, "package.json"), path.join(place, "package.json"));
  link(path.join(place, "dist"), path.join(own, "dist"));
  link(path.join(packages, "@pulumi", "pulumi"), path.dirname(require.resolve("@pulumi/pulumi/package.json")));
}

function link(place: string, target: string): void {
  const isThere = lstatSync(place, { throwIfNoEntry: false }) !== undefined;
  if (isThere && existsSync(place) && realpathSync(place) === realpathSync(target)) return;
  if (isThere) rmSync(place, { recursive: true });
  mkdirSync(path.dirname(place), { recursive: true });
  symlinkSync(target, place, "junction");
}
