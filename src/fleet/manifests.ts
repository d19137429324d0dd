import * as path from "node:path";
import { COMMAND } from "../command.js";
import {
  DEFAULT_KEY_VARIABLE,
  PROGRAM,
  PROJECT_FILE,
  type ProgramSettings,
  settingsOf,
} from "../environment/deploy.js";
import { jsonText, yamlText } from "../environment/print.js";
import { version } from "../version.js";
import type { Fleet } from "./file.js";
import { PROGRAM_FILE, type Repository } from "./manifest-files.js";
import type { FleetStack } from "./stacks.js";

export interface ManifestOptions {
  /** The folder that the files go to. */
  readonly out: string;
  readonly repository: Repository;
  readonly branch: string;
  readonly namespace: string;
  /** Where state is kept; undefined: Pulumi Cloud. */
  readonly backend?: string;
  /** All stacks that share the program, where the fleet was narrowed. @default those of the fleet */
  readonly sharing?: readonly FleetStack[];
}

/** The most characters of a Stack's name that the operator can work with. */
const LONGEST_NAME = 42;
const DRIFT = "-drift";
const IMAGE = "pulumi/pulumi:3.259.0-nonroot";
/** The first line of each manifest. */
const HEADER = `Written by \`${COMMAND} fleet manifests\`: change the fleet file instead.`;
const HOUR = 3600;
const BACKEND_SECRET = "amigo-backend";
const REPOSITORY_SECRET = "infrastructure-repository";

const PROGRAM_FOLDER = path.posix.dirname(PROGRAM_FILE);

/**
 * The files for the Pulumi Kubernetes Operator, by their path in `out`: for each stack a Stack that deploys and one that looks for
 * drift, and one program for the stacks that have a document.
 */
export function manifestsOf(fleet: Fleet, options: ManifestOptions): Map<string, string> {
  const problems = [
    ...(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(options.namespace)
      ? []
      : [
          `--namespace: found ${JSON.stringify(options.namespace)}; give small letters, digits and hyphens, 63 at most, a letter or digit at both ends`,
        ]),
    ...fleet.stacks.flatMap((stack) => problemsOf(stack, options)),
    ...fleet.waves.flatMap(({ name }) =>
      /[A-Za-z0-9]$/.test(name) ? [] : [`wave ${name}: a label of Kubernetes ends with a letter or a digit: rename it`],
    ),
  ];
  problems.push(...clashesOf(fleet, options));
  if (problems.length > 0) throw new Error(`${problems.join("\n")}\nNothing was written`);
  const files = new Map<string, string>();
  for (const wave of fleet.waves) {
    for (const stack of wave.stacks) {
      const own = yamlText(deploying(stack, wave.name, options), HEADER);
      const drift = yamlText(looking(stack, wave.name, options));
      files.set(fileOf(stack), `${own}---\n${drift}`);
    }
  }
  if (!fleet.stacks.some(isBuilt)) return files;
  // Files that were written before for other stacks run this program too.
  const built = (options.sharing ?? fleet.stacks).filter(
    (stack) => isBuilt(stack) && problemsOf(stack, options).length === 0,
  );
  const settings = Object.fromEntries(built.map((stack) => [stack.name, settingsFor(stack, options)]));
  files.set(`${PROGRAM_FOLDER}/Pulumi.yaml`, PROJECT_FILE);
  files.set(`${PROGRAM_FOLDER}/settings.json`, jsonText(settings));
  files.set(PROGRAM_FILE, programOfAll());
  files.set(
    `${PROGRAM_FOLDER}/package.json`,
    jsonText({
      private: true,
      main: "index.js",
      dependencies: { "@pulumi/pulumi": "^3.248.0", "pulumi-amigo": `^${version}` },
    }),
  );
  return files;
}

