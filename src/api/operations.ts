/** `read` changes nothing, `idempotent` may be sent twice, `create` must not be sent again unless it certainly was not carried out. */
export type OperationKind = "read" | "idempotent" | "create";

export interface Operation {
  id: OperationId;
  method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** The contract's path template. */
  path: string;
  /** The status that the contract gives for success; 204 has no body. */
  success: 200 | 201 | 204;
  kind: OperationKind;
}

const services = "/v1/{workspace_id}/services";
const useCases = "/v1/{workspace_id}/use-cases";
const workspace = "/v1/workspaces/{workspace_id}";

/** Every operation of the contract. */
const table = {
  "list-workspaces": { method: "GET", path: "/v1/workspaces", success: 200, kind: "read" },
  "create-workspace": { method: "POST", path: "/v1/workspaces", success: 201, kind: "create" },
  "create-self-service-workspace": {
    method: "POST",
    path: "/v1/workspaces/self-service",
    success: 201,
    kind: "create",
  },
  "get-workspace": { method: "GET", path: workspace, success: 200, kind: "read" },
  "update-workspace": { method: "PATCH", path: workspace, success: 200, kind: "idempotent" },
  "archive-workspace": { method: "POST", path: `${workspace}/archive`, success: 200, kind: "idempotent" },
  "provision-workspace": { method: "POST", path: `${workspace}/provision`, success: 200, kind: "idempotent" },
  "get-test-caller-numbers": { method: "GET", path: `${workspace}/test-caller-numbers`, success: 200, kind: "read" },
  "update-test-caller-numbers": {
    method: "PUT",
    path: `${workspace}/test-caller-numbers`,
    success: 200,
    kind: "idempotent",
  },
  "list-services": { method: "GET", path: services, success: 200, kind: "read" },
  "create-service": { method: "POST", path: services, success: 201, kind: "create" },
  "get-service": { method: "GET", path: `${services}/{service_id}`, success: 200, kind: "read" },
  "update-service": { method: "PUT", path: `${services}/{service_id}`, success: 200, kind: "idempotent" },
  "delete-service": { method: "DELETE", path: `${services}/{service_id}`, success: 204, kind: "idempotent" },
  "upsert-service-version-set": {
    method: "PUT",
    path: `${services}/{service_id}/version-sets/{name}`,
    success: 204,
    kind: "idempotent",
  },
  "list-use-cases": { method: "GET", path: useCases, success: 200, kind: "read" },
  "create-use-case": { method: "POST", path: useCases, success: 201, kind: "create" },
  "delete-use-case": { method: "DELETE", path: `${useCases}/{use_case_id}`, success: 204, kind: "idempotent" },
  "get-use-case-service-binding": {
    method: "GET",
    path: `${useCases}/{use_case_id}/service-binding`,
    success: 200,
    kind: "read",
  },
  "bind-use-case-to-service": {
    method: "PUT",
    path: `${useCases}/{use_case_id}/service-binding`,
    success: 200,
    kind: "idempotent",
  },
  "unbind-use-case-from-service": {
    method: "DELETE",
    path: `${useCases}/{use_case_id}/service-binding`,
    success: 204,
    kind: "idempotent",
  },
} as const satisfies Record<string, Omit<Operation, "id">>;

export type OperationId = keyof typeof table;

export const operations = Object.fromEntries(
  Object.entries(table).map(([id, entry]) => [id, { id, ...entry }]),
) as unknown as Readonly<Record<OperationId, Operation>>;

/** Where newer servers moved create-self-service-workspace. */
export const movedSelfServicePath = "/v1/me/workspaces";
