import {
  ApiError,
  RequestError,
  ResponseError,
  type ResponseProblem,
  SettingsError,
  TransportError,
  type TransportReason,
} from "../api/errors.js";
import type { Reason } from "../api/reasons.js";
import { COMMAND } from "../command.js";

/** Stands in each message about a thing that exists and that a program may take over: {@link tellsToTakeOver} knows them by it. */
export const IMPORT_OPTION = "the resource option import";

/** Whether a failed run says of something that it exists and how a program takes it over; of the run no more than its text is known. */
export function tellsToTakeOver(text: string): boolean {
  return text.includes(IMPORT_OPTION);
}

/** What to do where another resource of the same stack has what a new one wants. */
export function renameAdvice(former: string): string {
  return (
    `If it was renamed, give the new one the resource option aliases: [{ name: ${JSON.stringify(former)} }]. If it is removed in ` +
    "this change, run `pulumi up` without the new one first: the engine deletes last."
  );
}

const useCaseExists = `A use case of this channel, entity name and name exists in the workspace; adopt it (adopt: true, or ${IMPORT_OPTION}), or choose another name.`;
const setupNotApproved =
  "The channel setup named by setupId is not approved yet; this API cannot approve it, so have it approved in the Amigo console first.";
const stillBound =
  "The use case is still bound to a service, and the API does not tell to which one; remove its service binding first.";
const phoneAssigned =
  "Phone numbers are still assigned to the use case, which this API cannot change; unassign them in the Amigo console or ask Amigo's support, then run again.";
const oneOfTwo = "The server does not say which of two things it is.";

const workspaceGone =
  "The workspace is archived, or this key cannot see it: right workspaceId, right account, right base URL?";
const makeAgain = "If this stack made it, `pulumi up --refresh` makes it again.";
const orWorkspaceGone = `does not exist in this workspace (any more), or the workspace is archived or not visible to this key. ${makeAgain}`;

function notInWorkspace(property: string, thing: string): string {
  return `Check ${property}: it must be the id of ${thing} of this workspace. Ids differ between workspaces and accounts.`;
}

/** What to do about a refusal. Nothing is said here of a refused key: only the settings know where it came from. */
export const refusals: Readonly<Record<Reason, string>> = {
  "not-the-owner":
    "Only owners can archive a workspace; use an owner's key. A workspace made with creation \"bootstrap\" has no owner: only Amigo's support can archive it.",
  "cannot-own":
    "The key lacks the permission, or is of a kind that cannot own a workspace; use the key of a user who may create workspaces.",
  "no-permission": "The key is valid but lacks the permission for this; use another key, or have it granted.",
  "slug-taken":
    "The slug is taken, perhaps by an archived workspace: a slug is never free again. Choose another slug, or import the existing workspace.",
  "service-name-taken": `Another service of this workspace has this name; adopt it (adopt: true, or ${IMPORT_OPTION}), or choose another name.`,
  "version-set-fixed": "The name of the version set is taken, or it cannot be changed: edge belongs to the platform.",
  "setup-not-approved": setupNotApproved,
  "use-case-exists": useCaseExists,
  "use-case-exists-or-setup-not-approved": `${oneOfTwo} ${useCaseExists} Or: ${setupNotApproved}`,
  "phone-assigned": phoneAssigned,
  "still-bound": stillBound,
  "still-bound-or-phone-assigned": `${oneOfTwo} ${stillBound} Or: ${phoneAssigned}`,
  "channel-taken":
    "The service already has another use case bound for this channel; a service takes one use case per channel. Unbind that one first, or bind to another service.",
  "no-such-persona": notInWorkspace("personaId", "a persona"),
  "no-such-context-graph": notInWorkspace("contextGraphId", "a context graph"),
  "no-such-agent": notInWorkspace("agentId", "an agent"),
  "no-such-workspace": workspaceGone,
  "no-such-service-or-reference": `The server does not say what it did not find: the service, or what agentId, contextGraphId or personaId names. Or: ${workspaceGone}`,
  "no-such-setup":
    "The channel setup named by setupId does not exist in this workspace, or the workspace is archived or not visible to this key.",
  "no-such-use-case-or-service": `The use case or the service does not exist in this workspace (any more). ${makeAgain}`,
  "not-bound": "The use case is not bound to a service, or it does not exist in this workspace.",
  "no-self-service-route":
    'Neither POST /v1/workspaces/self-service nor POST /v1/me/workspaces exists at this base URL: is it the right one? Else creation "bootstrap" makes a workspace without an owner.',
  "no-such-service": `The service ${orWorkspaceGone}`,
  "no-such-use-case": `The use case ${orWorkspaceGone}`,
  "no-such-operation": "The server at this base URL does not know this operation: is the base URL right?",
  "slug-not-confirmed": "The slug that was sent to confirm the archiving is not the workspace's slug.",
  "region-fixed":
    "This server does not let a workspace's region change; restore the former region, or make a new workspace.",
  "numbers-malformed": "Numbers must be written as +14155550100 (E.164), each once, at most 20 of them.",
  "channel-not-bindable": "Use cases of this channel cannot be bound to a service.",
  "no-such-version":
    "Pin a version that the agent or the context graph has. This API cannot list them: the Amigo console shows them.",
  "refused-values": "Correct the arguments that the server names.",
  "request-too-slow": "The server waited too long for the request; try again.",
  "too-many-requests":
    "Limits count per organisation and endpoint, so other users of the account share them; lower maxConcurrency or set requestsPerSecond.",
  "wait-too-long": "Try again after that time.",
  "identity-service-down":
    "Amigo's identity service was not available, so the workspace may or may not have been made; look for its slug before trying again.",
  "channel-manager-silent":
    "Amigo's channel manager did not answer (in time); the change may have been made all the same.",
  "server-trouble": "The trouble is on the server's side; Amigo's support can find this request by its request id.",
  redirected: "Set the base URL (baseUrl, amigo:baseUrl, AMIGO_BASE_URL) to the address that answers itself.",
};

