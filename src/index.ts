// First, before what an old Node.js cannot load.
import "./require-node.js";

export { Provider, type ProviderArgs } from "./engine/program/provider.js";
export { Environment, type EnvironmentArgs, type EnvironmentChildren } from "./environment/component.js";
export * from "./resources/lookups.js";
export type { ModelPreference, ServiceTagArgs, VersionSetBodyArgs, VoiceConfigArgs } from "./resources/nested.js";
export { Service, type ServiceArgs } from "./resources/service.js";
export { ServiceBinding, type ServiceBindingArgs } from "./resources/service-binding.js";
export { TestCallerNumbers, type TestCallerNumbersArgs } from "./resources/test-caller-numbers.js";
export { type EmailUseCaseArgs, UseCase, type UseCaseArgs, type VoiceUseCaseArgs } from "./resources/use-case.js";
export { VersionSet, type VersionSetArgs } from "./resources/version-set.js";
export { type Connector, Workspace, type WorkspaceArgs } from "./resources/workspace.js";
