import type { OperationId } from "./operations.js";

interface Row {
  /** @default every operation */
  operations?: readonly OperationId[];
  statuses: readonly number[];
  /** Must fit the server's words, where a status has several meanings. */
  when?: RegExp;
  reason: string;
}

const gateway = [502, 504] as const;
const channelManaged = ["create-use-case", "delete-use-case", "bind-use-case-to-service"] as const;
const serviceWrites = ["create-service", "update-service"] as const;
const workspaceCreates = ["create-workspace", "create-self-service-workspace"] as const;
const ofOneWorkspace = ["get-workspace", "update-workspace", "provision-workspace", "archive-workspace"] as const;
const ofOneService = ["get-service", "update-service", "delete-service", "upsert-service-version-set"] as const;
const ofOneBinding = ["get-use-case-service-binding", "unbind-use-case-from-service"] as const;

/** Why the server refused, by operation and status; the first row that fits counts, so the particular stands before the general. */
export const reasonRows = [
  { operations: ["archive-workspace"], statuses: [403], reason: "not-the-owner" },
  { operations: ["create-self-service-workspace"], statuses: [403], reason: "cannot-own" },
  { statuses: [403], reason: "no-permission" },
  { operations: workspaceCreates, statuses: [409], reason: "slug-taken" },
  { operations: serviceWrites, statuses: [409], reason: "service-name-taken" },
  { operations: ["upsert-service-version-set"], statuses: [409], reason: "version-set-fixed" },
  { operations: ["create-use-case"], statuses: [409], when: /approv|pending|verif/i, reason: "setup-not-approved" },
  { operations: ["create-use-case"], statuses: [409], when: /exist|duplicate|already/i, reason: "use-case-exists" },
  { operations: ["create-use-case"], statuses: [409], reason: "use-case-exists-or-setup-not-approved" },
  { operations: ["delete-use-case"], statuses: [409], when: /phone|number|assign/i, reason: "phone-assigned" },
  { operations: ["delete-use-case"], statuses: [409], when: /bound|binding|service/i, reason: "still-bound" },
  { operations: ["delete-use-case"], statuses: [409], reason: "still-bound-or-phone-assigned" },
  { operations: ["bind-use-case-to-service"], statuses: [409], reason: "channel-taken" },
  { operations: serviceWrites, statuses: [404], when: /\bpersona(_id)?\b/i, reason: "no-such-persona" },
  {
    operations: serviceWrites,
    statuses: [404],
    when: /\bcontext[ _-]?graph(_id)?\b/i,
    reason: "no-such-context-graph",
  },
  { operations: serviceWrites, statuses: [404], when: /\bagent(_id)?\b/i, reason: "no-such-agent" },
  { statuses: [404], when: /^(the )?workspace\b/i, reason: "no-such-workspace" },
  {
    operations: serviceWrites,
    statuses: [404],
    when: /^(?!.*\bservice\b)/is,
    reason: "no-such-service-or-reference",
  },
  { operations: ["create-use-case"], statuses: [404], reason: "no-such-setup" },
  { operations: ["bind-use-case-to-service"], statuses: [404], reason: "no-such-use-case-or-service" },
  { operations: ofOneBinding, statuses: [404], reason: "not-bound" },
  { operations: ["create-self-service-workspace"], statuses: [404, 405], reason: "no-self-service-route" },
  { operations: ofOneWorkspace, statuses: [404], reason: "no-such-workspace" },
  { operations: ofOneService, statuses: [404], reason: "no-such-service" },
  { operations: ["delete-use-case"], statuses: [404], reason: "no-such-use-case" },
  { statuses: [404], reason: "no-such-workspace" },
  { statuses: [405], reason: "no-such-operation" },
  {
    operations: [...serviceWrites, "upsert-service-version-set"],
    statuses: [400, 422],
    when: /\bversion (number )?\d+\b.*\b(not|no)\b|\bno (such )?version\b/is,
    reason: "no-such-version",
  },
  { operations: ["archive-workspace"], statuses: [422], reason: "slug-not-confirmed" },
  { operations: ["update-workspace"], statuses: [422], when: /region/i, reason: "region-fixed" },
  { operations: ["update-test-caller-numbers"], statuses: [422], reason: "numbers-malformed" },
  { operations: ["bind-use-case-to-service"], statuses: [422], reason: "channel-not-bindable" },
  { statuses: [400, 422], reason: "refused-values" },
  { statuses: [408], reason: "request-too-slow" },
  { statuses: [429], reason: "too-many-requests" },
  { operations: ["create-self-service-workspace"], statuses: [503], reason: "identity-service-down" },
  { operations: channelManaged, statuses: gateway, reason: "channel-manager-silent" },
  { statuses: [500, 502, 503, 504], reason: "server-trouble" },
] as const satisfies readonly Row[];

/**
 * Why a request was refused. `redirected` and `wait-too-long` do not come from the status: the first is never followed, and
 * the second was not sent, since the server asked to wait for longer than the call may take.
 */
export type Reason = (typeof reasonRows)[number]["reason"] | "redirected" | "wait-too-long";

/** Why the server refused, where that can be known; `said` is its detail and error code. */
export function reasonFor(operation: OperationId, status: number, said: string): Reason | undefined {
  const rows: readonly (Row & { reason: Reason })[] = reasonRows;
  return rows.find(
    (row) =>
      row.statuses.includes(status) && (row.operations?.includes(operation) ?? true) && (row.when?.test(said) ?? true),
  )?.reason;
}
