/** Everything that a new project says about an account. */
export interface ProjectFacts {
  /** Of the Pulumi project. */
  readonly name: string;
  readonly ids: ProjectIds;
  /** Where it is not the public server and not this machine. */
  readonly baseUrl?: string;
  /** The version range of this package, or the folder of a clone as `file:...`. */
  readonly dependency: string;
}

export interface ProjectIds {
  readonly workspaceId: string;
  readonly agentId: string;
  readonly contextGraphId: string;
  /** An approved voice setup; without it the project has no use case. */
  readonly setupId?: string;
}

/** The text of each file of a new project, by its name. */
export function projectFiles(facts: ProjectFacts): Record<string, string> {
  return {
    "package.json": packageJson(facts),
    "Pulumi.yaml": pulumiYaml(facts),
    "tsconfig.json": tsconfig,
    "index.ts": program(facts),
    ".gitignore": "node_modules/\n",
  };
}

function packageJson({ name, dependency }: ProjectFacts): string {
  // A newer SDK needs Node 22.
  const sdk = Number(process.versions.node.split(".")[0]) >= 22 ? "^3.248.0" : "~3.248.0";
  const content = {
    name,
    version: "0.1.0",
    private: true,
    main: "index.ts",
    dependencies: { "@pulumi/pulumi": sdk, "pulumi-amigo": dependency },
    devDependencies: { "@types/node": "^20", "ts-node": "^10.9.2", typescript: "~5.9" },
  };
  return `${JSON.stringify(content, undefined, 2)}\n`;
}

function pulumiYaml({ name, ids, baseUrl }: ProjectFacts): string {
  const server = baseUrl === undefined ? "" : `  amigo:baseUrl:\n    value: ${JSON.stringify(baseUrl)}\n`;
  return `name: ${name}
description: Amigo services as code
runtime:
  name: nodejs
  options:
    typescript: true
config:
  amigo:workspaceId:
    value: ${ids.workspaceId}
${server}`;
}

const tsconfig = `${JSON.stringify(
  {
    compilerOptions: {
      strict: true,
      target: "ES2022",
      module: "Node16",
      moduleResolution: "Node16",
      skipLibCheck: true,
      noEmit: true,
    },
    files: ["index.ts"],
  },
  undefined,
  2,
)}\n`;

function program({ name, ids }: ProjectFacts): string {
  const { agentId, contextGraphId, setupId } = ids;
  const useCase = setupId === undefined ? missingUseCase(name) : useCaseText(name, setupId);
  return `import * as amigo from "pulumi-amigo";

const desk = new amigo.Service("desk", {
  name: ${JSON.stringify(`${name} desk`)},
  agentId: "${agentId}",
  contextGraphId: "${contextGraphId}",
});

// Calls run on the version set "release". Without a number it runs the newest versions.
new amigo.VersionSet("release", { serviceId: desk.id, name: "release" });

${useCase}
export const deskId = desk.id;
export const agentName = desk.agentName;
`;
}

function useCaseText(project: string, setupId: string): string {
  return `const calls = new amigo.UseCase("calls", {
  channel: "inbound_voice",
  entityName: "${entityOf(project)}",
  name: "Front desk",
  setupId: "${setupId}",
});
new amigo.ServiceBinding("calls", { useCaseId: calls.id, serviceId: desk.id });
`;
}

/** As the API takes it: letters, spaces and hyphens, 31 at most. Two projects get two names, since a use case is there once. */
function entityOf(project: string): string {
  const words = project.split(/[^A-Za-z]+/).filter((word) => word !== "");
  const name = words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join(" ");
  return name.slice(0, 31).trim() || "Clinic";
}

const missingUseCase = (
  project: string,
) => `// To take calls, add a use case and bind it to the service. It needs the id of an approved setup:
//
// const calls = new amigo.UseCase("calls", {
//   channel: "inbound_voice",
//   entityName: "${entityOf(project)}",
//   name: "Front desk",
//   setupId: "...",
// });
// new amigo.ServiceBinding("calls", { useCaseId: calls.id, serviceId: desk.id });
`;
