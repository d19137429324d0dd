import { bindUseCase, getServiceBinding, unbindUseCase } from "./bindings.js";
import type { Handler } from "./call.js";
import { createService, deleteService, getService, listServices, updateService } from "./services.js";
import { getTestCallerNumbers, updateTestCallerNumbers } from "./test-callers.js";
import { createUseCase, deleteUseCase, listUseCases } from "./use-cases.js";
import { upsertServiceVersionSet } from "./version-sets.js";
import {
  archiveWorkspace,
  createSelfServiceWorkspace,
  createWorkspace,
  getWorkspace,
  listWorkspaces,
  provisionWorkspace,
  updateWorkspace,
} from "./workspaces.js";

export const bootstrapOperation = "create-workspace";
export const selfServiceOperation = "create-self-service-workspace";

/** What plays each operation of the contract. */
export const handlers: Record<string, Handler> = {
  "list-workspaces": listWorkspaces,
  [bootstrapOperation]: createWorkspace,
  [selfServiceOperation]: createSelfServiceWorkspace,
  "get-workspace": getWorkspace,
  "update-workspace": updateWorkspace,
  "archive-workspace": archiveWorkspace,
  "provision-workspace": provisionWorkspace,
  "get-test-caller-numbers": getTestCallerNumbers,
  "update-test-caller-numbers": updateTestCallerNumbers,
  "list-services": listServices,
  "create-service": createService,
  "get-service": getService,
  "update-service": updateService,
  "delete-service": deleteService,
  "upsert-service-version-set": upsertServiceVersionSet,
  "list-use-cases": listUseCases,
  "create-use-case": createUseCase,
  "delete-use-case": deleteUseCase,
  "get-use-case-service-binding": getServiceBinding,
  "bind-use-case-to-service": bindUseCase,
  "unbind-use-case-from-service": unbindUseCase,
};
