// First, before what an old Node.js cannot load.
import "./require-node.js";

export { Provider, type ProviderArgs } from "./engine/program/provider.js";
export { Environment, type EnvironmentArgs, type EnvironmentChildren } from "./environment/component.js";
export * from "./resources/all.js";
export * from "./resources/lookups.js";
export type { ModelPreference, ServiceTagArgs, VersionSetBodyArgs, VoiceConfigArgs } from "./resources/nested.js";
