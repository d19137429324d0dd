import type { Lifecycle } from "../engine/lifecycle.js";
import { serviceLifecycle } from "./service.js";
import { serviceBindingLifecycle } from "./service-binding.js";
import { testCallerNumbersLifecycle } from "./test-caller-numbers.js";
import { useCaseLifecycle } from "./use-case.js";
import { versionSetLifecycle } from "./version-set.js";
import { workspaceLifecycle } from "./workspace.js";

/** All resources, by the name of their provider in `pulumi-amigo/providers`. A new one is its file, and a line here. */
export const lifecycles = {
  workspace: workspaceLifecycle,
  service: serviceLifecycle,
  versionSet: versionSetLifecycle,
  useCase: useCaseLifecycle,
  serviceBinding: serviceBindingLifecycle,
  testCallerNumbers: testCallerNumbersLifecycle,
} as const satisfies Record<string, Lifecycle>;
