import { bench, describe } from "vitest";
import { providerOf, samples } from "./support.js";

// What the engine's step generator waits for, one resource after another, in every preview and run.
for (const [name, { lifecycle, inputs }] of Object.entries(samples)) {
  const provider = providerOf(lifecycle);
  const other = { ...inputs, name: "Other" };
  describe(name, () => {
    bench("check", async () => {
      const { failures = [] } = await provider.check(inputs, inputs);
      if (failures.length > 0) throw new Error(failures[0]?.reason);
    });
    bench("diff, nothing changed", async () => {
      if ((await provider.diff("id", inputs, inputs)).changes) throw new Error("it says that something changed");
    });
    if (inputs.name === undefined) return;
    bench("diff, another name", async () => {
      if (!(await provider.diff("id", inputs, other)).changes) throw new Error("it says that nothing changed");
    });
  });
}
