// First, before what an old Node.js cannot load.
import "./require-node.js";
import { processProvider } from "./engine/provider/process.js";
import { lifecycles } from "./resources/index.js";

// What the engine's provider process calls; each name stands in state, in the constant `__provider` text of its resources.
export const workspace = () => processProvider(lifecycles.workspace);
export const service = () => processProvider(lifecycles.service);
export const versionSet = () => processProvider(lifecycles.versionSet);
export const useCase = () => processProvider(lifecycles.useCase);
export const serviceBinding = () => processProvider(lifecycles.serviceBinding);
export const testCallerNumbers = () => processProvider(lifecycles.testCallerNumbers);
