import type * as pulumi from "@pulumi/pulumi";
import type { Lifecycle } from "../lifecycle.js";
import { readSettings } from "../settings.js";
import { dynamicProvider } from "./adapter.js";
import { withPlainAnswers } from "./answers.js";
import { ProviderContext } from "./context.js";
import { Journal } from "./journal.js";

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
  const provider = withPlainAnswers(dynamicProvider(lifecycle, () => configured));
  return {
    ...provider,
    read: (id, state) => toldOnce(provider.read(id, state)),
    delete: (id, state) => toldOnce(provider.delete(id, state)),
    configure: async ({ config }) => {
      if (begun) return;
      begun = true;
      const value = (name: string) => config.get(`amigo:${name}`) as string | undefined;
      const settings = readSettings({
        config: value,
        environment: process.env,
        explicit: value("explicit") === "true",
      });
      const warn = (message: string) => console.warn(`warning: ${message}`);
      settle(new ProviderContext(settings, warn, new Journal(settings.baseUrl, warn)));
    },
  };
}

const toldByEngine = new Set<string>();
const printError = console.error;

/**
 * The SDK prints what read and delete throw, and passes it on to the engine, which tells it with its resource: the line
 * without one is left out.
 */
async function toldOnce<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    toldByEngine.add(`${error}: ${(error as Error).stack}`);
    console.error = (...parts: unknown[]) => {
      if (!toldByEngine.delete(String(parts[0]))) printError(...parts);
    };
    throw error;
  }
}
