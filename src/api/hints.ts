import type { OperationId } from "./operations.js";

interface HintRow {
  /** @default every operation */
  operations?: readonly OperationId[];
  statuses: readonly number[];
  /** Must fit the server's words, where a status has several meanings. */
  when?: RegExp;
  hint: string;
}

const gateway = [502, 504] as const;
const channelManaged = ["create-use-case", "delete-use-case", "bind-use-case-to-service"] as const;
const serviceWrites = ["create-service", "update-service"] as const;
const workspaceCreates = ["create-workspace", "create-self-service-workspace"] as const;
const ofOneWorkspace = ["get-workspace", "update-workspace", "provision-workspace"] as const;

const useCaseExists =
  "A use case of this channel, entity name and name exists in the workspace; adopt it (adopt: true, or the import option), or choose another name.";
const setupNotApproved =
  "The channel setup named by setupId is not approved yet; this API cannot approve it, so have it approved in the Amigo console first.";
const stillBound =
  "The use case is still bound to a service, and the API does not tell to which one; remove its service binding first (a binding of this program is removed by itself).";
const phoneAssigned =
  "Phone numbers are still assigned to the use case, which this API cannot change; unassign them in the Amigo console or ask Amigo's support, then run again.";

const workspaceGone = "The workspace is archived, or this key cannot see it: right account, right base URL?";

function notInWorkspace(property: string, thing: string): string {
  return `Check ${property}: it must be the id of ${thing} of this workspace. Ids differ between workspaces and accounts.`;
}

/**
 * What to do, by operation and status; the first row that fits counts, so the particular stands before the general. Nothing is
 * said here of a refused key: only the settings know where it came from.
 */
