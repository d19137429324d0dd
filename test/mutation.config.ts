type ViteUserConfig = import("vitest/config", { with: { "resolution-mode": "import" }}).ViteUserConfig;

/** The tests that mutation testing runs: those of the mutated folders. */
const config: ViteUserConfig = {
  test: {
    include: ["test/{api,program,recovery,resources,traps}/**/*.test.ts"],
    // No mutant changes the names of tests.
    exclude: ["test/traps/document.test.ts"],
    testTimeout: 15_000,
    hookTimeout: 15_000,
  },
};

export default config;
