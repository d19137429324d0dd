import type { AmigoClient, OperationId } from "../../src/api/index.js";
import { binding, service, serviceId, useCase, useCaseId, workspace, workspaceId } from "../api/server.js";

const newService = { name: service.name, agent_id: service.agent_id, context_graph_id: service.context_graph_id };
const newUseCase = {
  channel: "inbound_voice" as const,
  entity_name: useCase.entity_name,
  name: useCase.name,
  setup_id: useCase.setup_id,
};
const newWorkspace = { slug: workspace.slug, name: workspace.name, environment: workspace.environment };
const page = (item: object) => ({ items: [item], has_more: false });

interface Call {
  readonly id: OperationId;
  readonly send: (client: AmigoClient) => Promise<unknown>;
  /** A right answer; undefined where there is none to read. */
  readonly answer: object | undefined;
  /** The ids that a success must show, by the path of the field. */
  readonly must: Readonly<Record<string, string>>;
}

const call = (
  id: OperationId,
  send: Call["send"],
  answer: object | undefined = undefined,
  must: Call["must"] = {},
): Call => ({ id, send, answer, must });

const theWorkspace = { id: workspaceId };
const theService = { id: serviceId, workspace_id: workspaceId };
const theBinding = { use_case_id: useCaseId, workspace_id: workspaceId };
const numbers = { numbers: ["+14155550100"] };

/** One call of each operation of the contract. */
export const calls: readonly Call[] = [
  call("list-workspaces", (client) => client.listWorkspacesPage(), page(workspace)),
  call("create-workspace", (client) => client.createWorkspace(newWorkspace), workspace, { slug: workspace.slug }),
  call("create-self-service-workspace", (client) => client.createSelfServiceWorkspace(newWorkspace), workspace, {
    slug: workspace.slug,
  }),
  call("get-workspace", (client) => client.getWorkspace(workspaceId), workspace, theWorkspace),
  call("update-workspace", (client) => client.updateWorkspace(workspaceId, { name: "A" }), workspace, theWorkspace),
  call("archive-workspace", (client) => client.archiveWorkspace(workspaceId, "clinic"), workspace, theWorkspace),
  call("provision-workspace", (client) => client.provisionWorkspace(workspaceId), { workspace }, theWorkspace),
  call("get-test-caller-numbers", (client) => client.getTestCallerNumbers(workspaceId), numbers),
  call("update-test-caller-numbers", (client) => client.updateTestCallerNumbers(workspaceId, []), numbers),
  call("list-services", (client) => client.listServicesPage(workspaceId), page(service), {
    "items.0.workspace_id": workspaceId,
  }),
  call("create-service", (client) => client.createService(workspaceId, newService), service, {
    name: service.name,
    workspace_id: workspaceId,
  }),
  call("get-service", (client) => client.getService(workspaceId, serviceId), service, theService),
  call("update-service", (client) => client.updateService(workspaceId, serviceId, {}), service, theService),
  call("delete-service", (client) => client.deleteService(workspaceId, serviceId)),
  call("upsert-service-version-set", (client) => client.upsertVersionSet(workspaceId, serviceId, "canary", {})),
  call("list-use-cases", (client) => client.listUseCases(workspaceId), { items: [useCase] }),
  call("create-use-case", (client) => client.createUseCase(workspaceId, newUseCase), useCase, { name: useCase.name }),
  call("delete-use-case", (client) => client.deleteUseCase(workspaceId, useCaseId)),
  call(
    "get-use-case-service-binding",
    (client) => client.getServiceBinding(workspaceId, useCaseId),
    binding,
    theBinding,
  ),
  call("bind-use-case-to-service", (client) => client.bindUseCase(workspaceId, useCaseId, serviceId), binding, {
    ...theBinding,
    service_id: serviceId,
  }),
  call("unbind-use-case-from-service", (client) => client.unbindUseCase(workspaceId, useCaseId)),
];

export function valueAt(value: unknown, path: string): unknown {
  return path
    .split(".")
    .reduce<unknown>((inner, step) => (inner as Record<string, unknown> | undefined)?.[step], value);
}