export const hintRows: readonly HintRow[] = [
  {
    operations: ["archive-workspace"],
    statuses: [403],
    hint: "Only owners can archive a workspace; use an owner's key. A workspace made with creation \"bootstrap\" has no owner: only Amigo's support can archive it.",
  },
  {
    operations: ["create-self-service-workspace"],
    statuses: [403],
    hint: "The key lacks the permission, or is of a kind that cannot own a workspace; use the key of a user who may create workspaces.",
  },
  { statuses: [403], hint: "The key is valid but lacks the permission for this; use another key, or have it granted." },
  {
    operations: workspaceCreates,
    statuses: [409],
    hint: "The slug is taken, perhaps by an archived workspace: a slug is never free again. Choose another slug, or import the existing workspace.",
  },
  {
    operations: serviceWrites,
    statuses: [409],
    hint: "Another service of this workspace has this name; adopt it (adopt: true, or the import option), or choose another name.",
  },
  {
    operations: ["upsert-service-version-set"],
    statuses: [409],
    hint: "The name of the version set is taken, or it cannot be changed: edge belongs to the platform.",
  },
  { operations: ["create-use-case"], statuses: [409], when: /approv|pending|verif/i, hint: setupNotApproved },
  { operations: ["create-use-case"], statuses: [409], when: /exist|duplicate|already/i, hint: useCaseExists },
  {
    operations: ["create-use-case"],
    statuses: [409],
    hint: `The server does not say which of two things it is. ${useCaseExists} Or: ${setupNotApproved}`,
  },
  { operations: ["delete-use-case"], statuses: [409], when: /phone|number|assign/i, hint: phoneAssigned },
  { operations: ["delete-use-case"], statuses: [409], when: /bound|binding|service/i, hint: stillBound },
  {
    operations: ["delete-use-case"],
    statuses: [409],
    hint: `The server does not say which of two things it is. ${stillBound} Or: ${phoneAssigned}`,
  },
  {
    operations: ["bind-use-case-to-service"],
    statuses: [409],
    hint: "The service already has another use case bound for this channel; a service takes one use case per channel. Unbind that one first, or bind to another service.",
  },
  {
    operations: serviceWrites,
    statuses: [404],
    when: /\bpersona(_id)?\b/i,
    hint: notInWorkspace("personaId", "a persona"),
  },
  {
    operations: serviceWrites,
    statuses: [404],
    when: /\bcontext[ _-]?graph(_id)?\b/i,
    hint: notInWorkspace("contextGraphId", "a context graph"),
  },
  { operations: serviceWrites, statuses: [404], when: /\bagent(_id)?\b/i, hint: notInWorkspace("agentId", "an agent") },
  { statuses: [404], when: /^(the )?workspace\b/i, hint: workspaceGone },
  {
    operations: serviceWrites,
    statuses: [404],
    when: /^(?!.*\bservice\b)/is,
    hint: `The server does not say what it did not find: the service, or what agentId, contextGraphId or personaId names. Or: ${workspaceGone}`,
  },
  {
    operations: ["create-use-case"],
    statuses: [404],
    hint: "The channel setup named by setupId does not exist in this workspace, or the workspace is archived or not visible to this key.",
  },
  {
    operations: ["bind-use-case-to-service"],
    statuses: [404],
    hint: "The use case or the service does not exist in this workspace (any more).",
  },
  {
    operations: ["get-use-case-service-binding", "unbind-use-case-from-service"],
    statuses: [404],
    hint: "The use case is not bound to a service, or it does not exist in this workspace.",
  },
  {
    operations: ["create-self-service-workspace"],
    statuses: [404, 405],
    hint: 'Neither POST /v1/workspaces/self-service nor POST /v1/me/workspaces exists at this base URL: is it the right one? Else creation "bootstrap" makes a workspace without an owner.',
  },
  { operations: [...ofOneWorkspace, "archive-workspace"], statuses: [404], hint: workspaceGone },
  {
    operations: ["get-service", "update-service", "delete-service", "upsert-service-version-set"],
    statuses: [404],
    hint: "The service does not exist in this workspace (any more), or the workspace is archived or not visible to this key.",
  },
  {
    operations: ["delete-use-case"],
    statuses: [404],
    hint: "The use case does not exist in this workspace (any more), or the workspace is archived or not visible to this key.",
  },
  { statuses: [404], hint: workspaceGone },
  { statuses: [405], hint: "The server at this base URL does not know this operation: is the base URL right?" },
  {
    operations: ["archive-workspace"],
    statuses: [422],
    hint: "The slug that was sent to confirm the archiving is not the workspace's slug.",
  },
  {
    operations: ["update-workspace"],
    statuses: [422],
    when: /region/i,
    hint: "This server does not let a workspace's region change; restore the former region, or make a new workspace.",
  },
  {
    operations: ["update-test-caller-numbers"],
    statuses: [422],
    hint: "Numbers must be written as +14155550100 (E.164), each once, at most 20 of them.",
  },
  {
    operations: ["bind-use-case-to-service"],
    statuses: [422],
    hint: "Use cases of this channel cannot be bound to a service.",
  },
  { statuses: [400, 422], hint: "Correct the arguments that the server names." },
  { statuses: [408], hint: "The server waited too long for the request; try again." },
  {
    statuses: [429],
    hint: "Limits count per organisation and endpoint, so other users of the account share them; lower maxConcurrency or set requestsPerSecond.",
  },
  {
    operations: ["create-self-service-workspace"],
    statuses: [503],
    hint: "Amigo's identity service was not available, so the workspace may or may not have been made; look for its slug before trying again.",
  },
  {
    operations: channelManaged,
    statuses: gateway,
    hint: "Amigo's channel manager did not answer (in time); the change may have been made all the same.",
  },
  {
    statuses: [500, 502, 503, 504],
    hint: "The trouble is on the server's side; Amigo's support can find this request by its request id.",
  },
];

/** The advice for an answer; `said` is the server's detail and error code. */
export function hintFor(operation: OperationId, status: number, said: string): string | undefined {
  return hintRows.find(
    (row) =>
      row.statuses.includes(status) && (row.operations?.includes(operation) ?? true) && (row.when?.test(said) ?? true),
  )?.hint;
}
