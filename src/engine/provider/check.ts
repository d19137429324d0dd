import { HIDDEN, type ImportRequest, KEPT, LOOKED_UP, withoutHidden } from "../hidden.js";
import { canonicalResourceId, withCanonicalIds } from "../ids.js";
import type { Lifecycle, Problem, Values } from "../lifecycle.js";
import { stackOf } from "../owner.js";
import { problemsOf } from "../problems.js";
import { WORKSPACE_MISSING } from "../settings.js";
import { isUnknown } from "../unknown.js";
import type { ProviderContext } from "./context.js";
import { inputsOf, withFullMark } from "./outputs.js";

export interface Checked {
  readonly inputs: Values;
  readonly failures: Problem[];
}

/** Finds everything wrong with the inputs at once and sends nothing. */
export function checkInputs(context: ProviderContext, lifecycle: Lifecycle, olds: Values, news: Values): Checked {
  const { kind } = lifecycle;
  const former = inputsOf(lifecycle, withCanonicalIds(lifecycle, olds));
  const exists = Object.keys(lifecycle.properties).some((name) => former[name] !== undefined);

  const inputs = withCanonicalIds(lifecycle, withoutHidden(news));
  if (lifecycle.inWorkspace && inputs.workspaceId === undefined) {
    const { workspaceId } = context.settings;
    if (workspaceId !== undefined) Object.assign(inputs, withCanonicalIds(lifecycle, { workspaceId }));
  }
  const request = importRequest(news[HIDDEN.adopt]);
  const own = withFullMark(lifecycle, news)[HIDDEN.owner];
  const isReplacement = context.run.checked(kind, inputs, exists ? former : undefined, {
    imports: request?.id,
    mark: typeof own === "string" ? own : undefined,
    elsewhere: Array.isArray(news[HIDDEN.elsewhere]) ? (news[HIDDEN.elsewhere] as string[]) : undefined,
  });

  const failures = [
    ...settingsProblems(context),
    ...(request && isReplacement ? [importOfReplaced(request)] : []),
    ...(request && !isReplacement && !exists && context.run.manages(kind, request.id)
      ? [{ property: "", reason: `import: ${managedText(request.id)}` }]
      : []),
    ...conflicts(news[HIDDEN.conflicts]),
    ...(lifecycle.inWorkspace && inputs.workspaceId === undefined ? [NO_WORKSPACE] : []),
    ...problemsOf(lifecycle, inputs, exists ? former : undefined),
  ];

  context.run.stack ??= stackOf(own);
  const owner = context.settings.ownershipTag ? (olds[HIDDEN.owner] ?? news[HIDDEN.owner]) : undefined;
  if (owner !== undefined && lifecycle.owned) inputs[HIDDEN.owner] = owner;
  if (request && !exists) inputs[HIDDEN.adopt] = request;
  for (const name of [...KEPT, LOOKED_UP]) if (present(news[name])) inputs[name] = news[name];
  return { inputs, failures };
}

const NO_WORKSPACE: Problem = {
  property: "workspaceId",
  reason: WORKSPACE_MISSING,
};

function present(value: unknown): boolean {
  return value !== undefined && value !== null;
}

function settingsProblems(context: ProviderContext): Problem[] {
  const { settings } = context;
  const reasons = settings.problems.map((reason) => ({ property: "", reason }));
  if (settings.apiKey() !== undefined) return reasons;
  return [...reasons, { property: "", reason: context.withKeyAdvice("no API key was found") }];
}

function importRequest(given: unknown): ImportRequest | undefined {
  if (!present(given) || isUnknown(given)) return undefined;
  const { id, ignore } = given as ImportRequest;
  return { id: canonicalResourceId(String(id)), ignore };
}

export function managedText(id: string): string {
  return `another resource of this program manages ${id}. Declare it once`;
}

function importOfReplaced({ id }: ImportRequest): Problem {
  return {
    property: "",
    reason: `this change replaces the resource, and its import option names the old one (${id}): remove the import option`,
  };
}

function conflicts(given: unknown): Problem[] {
  if (given === null || typeof given !== "object") return [];
  return Object.entries(given).map(([property, reason]) => ({ property, reason: String(reason) }));
}
