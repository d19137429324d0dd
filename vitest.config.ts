import { availableParallelism } from "node:os";

type ViteUserConfig = import("vitest/config", { with: { "resolution-mode": "import" }}).ViteUserConfig;

const config: ViteUserConfig = {
  test: {
    pool: "forks",
    poolOptions: { forks: { minForks: 1, maxForks: Math.max(2, availableParallelism() - 1) } },
    projects: [
      {
        extends: true,
        test: {
          name: "unit",
          include: ["test/**/*.test.ts", "bench/**/*.test.ts"],
          exclude: ["test/engine/**"],
          testTimeout: 15_000,
          hookTimeout: 15_000,
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: {
          name: "engine",
          include: ["test/engine/**/*.test.ts"],
          globalSetup: ["test/global-setup.ts"],
          testTimeout: 300_000,
          hookTimeout: 300_000,
          // After the unit tests: each of these tests is several processes of its own.
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
};

export default config;
