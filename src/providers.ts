// First, before what an old Node.js cannot load.
import "./require-node.js";
import type { dynamic } from "@pulumi/pulumi";
import { processProvider } from "./engine/provider/process.js";
import { lifecycles, type ProviderName } from "./resources/index.js";

/** What the engine's provider process calls; each name stands in state, in the constant `__provider` text of its resources. */
const providers = Object.fromEntries(
  Object.entries(lifecycles).map(([name, lifecycle]) => [name, () => processProvider(lifecycle)]),
) as Readonly<Record<ProviderName, () => dynamic.ResourceProvider>>;

export = providers;