const rightAddress = "Is the base URL (baseUrl, amigo:baseUrl, AMIGO_BASE_URL) right?";
const somethingElse = "Something other than the API may be answering at the base URL.";

const failures: Readonly<Record<TransportReason, string>> = {
  dns: rightAddress,
  refused: rightAddress,
  "refused-here": `Does the emulator run (\`${COMMAND} emulator\`)? ${rightAddress}`,
  timeout: rightAddress,
  certificate: "NODE_EXTRA_CA_CERTS names a file of further authorities.",
  deadline: "timeoutSeconds sets how long one call may take, over all its attempts.",
  budget: `Is the process that holds the budget (${COMMAND} budget) stopped?`,
  "too-large": somethingElse,
  reset: "",
  proxy: "",
  other: "",
  closed: "",
};

/** Where a proxy on the way may be to blame. */
const throughProxy: readonly TransportReason[] = [
  "dns",
  "refused",
  "refused-here",
  "timeout",
  "certificate",
  "reset",
  "proxy",
  "other",
];

const emulatorKey = "This is the emulator's key: set AMIGO_BASE_URL to its address, such as http://127.0.0.1:8787.";

const unusable: Readonly<Record<ResponseProblem, string>> = {
  "content-type": somethingElse,
  truncated: somethingElse,
  "not-json": somethingElse,
  schema: "The API may have changed, or something else answers at the base URL.",
  identity: "Nothing of it was used. A cache or a proxy at the base URL may have mixed up answers.",
  pages: "Nothing of it was used. Run again; if it stays, tell Amigo's support which list this is.",
};

const settings = {
  baseUrl:
    "Give an address such as https://api.platform.amigo.ai, or http://127.0.0.1:8787 for an emulator on this machine, as the provider argument baseUrl, the stack config amigo:baseUrl or the environment variable AMIGO_BASE_URL.",
  proxy:
    "Set it to an address such as http://proxy.example.com:3128 or http://USER:PASSWORD@proxy.example.com:3128, or unset it; NO_PROXY names what goes without a proxy.",
} as const;

/** What to do about an error of the client, in whole sentences; empty where there is nothing to say. */
export function adviceFor(error: unknown): string {
  const isEmulators = RequestError.isInstance(error) && error.hasEmulatorKey;
  return [adviceOn(error), isEmulators ? emulatorKey : ""].filter((sentence) => sentence !== "").join(" ");
}

function adviceOn(error: unknown): string {
  if (ApiError.isInstance(error)) return error.reason === undefined ? "" : refusals[error.reason];
  if (TransportError.isInstance(error)) return adviceForFailure(error);
  if (ResponseError.isInstance(error)) return adviceForAnswer(error);
  if (SettingsError.isInstance(error)) return error.setting === undefined ? "" : settings[error.setting];
  return "";
}

function adviceForFailure({ reason, proxyVariable }: TransportError): string {
  if (proxyVariable === undefined || !throughProxy.includes(reason)) return failures[reason];
  const proxy = `A proxy is set by ${proxyVariable}; NO_PROXY names what goes without it.`;
  return [failures[reason], proxy].filter((sentence) => sentence !== "").join(" ");
}

function adviceForAnswer({ problem, outcome }: ResponseError): string {
  const mayBeDone = outcome === "unknown" && unusable[problem] === somethingElse;
  return mayBeDone ? "The change may have been made all the same." : unusable[problem];
}
