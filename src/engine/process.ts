import type * as pulumi from "@pulumi/pulumi";
import { dynamicProvider } from "./adapter.js";
import { ProviderContext } from "./context.js";
import type { Lifecycle } from "./lifecycle.js";
import { readSettings } from "./settings.js";

let settle: (context: ProviderContext) => void;
const configured = new Promise<ProviderContext>((resolve) => {
  settle = resolve;
});
let begun = false;

/**
 * The provider of one resource kind in the engine's provider process. The SDK configures each kind by itself and may call
 * other methods meanwhile; all kinds share what the first call configures, and wait for it.
 */
export function processProvider(lifecycle: Lifecycle): pulumi.dynamic.ResourceProvider {
  return {
    ...dynamicProvider(lifecycle, () => configured),
    configure: async ({ config }) => {
      if (begun) return;
      begun = true;
      const value = (name: string) => config.get(`amigo:${name}`) as string | undefined;
      const settings = readSettings({
        config: value,
        environment: process.env,
        explicit: value("explicit") === "true",
      });
      settle(new ProviderContext(settings));
    },
  };
}
