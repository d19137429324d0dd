import * as pulumi from "@pulumi/pulumi";
import { ProviderContext } from "../provider/context.js";
import { readSettings } from "../settings.js";
import { warnOfConfig } from "./config-warnings.js";
import { programRun } from "./conflicts.js";
import { knownValue } from "./inspect.js";
import type { Provider } from "./provider.js";

/** By program run: inline programs of one process must not see each other's lists. */
const contexts = new WeakMap<object, Map<string, ProviderContext>>();

/** The account that a look-up in the program uses: an explicit provider's, else that of stack config and environment. */
export async function programContext(provider?: Provider): Promise<ProviderContext> {
  warnOfConfig();
  if (!provider) {
    const config = new pulumi.Config("amigo");
    return contextFor((name) => config.get(name), false);
  }
  const settings = await knownValue(provider.settings);
  if (!settings) {
    throw new Error(
      "the provider's settings are not known in this preview: use the look-up's Output twin, which waits for them",
    );
  }
  return contextFor((name) => settings[`amigo:${name}`], true);
}

function contextFor(config: (name: string) => string | undefined, explicit: boolean): ProviderContext {
  const settings = readSettings({ config, environment: process.env, explicit });
  if (settings.problems.length > 0) throw new Error(settings.problems.join("\n"));
  const key = JSON.stringify([settings, settings.apiKey()]);
  const run = programRun();
  const ofRun = contexts.get(run) ?? new Map<string, ProviderContext>();
  contexts.set(run, ofRun);
  let context = ofRun.get(key);
  if (!context) {
    context = new ProviderContext(settings);
    ofRun.set(key, context);
  }
  return context;
}
