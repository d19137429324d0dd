import type { ExportedState } from "../../../lab/cli/stack.js";
import type { EmulatorStore } from "../../../src/emulator/index.js";

type Deployment = ExportedState["deployment"];

export const slug = "engine-clinic";

/** What is wrong after a deploy: everything exists once, the stack knows it under its id, and nothing else exists. */
export function deployFailures(store: EmulatorStore, deployment: Deployment): string[] {
  const { resources = [], pending_operations: pending = [] } = deployment;
  const idOf = (kind: string) => resources.filter(({ type }) => type.endsWith(`:${kind}`)).map(({ id }) => id);
  const workspaces = store.workspaces.list().filter((workspace) => workspace.slug === slug);
  const workspace = workspaces[0];
  const services = store.services.list().filter(({ is_system }) => !is_system);
  const useCases = store.useCases.list();
  const bindings = store.bindings.list();
  const found: Record<string, [there: unknown, expected: unknown]> = {
    "workspaces in the stack": [idOf("Workspace"), workspaces.map(({ id }) => id)],
    "services in the stack": [idOf("Service"), services.map(({ id }) => id)],
    "use cases in the stack": [idOf("UseCase"), useCases.map(({ id }) => id)],
    "bindings in the stack": [idOf("ServiceBinding"), bindings.map(({ use_case_id }) => use_case_id)],
    "version sets in the stack": [idOf("VersionSet"), services.map(({ id }) => `${id}/canary`)],
    "number lists in the stack": [idOf("TestCallerNumbers"), workspaces.map(({ id }) => id)],
    workspaces: [workspaces.length, 1],
    services: [services.length, 1],
    "use cases": [useCases.length, 1],
    bindings: [bindings.map(({ service_id }) => service_id), services.map(({ id }) => id)],
    "the version set": [services.map(({ version_sets }) => Object.keys(version_sets).includes("canary")), [true]],
    numbers: [workspace?.test_caller_numbers, ["+14155550100"]],
    "the connector": [workspace?.connector_type, "epic"],
    "being provisioned": [typeof workspace?.provisioned_at, "string"],
    "being in force": [workspace?.archived_at ?? null, null],
    "pending operations": [pending.map(({ type, resource }) => `${type} ${resource.urn}`), []],
  };
  return differences(found);
}

/** What is wrong after a destroy: nothing is left, in the stack or on the server. */
export function destroyFailures(store: EmulatorStore, deployment: Deployment): string[] {
  const [workspace] = store.workspaces.list().filter((one) => one.slug === slug);
  return differences({
    resources: [(deployment.resources ?? []).map(({ urn }) => urn), []],
    "pending operations": [(deployment.pending_operations ?? []).map(({ resource }) => resource.urn), []],
    services: [store.services.list().filter(({ is_system }) => !is_system).length, 0],
    "use cases": [store.useCases.list().length, 0],
    bindings: [store.bindings.list().length, 0],
    numbers: [workspace?.test_caller_numbers, []],
    "being archived": [typeof workspace?.archived_at, "string"],
  });
}

function differences(found: Record<string, [there: unknown, expected: unknown]>): string[] {
  return Object.entries(found).flatMap(([what, [there, expected]]) => {
    const [left, right] = [there, expected].map((value) => JSON.stringify(value));
    return left === right ? [] : [`${what}: found ${left}, expected ${right}`];
  });
}
