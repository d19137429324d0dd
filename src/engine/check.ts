import type { ProviderContext } from "./context.js";
import { HIDDEN, type ImportRequest, LOOKED_UP } from "./hidden.js";
import type { Lifecycle, Problem, Values } from "./lifecycle.js";
import { inputsOf } from "./outputs.js";
import { findProblems } from "./problems.js";
import { MISSING_KEY } from "./settings.js";
import { isUnknown } from "./unknown.js";

export interface Checked {
  readonly inputs: Values;
  readonly failures: Problem[];
}

/** Finds everything wrong with the inputs at once and sends nothing. */
export function checkInputs(context: ProviderContext, lifecycle: Lifecycle, olds: Values, news: Values): Checked {
  const former = inputsOf(lifecycle, olds);
  const exists = Object.keys(former).length > 0;
  const { request, failures: importFailures } = takeImport(context, lifecycle, exists, news[HIDDEN.adopt]);

  const inputs = withoutHidden(news);
  if (lifecycle.inWorkspace) inputs.workspaceId ??= context.settings.workspaceId;

  const failures = [
    ...settingsProblems(context),
    ...importFailures,
    ...conflicts(news[HIDDEN.conflicts]),
    ...(lifecycle.inWorkspace && inputs.workspaceId === undefined ? [NO_WORKSPACE] : []),
    ...findProblems(lifecycle.inputs, inputs).filter(
      ({ property }) => property !== "workspaceId" || inputs.workspaceId !== undefined,
    ),
    ...withdrawals(lifecycle, former, inputs),
    ...(lifecycle.rules?.(inputs, exists ? former : undefined) ?? []),
  ];
  if (failures.length === 0) lifecycle.intend?.(context, inputs, exists ? former : undefined);

  const owner = context.settings.ownershipTag ? (olds[HIDDEN.owner] ?? news[HIDDEN.owner]) : undefined;
  if (owner !== undefined) inputs[HIDDEN.owner] = owner;
  if (request) inputs[HIDDEN.adopt] = request;
  if (news[LOOKED_UP] !== undefined) inputs[LOOKED_UP] = news[LOOKED_UP];
  return { inputs, failures };
}

const NO_WORKSPACE: Problem = {
  property: "workspaceId",
  reason:
    "is required and was found in none of its places: the argument `workspaceId`, the `workspaceId` of an explicit " +
    "amigo.Provider, the stack config `amigo:workspaceId`, the environment variable AMIGO_WORKSPACE_ID (an explicit provider gets no stack config)",
};

function withoutHidden(news: Values): Values {
  return Object.fromEntries(
    Object.entries(news).filter(
      ([name, value]) => (name === "__proto__" || !name.startsWith("__")) && (value ?? undefined) !== undefined,
    ),
  );
}

function settingsProblems(context: ProviderContext): Problem[] {
  const { settings } = context;
  const reasons = settings.problems.map((reason) => ({ property: "", reason }));
  if (settings.apiKey() !== undefined) return reasons;
  const told = context.store(KEY_TOLD, () => ({ told: false }));
  const reason = told.told ? "no API key was found; told in full above" : MISSING_KEY;
  told.told = true;
  return [...reasons, { property: "", reason }];
}

const KEY_TOLD = Symbol("the missing key was told");

function takeImport(context: ProviderContext, lifecycle: Lifecycle, exists: boolean, given: unknown) {
  const none = { request: undefined, failures: [] as Problem[] };
  if (given === undefined || given === null || isUnknown(given)) return none;
  const request = given as ImportRequest;
  if (exists) {
    context.memory.importOfExisting(lifecycle.kind, request.id);
    return none;
  }
  // The engine checks a replacement without olds; that it had some was seen in the check before.
  if (context.memory.isImportOfExisting(lifecycle.kind, request.id)) {
    return {
      request: undefined,
      failures: [
        {
          property: "",
          reason: `this change replaces the resource, and its import option names the old one (${request.id}): remove the import option`,
        },
      ],
    };
  }
  return { request, failures: [] };
}

function conflicts(given: unknown): Problem[] {
  if (given === null || typeof given !== "object") return [];
  return Object.entries(given).map(([property, reason]) => ({ property, reason: String(reason) }));
}

function withdrawals(lifecycle: Lifecycle, olds: Values, news: Values): Problem[] {
  return Object.entries(lifecycle.properties)
    .filter(([name, { withdrawn }]) => withdrawn === "refuse" && olds[name] !== undefined && news[name] === undefined)
    .map(([name]) => ({
      property: name,
      reason: `was ${JSON.stringify(olds[name])} and cannot be cleared through this API; declare it again, or replace the ${lifecycle.kind}`,
    }));
}
