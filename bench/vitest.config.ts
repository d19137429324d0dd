type ViteUserConfig = import("vitest/config", { with: { "resolution-mode": "import" }}).ViteUserConfig;

const config: ViteUserConfig = {
  test: {
    pool: "forks",
    // One after another: what runs beside a measurement is measured too.
    poolOptions: { forks: { singleFork: true } },
    fileParallelism: false,
    benchmark: { include: ["bench/micro/*.bench.ts"] },
  },
};

export default config;
