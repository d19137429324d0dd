/** What each folder of src may import, beside itself and the files at the top of src. */
const layers = {
  api: [],
  engine: ["api"],
  resources: ["engine", "api"],
  stack: ["resources", "engine", "api"],
  environment: ["recovery", "stack", "resources", "engine", "api"],
  fleet: ["environment", "recovery", "stack", "resources", "engine", "api"],
  recovery: ["stack", "resources", "engine", "api"],
  ci: ["api"],
  emulator: [],
  cli: ["ci", "fleet", "environment", "recovery", "stack", "resources", "engine", "api", "emulator"],
};

const layered = Object.entries(layers).map(([folder, below]) => ({
  name: `src-${folder}-imports-${below.length > 0 ? "only-what-is-below" : "no-other-folder"}`,
  severity: "error",
  from: { path: `^src/${folder}/` },
  to: { path: "^src/[^/]+/", pathNot: [folder, ...below].map((name) => `^src/${name}/`) },
}));

/** @type {import("dependency-cruiser").IConfiguration} */
module.exports = {
  forbidden: [
    { name: "no-circles", severity: "error", from: {}, to: { circular: true } },
    ...layered,
    {
      name: "the-provider-process-loads-no-program",
      severity: "error",
      from: { path: "^src/engine/provider/" },
      to: { path: "^src/engine/program/" },
    },
    {
      name: "api-and-ci-know-no-pulumi",
      severity: "error",
      from: { path: "^src/(api|ci)/" },
      to: { path: "node_modules/@pulumi/" },
    },
    {
      name: "src-folders-have-a-layer",
      severity: "error",
      from: {},
      to: { path: "^src/[^/]+/", pathNot: Object.keys(layers).map((folder) => `^src/${folder}/`) },
    },
    {
      name: "src-imports-src",
      severity: "error",
      from: { path: "^src/" },
      to: { path: "^(lab|bench|test|examples|policies)/" },
    },
    {
      name: "lab-imports-src",
      severity: "error",
      from: { path: "^lab/" },
      to: { path: "^(bench|test|examples|policies)/" },
    },
    {
      name: "bench-imports-lab",
      severity: "error",
      from: { path: "^bench/" },
      to: { path: "^(test|examples|policies)/" },
    },
    { name: "test-imports-lab", severity: "error", from: { path: "^test/" }, to: { path: "^bench/" } },
    {
      name: "emulator-and-cli-load-when-used",
      severity: "error",
      from: { path: "^src/", pathNot: "^src/(emulator/|cli/)" },
      to: { path: "^src/(emulator|cli)/", dynamic: false, dependencyTypesNot: ["type-only"] },
    },
    {
      name: "commands-load-the-emulator-when-used",
      severity: "error",
      from: { path: "^src/cli/" },
      to: { path: "^src/emulator/", dynamic: false, dependencyTypesNot: ["type-only"] },
    },
  ],
  options: {
    doNotFollow: { path: ["node_modules", "^dist/"] },
    exclude: { path: ["^test/types/"] },
    tsConfig: { fileName: "tsconfig.json" },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: { extensions: [".ts", ".js"], conditionNames: ["require", "node", "default", "types"] },
  },
};
