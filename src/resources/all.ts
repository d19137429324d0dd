// All resources: a new one is its file and a line here. What stands here is what programs import.

export { Service, type ServiceArgs } from "./service.js";
export { ServiceBinding, type ServiceBindingArgs } from "./service-binding.js";
export { TestCallerNumbers, type TestCallerNumbersArgs } from "./test-caller-numbers.js";
export { type EmailUseCaseArgs, UseCase, type UseCaseArgs, type VoiceUseCaseArgs } from "./use-case.js";
export { VersionSet, type VersionSetArgs } from "./version-set.js";
export { type Connector, Workspace, type WorkspaceArgs } from "./workspace.js";
