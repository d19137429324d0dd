import { AmigoError, ConflictError } from "../api/errors.js";
import type { UseCaseResponse } from "../api/index.js";
import { matchesIn } from "../api/listed.js";
import { isOlderThan, timeOf } from "../api/times.js";
import { COMMAND } from "../command.js";
import { IMPORT_OPTION, renameAdvice } from "../engine/advice.js";
import { isRemote, isSecret, mismatches, same, show } from "../engine/compare.js";
import type { Existing, Values } from "../engine/lifecycle.js";
import type { ProviderContext } from "../engine/provider/context.js";
import { factsOf, messageOf } from "../engine/provider/failure.js";
import { settle, WAIT_FOR_OTHERS_SECONDS } from "../engine/provider/settle.js";
import { intentOf, journalled, otherMaker, takeClaimed } from "./journalled.js";
import { afterOwnWrites, outcomeUnknown, settleCreated } from "./settle.js";
import { bodyOf, existing, properties, recovery, sameKey, sameState } from "./use-case-form.js";

const lifecycle = { kind: "UseCase", recovery };

/** Makes a use case, never a second one: each may cost a carrier approval. */
export async function create(context: ProviderContext, news: Values): Promise<Existing> {
  const workspaceId = String(news.workspaceId);
  const reads = context.workspace(workspaceId);
  const before = await reads.useCasesBefore();
  const standing = before.find((useCase) => sameKey(useCase, news) && isThere(context, useCase));
  if (standing) return takeOver(context, news, standing);

  reads.useCases.touched();
  const sameBefore = before.filter((useCase) => sameKey(useCase, news)).map(({ id }) => id);
  return journalled(context, intentOf(lifecycle, news, sameBefore), () => post(context, news, before));
}

async function post(context: ProviderContext, news: Values, before: readonly UseCaseResponse[]): Promise<Existing> {
  const workspaceId = String(news.workspaceId);
  const reads = context.workspace(workspaceId);
  const sentAt = Date.now();
  const former = () => context.run.removedWith("UseCase", (state) => sameState(state, news));
  // Of a run before, whose deletion went through and whose create did not.
  const { state: left } = context.run.declarationOf("UseCase", news) ?? {};
  try {
    const removed = async ({ reason }: ConflictError) =>
      reason !== "setup-not-approved" && former() !== undefined && !(await holderOf(context, news));
    const made = await afterOwnWrites(context, { refersTo: [["Workspace", workspaceId]], removed }, () =>
      context.client.createUseCase(workspaceId, bodyOf(news)),
    );
    context.run.made("UseCase", made.id);
    return existing(made, workspaceId);
  } catch (error) {
    if (ConflictError.isInstance(error)) {
      const holder = await holderOf(context, news);
      if (holder) return takeOver(context, news, holder, error);
    }
    if (outcomeUnknown(error)) return settleCreate(context, news, { before, sentAt }, error);
    const gone = former()?.state ?? (left && sameState(left, news) ? left : undefined);
    if (gone && AmigoError.isInstance(error)) error.addSentence(wayBack(gone, news));
    throw error;
  } finally {
    reads.useCases.touched();
  }
}

/** How to get back what the run deleted to make way for this one. */
function wayBack(state: Values, news: Values): string {
  const differing = Object.entries(properties).filter(
    ([name, one]) => isRemote(one) && !same(one, state[name], news[name]),
  );
  const values = differing.map(
    ([name]) => `${name} (it was ${isSecret(state, name) ? "a secret" : show(state[name])})`,
  );
  return (
    "The former use case was deleted to make way, so nobody answers there now. To get it back, restore " +
    `${values.join(" and ") || "the former arguments"} in the program and run \`pulumi up\`.`
  );
}

/** The use case that has this key now, other than one that this run removed. */
async function holderOf(context: ProviderContext, news: Values): Promise<UseCaseResponse | undefined> {
  const listed = await context.workspace(String(news.workspaceId)).useCases.fresh();
  return matchesIn(listed, (useCase) => sameKey(useCase, news) && isThere(context, useCase))[0];
}

function isThere({ run }: ProviderContext, { id }: UseCaseResponse): boolean {
  return run.wasRemoved("UseCase", id) === undefined;
}