/** Two Stacks of one name, or two Secrets; also with stacks that were left out this time, since their files may be there. */
function clashesOf(fleet: Fleet, { sharing = fleet.stacks }: ManifestOptions): string[] {
  const found: string[] = [];
  const written = new Set(fleet.stacks.map(({ name }) => name));
  const stacks = new Map<string, string>();
  const secrets = new Map([
    [BACKEND_SECRET, { name: "", what: "that of the backend" }],
    [REPOSITORY_SECRET, { name: "", what: "that of the repository" }],
  ]);
  for (const { name } of sharing) {
    for (const kubernetes of [nameOf(name), driftNameOf(name)]) {
      const other = stacks.get(kubernetes);
      if (other !== undefined && (written.has(name) || written.has(other))) {
        found.push(`${name}: ${other} would be named ${kubernetes} too: rename one of them`);
      }
      stacks.set(kubernetes, name);
    }
    for (const [secretName, what] of [
      [nameOf(name), `the one of stack ${name}`],
      [readNameOf(name), `the one of stack ${name} that only reads`],
    ] as const) {
      const other = secrets.get(secretName);
      // Of two stacks with one name that is said above.
      if (other && nameOf(other.name) !== nameOf(name) && (written.has(name) || written.has(other.name))) {
        found.push(`${name}: two Secrets would be named ${secretName}, ${other.what} and ${what}: rename a stack`);
      }
      secrets.set(secretName, { name, what });
    }
  }
  return found;
}

/** The names of the files that are written for these stacks and nothing else. */
export function markedFilesOf(stacks: readonly FleetStack[]): Set<string> {
  return new Set([...stacks.map(fileOf), ...(stacks.some(isBuilt) ? [PROGRAM_FILE] : [])]);
}

function isBuilt({ environment }: FleetStack): boolean {
  return environment !== undefined;
}

function fileOf({ name }: FleetStack): string {
  return `${nameOf(name)}.yaml`;
}

function problemsOf({ name, environment, project, workspace }: FleetStack, options: ManifestOptions): string[] {
  const { root } = options.repository;
  const built = environment === undefined ? [] : [options.out];
  const outside = [...built, environment, project, workspace?.references].filter(
    (file) => file !== undefined && path.relative(root, file).startsWith(".."),
  );
  return [
    ...(name.length > LONGEST_NAME
      ? [`${name}: has ${name.length} characters, and the operator takes names of ${LONGEST_NAME} at most`]
      : []),
    ...(environment !== undefined && workspace?.id === undefined
      ? [
          `${name}: add the id of workspace "${workspace?.alias}" to amigo.yaml: a program of the operator looks up no slug`,
        ]
      : []),
    ...outside.map((file) => `${name}: ${file} is outside of the repository ${root}`),
  ];
}

/** A name as Kubernetes takes it. */
function nameOf(stack: string): string {
  return stack
    .toLowerCase()
    .replace(/[^a-z0-9-]/g, "-")
    .replace(/-+$/, "");
}

/** Of the Secret with a key that only reads. */
function readNameOf(stack: string): string {
  return `${nameOf(stack)}-read`;
}

function driftNameOf(stack: string): string {
  return `${nameOf(stack).slice(0, LONGEST_NAME - DRIFT.length)}${DRIFT}`;
}

/** The Stack that deploys each new commit. */
function deploying(stack: FleetStack, wave: string, options: ManifestOptions): object {
  const name = nameOf(stack.name);
  const podTemplate = {
    // A run that is under way may finish.
    spec: { containers: [{ name: "pulumi" }], terminationGracePeriodSeconds: 600 },
  };
  return manifest(name, wave, options, {
    ...common(stack, options),
    envRefs: variables(stack, name, options),
    workspaceTemplate: workspaceTemplate({ podTemplate }),
  });
}

