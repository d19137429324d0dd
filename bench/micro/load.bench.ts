import { execFileSync } from "node:child_process";
import { bench, describe } from "vitest";
import { compiled } from "./support.js";

const scripts: Record<string, string> = {
  "node alone": "",
  "the Pulumi SDK": 'require("@pulumi/pulumi")',
  "the SDK and what a program loads": `require("@pulumi/pulumi");require(${JSON.stringify(compiled("index.js"))})`,
  "the SDK and what the provider process loads": `require("@pulumi/pulumi");require(${JSON.stringify(compiled("providers.js"))})`,
  "zod alone": 'require("zod")',
};

describe("start of a process that loads", () => {
  for (const [name, script] of Object.entries(scripts)) {
    bench(name, () => void execFileSync(process.execPath, ["-e", script]), {
      iterations: 10,
      time: 0,
      warmupIterations: 1,
      warmupTime: 0,
    });
  }
});
