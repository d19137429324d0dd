import type { Lifecycle } from "../engine/lifecycle.js";
import { Service, serviceLifecycle } from "./service.js";
import { ServiceBinding, serviceBindingLifecycle } from "./service-binding.js";
import { TestCallerNumbers, testCallerNumbersLifecycle } from "./test-caller-numbers.js";
import { UseCase, useCaseLifecycle } from "./use-case.js";
import { VersionSet, versionSetLifecycle } from "./version-set.js";
import { Workspace, workspaceLifecycle } from "./workspace.js";

/** All resources, by the name of their provider in `pulumi-amigo/providers`. A new one is its file, and a line here. */
export const lifecycles = {
  workspace: workspaceLifecycle,
  service: serviceLifecycle,
  versionSet: versionSetLifecycle,
  useCase: useCaseLifecycle,
  serviceBinding: serviceBindingLifecycle,
  testCallerNumbers: testCallerNumbersLifecycle,
} as const satisfies Record<string, Lifecycle>;

/** The class of each, by the same name. */
export const classes = {
  workspace: Workspace,
  service: Service,
  versionSet: VersionSet,
  useCase: UseCase,
  serviceBinding: ServiceBinding,
  testCallerNumbers: TestCallerNumbers,
} as const satisfies Record<keyof typeof lifecycles, unknown>;