/** The Stack that previews the same Pulumi stack each hour, writes nothing, and fails where something differs. */
function looking(stack: FleetStack, wave: string, options: ManifestOptions): object {
  const name = nameOf(stack.name);
  return manifest(driftNameOf(stack.name), wave, options, {
    ...common(stack, options),
    preview: true,
    refresh: true,
    continueResyncOnCommitMatch: true,
    resyncFrequencySeconds: HOUR,
    prerequisites: [{ name }],
    updateTemplate: { spec: { expectNoChanges: true } },
    envRefs: variables(stack, readNameOf(stack.name), options),
    workspaceTemplate: workspaceTemplate({}),
  });
}

function manifest(name: string, wave: string, { namespace }: ManifestOptions, spec: object): object {
  const labels = { "pulumi-amigo/wave": wave };
  return { apiVersion: "pulumi.com/v1", kind: "Stack", metadata: { name, namespace, labels }, spec };
}

function common({ name, project }: FleetStack, { out, repository, branch, backend }: ManifestOptions): object {
  return {
    serviceAccountName: "amigo-stacks",
    stack: name,
    repoDir: relative(repository.root, project ?? path.join(out, PROGRAM_FOLDER)),
    ...(repository.address === undefined
      ? {}
      : {
          projectRepo: repository.address,
          branch,
          shallow: true,
          gitAuth: { accessToken: secret(REPOSITORY_SECRET, "token") },
        }),
    ...(backend === undefined ? {} : { backend }),
    // A stack that is not there yet is not made by mistake.
    useLocalStackOnly: true,
    // Deleting the object leaves the phone lines alone.
    destroyOnFinalize: false,
  };
}

/** The environment of the run, with keys by reference only. */
function variables({ workspace, project }: FleetStack, keys: string, { backend }: ManifestOptions): object {
  const variable = project === undefined ? (workspace?.apiKeyEnv ?? DEFAULT_KEY_VARIABLE) : DEFAULT_KEY_VARIABLE;
  const { baseUrl } = workspace ?? {};
  return {
    [variable]: secret(keys, "apiKey"),
    ...(project !== undefined && baseUrl ? { AMIGO_BASE_URL: { type: "Literal", literal: { value: baseUrl } } } : {}),
    ...(backend === undefined
      ? { PULUMI_ACCESS_TOKEN: secret(BACKEND_SECRET, "accessToken") }
      : { PULUMI_CONFIG_PASSPHRASE: secret(BACKEND_SECRET, "passphrase") }),
    ...(backend?.startsWith("s3:")
      ? {
          AWS_ACCESS_KEY_ID: secret(BACKEND_SECRET, "accessKeyId"),
          AWS_SECRET_ACCESS_KEY: secret(BACKEND_SECRET, "secretAccessKey"),
        }
      : {}),
  };
}

function secret(name: string, key: string): object {
  return { type: "Secret", secret: { name, key } };
}

function workspaceTemplate(more: object): object {
  return {
    apiVersion: "auto.pulumi.com/v1alpha1",
    kind: "Workspace",
    spec: { image: IMAGE, securityProfile: "restricted", ...more },
  };
}

/** Paths start at the program's folder, wherever the repository is fetched to. */
function settingsFor({ environment = "", workspace }: FleetStack, { out }: ManifestOptions): ProgramSettings {
  const { provider, environment: given } = settingsOf({
    document: environment,
    references: workspace?.references,
    workspaceId: workspace?.id,
    entry: workspace,
  });
  const folder = path.join(out, PROGRAM_FOLDER);
  const paths = { document: environment, references: workspace?.references };
  const entries = Object.entries(paths).flatMap(([name, file]) => (file ? [[name, relative(folder, file)]] : []));
  return { provider, environment: { ...given, ...Object.fromEntries(entries) } };
}

/** The built-in program, with the settings of the stack that runs it. */
function programOfAll(): string {
  return PROGRAM.replace("with each run: change settings elsewhere", "with `fleet manifests`").replace(
    'const settings = require("./settings.json");',
    'const pulumi = require("@pulumi/pulumi");\nconst settings = require("./settings.json")[pulumi.getStack()];',
  );
}

function relative(from: string, to: string): string {
  return path.relative(from, to).split(path.sep).join("/") || ".";
}
