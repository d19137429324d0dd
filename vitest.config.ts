import { availableParallelism } from "node:os";
import { resolve } from "node:path";

type ViteUserConfig = import("vitest/config", { with: { "resolution-mode": "import" }}).ViteUserConfig;
type TestSpecification = import("vitest/node", { with: { "resolution-mode": "import" }}).TestSpecification;

/** Left out of `npm run test:fast`: they start processes, wait, or live whole lives under each dialect. */
const slow = [
  "test/{ci,cli,concurrency,dialects,fleet,hostile,policies,protocol}/**",
  "test/{conventions,types}.test.ts",
  "test/environment/program.test.ts",
  "test/resources/seventh.test.ts",
  "test/api/{budget-protocol,retry,shared-budget,throttle}.test.ts",
  "test/emulator/{cli,dialects,persistence}.test.ts",
  "test/recovery/journal.test.ts",
  "test/traps/trap-12-*.test.ts",
];

/** They change the clock of all that is loaded with them. */
const ownClock = ["test/stories{,-faults}.test.ts", "test/resources/exchanged-lines.test.ts"];

/** Tests that take longest, first: what starts last must not be what all wait for. */
const longest = [
  "stories",
  "stories-faults",
  "fleet",
  "package",
  "adopt",
  "clone",
  "many-runs",
  "quickstart",
  "recover",
  "gitops-github",
  "environment-examples",
  "exchanged-lines",
  "deploy",
  "examples",
  "bad-input",
  "order",
  "adoption",
  "kill",
];

const place = ({ moduleId }: TestSpecification) => {
  const found = longest.findIndex((name) => moduleId.endsWith(`/${name}.test.ts`));
  return found < 0 ? longest.length : found;
};

/** Each file loads our modules anew, in a process that was there: one process for each file takes twice the time. */
const modulesAnew = { poolOptions: { forks: { isolate: true } } };
const modulesShared = { poolOptions: { forks: { isolate: false } } };

const lazySdk = resolve("lab/cli/lazy-sdk.cjs");

/** Some of these tests run programs and commands as they are compiled. */
const compiled = { globalSetup: ["lab/dist.ts"] };

async function config(): Promise<ViteUserConfig> {
  const { BaseSequencer } = await import("vitest/node");
  class LongestFirst extends BaseSequencer {
    override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
      return (await super.sort(files)).toSorted((a, b) => place(a) - place(b));
    }
  }
  const unit = {
    include: ["test/**/*.test.ts", "bench/**/*.test.ts"],
    exclude: ["test/engine/**", ...ownClock],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    ...modulesAnew,
  };
  return {
    test: {
      // A busy machine may stop a process for seconds; only what never comes fails.
      expect: { poll: { timeout: 30_000 } },
      setupFiles: ["test/setup.ts"],
      // For the processes that tests start.
      env: { NODE_OPTIONS: `--require ${JSON.stringify(lazySdk)}` },
      pool: "forks",
      // Tests wait for half of their time, for what is only sure after a while.
      poolOptions: {
        forks: {
          // Processes are shared; where their number changes, tinypool ends one twice, which fails the run.
          minForks: 2 * availableParallelism(),
          maxForks: 2 * availableParallelism(),
          ...modulesShared.poolOptions.forks,
          execArgv: ["--require", lazySdk],
        },
        threads: { minThreads: 2, maxThreads: 2 },
      },
      sequence: { sequencer: LongestFirst },
      projects: [
        { extends: true, test: { name: "unit", ...unit, ...compiled, sequence: { groupOrder: 0 } } },
        {
          extends: true,
          test: {
            name: "own-clock",
            include: ownClock,
            pool: "threads",
            testTimeout: 60_000,
            sequence: { groupOrder: 0 },
          },
        },
        {
          extends: true,
          test: { name: "fast", ...unit, ...modulesShared, exclude: [...unit.exclude, ...slow] },
        },
        {
          extends: true,
          test: {
            name: "engine",
            ...modulesAnew,
            include: ["test/engine/**/*.test.ts"],
            globalSetup: [...compiled.globalSetup, "test/engine-setup.ts"],
            testTimeout: 300_000,
            hookTimeout: 300_000,
            // After the unit tests: each of these tests is several processes of its own.
            sequence: { groupOrder: 1 },
          },
        },
      ],
    },
  };
}

export default config();