/** A second POST could cost a second carrier approval: the one that may have been carried out is looked up, never repeated. */
async function settleCreate(
  context: ProviderContext,
  news: Values,
  { before, sentAt }: { before: readonly UseCaseResponse[]; sentAt: number },
  error: AmigoError,
): Promise<Existing> {
  const workspaceId = String(news.workspaceId);
  const { settleSeconds } = context.settings;
  const known = new Set([...before, ...(context.journal?.entries() ?? [])].map(({ id }) => id));
  const until = Date.now() + settleSeconds * 1000;
  const found = await settleCreated(settleSeconds, error, async () => {
    const listed = await context.workspace(workspaceId).useCases.fresh();
    const matches = listed.filter(
      (useCase) =>
        sameKey(useCase, news) &&
        isThere(context, useCase) &&
        !known.has(useCase.id) &&
        !context.run.isHeld("UseCase", useCase.id) &&
        !isOlderThan(useCase.created_at, sentAt),
    );
    // There is no GET to confirm it. A list that is behind shows what was deleted a moment ago, but not for long.
    const isCertain = matches.every(({ created_at }) => timeOf(created_at) >= sentAt);
    return matches.length > 0 && (isCertain || Date.now() >= until) ? matches : undefined;
  });
  const only = found?.length === 1 ? found[0] : undefined;
  if (only && differencesOf(news, only).length === 0) {
    context.run.made("UseCase", only.id);
    return existing(only, workspaceId);
  }
  throw new Error(
    `${messageOf(error)} The outcome is unknown: ` +
      (found
        ? `${found.map(({ id, created_at }) => `use case ${id} (created ${created_at})`).join(" and ")} appeared with the same channel, entity name and name, and it is not certain which is this one. Nothing was sent again.`
        : `no such use case appeared within ${settleSeconds} s, so nothing was sent again. Run \`pulumi up\` once more; it looks again before it asks for one.`),
    { cause: error },
  );
}

/** An identical use case exists. It has no place for an owner mark, so only the program can say that it is meant. */
async function takeOver(
  context: ProviderContext,
  news: Values,
  holder: UseCaseResponse,
  refusal?: Error,
): Promise<Existing> {
  const differing = differencesOf(news, holder);
  if (differing.length === 0 && takeClaimed(context, intentOf(lifecycle, news), holder.id)) {
    return existing(holder, String(news.workspaceId));
  }
  const facts = `${refusal ? `${factsOf(refusal)} ` : ""}use case ${holder.id} has this channel, entity name and name already (created ${holder.created_at})`;
  const isManaged = async () => context.run.manages("UseCase", holder.id) || undefined;
  const waits = news.adopt === true ? 0 : WAIT_FOR_OTHERS_SECONDS;
  if (await settle(waits, isManaged)) {
    throw new Error(
      `${facts}, and another resource of this program manages it, which gives the name up in this same run. The API cannot rename a use ` +
        "case, and the engine deletes the old one last. Nothing was changed here. Take two runs: give that other resource its new name (for a swap, " +
        "a name of passage) and run `pulumi up`; then make this change.",
      { cause: refusal },
    );
  }
  if (news.adopt === true && differing.length === 0) {
    context.warn(
      `use case "${holder.entity_name} / ${holder.name}" (${holder.id}) existed and was taken over (adopt: true)`,
    );
    return existing(holder, String(news.workspaceId));
  }
  const maker = otherMaker(context, intentOf(lifecycle, news), holder.id);
  if (differing.length === 0 && maker !== undefined) {
    throw new Error(`${facts}. It is this stack's own resource "${maker}". ${renameAdvice(maker)}`, { cause: refusal });
  }
  const advice =
    differing.length > 0
      ? `It differs, and the API cannot change it:\n  ${differing.join("\n  ")}`
      : [
          "Which is it?",
          'The resource was renamed in the program: give it the resource option aliases: [{ name: "<old name>" }].',
          "Another stack has it now: take it out of this program. A person manages it, or you do not know: choose another name or entityName.",
          `A run was interrupted: \`${COMMAND} recover\` finds out whether this is its use case.`,
          "Another resource of this stack has it, and goes in this change: run `pulumi up` without this one first, since the engine deletes last.",
          `Nobody manages it: take it over with \`adopt: true\` or ${IMPORT_OPTION}: "${holder.id}".`,
          "You ran `pulumi up --replace`: set the resource option deleteBeforeReplace.",
        ].join("\n  - ");
  throw new Error(`${facts} and is not known to be this resource's. ${advice}`, { cause: refusal });
}

function differencesOf(news: Values, found: UseCaseResponse): string[] {
  return mismatches({ properties }, news, existing(found, String(news.workspaceId)).live);
}
