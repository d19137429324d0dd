import type * as pulumi from "@pulumi/pulumi";
import { redact, registerPrivateText } from "../../api/redact.js";
import { differences, mismatches, same, show } from "../compare.js";
import { HIDDEN, type ImportRequest, LOOKED_UP } from "../hidden.js";
import { canonicalResourceId, withCanonicalIds } from "../ids.js";
import type { Existing, Lifecycle, Values } from "../lifecycle.js";
import { foreignMark, stackOf } from "../owner.js";
import { valueAt } from "../property-path.js";
import { isUnknown } from "../unknown.js";
import { checkInputs, managedText } from "./check.js";
import type { ProviderContext } from "./context.js";
import { EngineError, PartialFailure, Unfinished } from "./failure.js";
import { changedBeside, everything, inputsOf, observed, outputsOf, withFullMark } from "./outputs.js";
import type { Run } from "./run.js";
import { settle, WAIT_FOR_OTHERS_SECONDS } from "./settle.js";
import { besideText, Update } from "./update.js";

type DynamicProvider = Required<Omit<pulumi.dynamic.ResourceProvider, "configure">>;

/** Turns a lifecycle into the provider that the SDK calls; every method waits until the process is configured. */
export function dynamicProvider(lifecycle: Lifecycle, configured: () => Promise<ProviderContext>): DynamicProvider {
  const { kind } = lifecycle;
  const canonical = (values: Values) => withCanonicalIds(lifecycle, values);

  const holdParts = (run: Run, id: string, inputs: Values) => {
    for (const [partKind, partId] of lifecycle.parts?.(id, inputs) ?? []) run.hold(partKind, partId);
  };

  /** The constructors do not see it where `ignoreChanges` keeps another value than the program says. */
  const refuseSecondDeclaration = (run: Run, id: string, news: Values, former: Values) => {
    const partsOf = (inputs: Values) => lifecycle.parts?.(id, inputs) ?? [];
    const known = partsOf(former).map(([, partId]) => partId);
    const added = partsOf(news).filter(([, partId]) => !known.includes(partId));
    for (const [partKind, partId] of added) run.addPart(partKind, partId);
    const own = added.find(([partKind, partId]) => run.manages(partKind, partId, ({ replaced }) => !replaced));
    const twice = own ?? (run.isAddedPart(kind, id) ? [kind, id] : undefined);
    if (!twice) return;
    throw new EngineError(
      `${lifecycle.describe(news)}: the program declares the ${twice.join(" ")} twice, as a resource of its own and within another. ` +
        "Declare it in one place. Where the program seems to name another one, `ignoreChanges` keeps the former name.",
    );
  };

  async function guarded<T>(
    doing: string,
    id: string | undefined,
    values: Values,
    work: (context: ProviderContext) => Promise<T>,
  ): Promise<T> {
    const context = await configured();
    keepPrivate(values);
    try {
      return await context.run.operation(() => work(context));
    } catch (error) {
      const message = `${doing} ${nameOf(lifecycle, id, values)}: ${context.messageOf(error)}`;
      throw engineError(message, lifecycle, values, error);
    }
  }

  return {
    check: async (olds, news) => checkInputs(await configured(), lifecycle, olds ?? {}, news),

    diff: async (rawId, rawOlds, rawNews) => {
      const { run, warn } = await configured();
      const [id, olds, news] = [canonicalResourceId(rawId), canonical(rawOlds), canonical(rawNews)];
      const declaration = run.declarationOf(kind, news);
      const { changed, withdrawn } = differences(lifecycle, olds, news, declaration?.former);
      refuseWithdrawals(lifecycle, olds, withdrawn);
      const byOption = replacedByOption(news, olds, [...changed, ...withdrawn]);
      const replaces = [...changed, ...withdrawn].filter((name) => {
        const property = lifecycle.properties[name];
        if (byOption.has(name)) return true;
        if (property?.change === "replace")
          return changed.includes(name) || !same(property, olds[name], property.default);
        // The engine asks so about a dependent of what it deletes first; what the program does not know yet is an update.
        return property?.unknownReplaces && isUnknown(news[name]) && declaration === undefined;
      });
      const ownerOf = (values: Values | undefined) => values?.[HIDDEN.owner];
      const twin = run
        .declared(kind)
        .find((one) => [one.id, one.imports].includes(id) && ownerOf(one.inputs) !== ownerOf(declaration?.inputs));
      if (ownerOf(declaration?.inputs) !== undefined && twin) {
        const [verb, more] =
          twin.id === id
            ? [
                "manages",
                ", and take the other one out of state with `pulumi state delete`, which leaves the thing as it is",
              ]
            : ["imports", ""];
        throw new EngineError(
          `${lifecycle.describe(news)}: another resource of this program, ${lifecycle.describe(twin.inputs)}, ${verb} ${id} too. ` +
            `Declare it once${more}.`,
        );
      }
      run.compared(kind, id, olds, news, replaces.length > 0);
      if (declaration && replaces.length === 0) {
        refuseSecondDeclaration(run, id, news, declaration.former ?? {});
        holdParts(run, id, news);
      }
      const deleteBeforeReplace = replaces.length > 0 && lifecycle.deleteFirst(replaces, olds, news);
      if (declaration && deleteBeforeReplace && lifecycle.meanwhile) {
        warn(`${lifecycle.describe(news)} (${id}): ${lifecycle.meanwhile}`);
      }
      // A refresh shows what it found by asking so, before any check; it compares with the declared inputs alone.
      const isIgnoredHere = isIgnored(news);
      const isShown = declaration === undefined && run.otherwiseIn(kind, id).some((name) => !isIgnoredHere(name));
      return {
        changes: changed.length + withdrawn.length > 0 || isShown || Boolean(lifecycle.unfinished?.(olds, news)),
        replaces,
        deleteBeforeReplace,
      };
    },

    create: (rawNews) =>
      guarded("creating", undefined, rawNews, async (context) => {
        const news = canonical(rawNews);
        const request = news[HIDDEN.adopt] as ImportRequest | undefined;
        const inputs = inputsOf(lifecycle, news);
        const { id, live } = request
          ? await importExisting(context, lifecycle, request, inputs)
          : await lifecycle.create(context, inputs);
        context.run.hold(kind, id);
        holdParts(context.run, id, inputs);
        if (!request) verify(lifecycle, id, inputs, live);
        const marked = { ...inputs, [HIDDEN.takenFrom]: foreignMark(inputs, live) };
        return { id, outs: outputsOf(lifecycle, marked, live, isIgnored(news)) };
      }),

    read: (rawId, rawState = {}) =>
      guarded("reading", rawId, rawState, async (context) => {
        const [id, state] = [canonicalResourceId(rawId), canonical(rawState)];
        const existing = await lifecycle.read(context, id, state);
        if (state[LOOKED_UP]) {
          if (!existing)
            throw new Error(`there is no ${kind} with the id ${id}; is it the right workspace and account?`);
          return { id: existing.id, props: everything(lifecycle, state, existing.live) };
        }
        // The engine takes a result without an id as "gone"; the SDK's type does not say so.
        if (!existing) return {} as pulumi.dynamic.ReadResult;
        const props = outputsOf(lifecycle, state, existing.live);
        const beside = changedBeside(lifecycle, state, props);
        context.run.foundOtherwise(kind, id, beside);
        for (const name of beside) {
          const shown = (values: Values) => show(values[name] ?? lifecycle.properties[name]?.default);
          context.warn(`${lifecycle.describe(state)} (${id}): ${besideText(name, shown(state), shown(props))}.`);
        }
        return { id: existing.id, props, inputs: observed(lifecycle, state, existing.live) };
      }),

    update: (rawId, rawOlds, rawNews) => {
      const [id, olds, news] = [canonicalResourceId(rawId), canonical(rawOlds), canonical(rawNews)];
      // A withdrawn property that could not be reset stays in state, so that the next run sees it again.
      const { withdrawn } = differences(lifecycle, olds, news);
      const takenFrom = { [HIDDEN.takenFrom]: olds[HIDDEN.takenFrom] };
      const kept = { ...news, ...takenFrom, ...Object.fromEntries(withdrawn.map((name) => [name, olds[name]])) };
      return guarded("updating", id, kept, async (context) => {
        const { run } = context;
        const inputs = inputsOf(lifecycle, news);
        const found = differences(lifecycle, olds, news, run.declarationOf(kind, news)?.former);
        const update = new Update(lifecycle, id, withFullMark(lifecycle, olds), inputs, found, context.warn);
        const isStoredOnly =
          !update.asksForWork &&
          !lifecycle.unfinished?.(olds, news) &&
          found.changed.length + found.withdrawn.length > 0;
        const live = isStoredOnly ? stored(olds, inputs) : await written(lifecycle, context, update);
        run.hold(kind, id);
        holdParts(run, id, inputs);
        if (!isStoredOnly) verify(lifecycle, id, update.written, live);
        return { outs: outputsOf(lifecycle, { ...inputs, ...takenFrom }, live, isIgnored(news)) };
      });
    },

    delete: (rawId, rawState) =>
      guarded("deleting", rawId, rawState, async (context) => {
        const [id, state] = [canonicalResourceId(rawId), canonical(rawState)];
        if (context.run.isHeld(kind, id)) {
          context.warn(
            `${lifecycle.describe(state)} (${id}) was left alone: another resource of the program now manages it. ` +
              "Was it renamed? The resource option `aliases` makes that no change at all.",
          );
          return;
        }
        // With `--replace` the engine checks without the former inputs, and deletes before the create could refuse.
        if (context.run.isImported(kind, id)) {
          throw new Error(
            "its import option names it, so it cannot be replaced: remove the import option. Nothing was deleted",
          );
        }
        const outcome = await lifecycle.remove(context, id, withFullMark(lifecycle, state));
        if (outcome !== "left") context.run.removed(kind, id, state, lifecycle.describe(state));
      }),
  };
}

/** What messages call the resource: of one that `get` looks up, nothing but the id is known. */
function nameOf(lifecycle: Lifecycle, id: string | undefined, values: Values): string {
  return values[LOOKED_UP] ? `${lifecycle.kind} ${id}` : lifecycle.describe(values);
}

/** What exists, as state knows it, where nothing was asked or written: it still carries the mark that was taken over. */
function stored(olds: Values, inputs: Values): Values {
  return { ...olds, ...inputs, [HIDDEN.owner]: olds[HIDDEN.takenFrom] ?? inputs[HIDDEN.owner] };
}

/** What is not written stays in state as it was, also when the update fails. */
async function written(lifecycle: Lifecycle, context: ProviderContext, update: Update): Promise<Values> {
  try {
    return await lifecycle.update(context, update);
  } catch (error) {
    if (!(error instanceof Unfinished)) throw error;
    const unwritten = Object.fromEntries(
      update.unwritten.map((name) => [name, update.olds[name] ?? update.news[name]]),
    );
    throw new Unfinished(error.id, { ...error.live, ...unwritten }, error.cause);
  }
}

/** What the `import` option does in place of a create: reads, compares what is declared, writes nothing. */
async function importExisting(
  context: ProviderContext,
  lifecycle: Lifecycle,
  request: ImportRequest,
  inputs: Values,
): Promise<Existing> {
  const existing = await lifecycle.read(context, request.id, inputs);
  if (!existing) throw new Error(`import: there is no ${lifecycle.kind} with the id ${request.id}`);
  const foreign = foreignMark(inputs, existing.live);
  if (foreign !== undefined && stackOf(foreign) !== stackOf(inputs[HIDDEN.owner]) && inputs.adopt !== true) {
    throw new Error(
      `import: ${request.id} belongs to ${foreign} (its tag pulumi-owner). Nothing was written. Manage it in one place. ` +
        "If that stack has given it up (`pulumi state delete` there leaves the thing as it is), set `adopt: true` beside the " +
        "import option: then this stack takes it over, and its next update writes the tag.",
    );
  }
  const { run } = context;
  const isManagedElsewhere = async () => run.manages(lifecycle.kind, existing.id) || undefined;
  // A mark of this stack says that there may be one, whose turn has not come yet.
  if (await settle(foreign === undefined ? 0 : WAIT_FOR_OTHERS_SECONDS, isManagedElsewhere)) {
    throw new Error(`import: ${managedText(existing.id)}. Nothing was written`);
  }
  const found = mismatches(lifecycle, without(inputs, request.ignore), existing.live);
  if (found.length > 0) {
    throw new Error(
      `import: what exists under ${request.id} is not what the program declares. Nothing was written. ` +
        `Change the program to match, or list the properties in ignoreChanges:\n  ${found.join("\n  ")}`,
    );
  }
  const mark = await lifecycle.serviceMark?.(context, existing.live);
  if (mark !== undefined && stackOf(mark) !== run.stack) {
    context.warn(
      `import: the service of ${existing.id} belongs to ${mark}. If that stack manages this ${lifecycle.kind} too, ` +
        "take it out there first, with `pulumi state delete`: else it is removed here, too, when that stack removes it.",
    );
  }
  return existing;
}

function verify(lifecycle: Lifecycle, id: string, wanted: Values, live: Values): void {
  const found = mismatches(lifecycle, wanted, live);
  if (found.length === 0) return;
  throw new Unfinished(
    id,
    live,
    new Error(
      `the API answered with success, but holds something else (did it ignore the field, or did somebody write at the same time?):\n  ${found.join("\n  ")}\n` +
        "Run `pulumi up` again to write it once more; if it stays, declare what the API holds.",
    ),
  );
}

function refuseWithdrawals(lifecycle: Lifecycle, olds: Values, withdrawn: readonly string[]): void {
  for (const name of withdrawn) {
    if (lifecycle.properties[name]?.withdrawn !== "refuse") continue;
    throw new EngineError(
      `${lifecycle.describe(olds)}: ${name} is ${JSON.stringify(olds[name])} and cannot be cleared through this API; ` +
        `declare it again, or replace the ${lifecycle.kind}`,
    );
  }
}

/** The changed properties that the resource option `replaceOnChanges` names. */
function replacedByOption(news: Values, olds: Values, names: readonly string[]): ReadonlySet<string> {
  const paths = (news[HIDDEN.replaceOnChanges] as string[] | undefined) ?? [];
  const hit = paths.flatMap((path) => {
    const [name = "", ...rest] = path.split(/[.[]/);
    if (name === "*") return names;
    if (!names.includes(name)) return [];
    return rest.length === 0 || !same(undefined, valueAt(olds, path), valueAt(news, path)) ? [name] : [];
  });
  return new Set(hit);
}

function without(values: Values, paths: readonly string[]): Values {
  const left = new Set(paths.map((path) => path.split(/[.[]/)[0]));
  return Object.fromEntries(Object.entries(values).filter(([name]) => !left.has(name) && !left.has("*")));
}

/** Ignored properties are shown as they exist; all others are known to exist as they are declared. */
function isIgnored(news: Values): (name: string) => boolean {
  const names = (news[HIDDEN.ignore] as string[] | undefined) ?? [];
  return (name) => names.includes(name) || names.includes("*");
}

/** The SDK hands secrets over in clear: from here on no message shows one. */
function keepPrivate(values: Values): void {
  for (const name of (values[HIDDEN.secrets] as string[] | undefined) ?? []) {
    for (const text of textsIn(values[name])) registerPrivateText(text);
  }
}

function textsIn(value: unknown): string[] {
  if (typeof value === "string") return [value];
  return value !== null && typeof value === "object" ? Object.values(value).flatMap(textsIn) : [];
}

function engineError(text: string, lifecycle: Lifecycle, values: Values, error: unknown): Error {
  // Messages of the lifecycles quote what the server said, which may quote the key.
  const message = redact(text);
  if (!(error instanceof Unfinished)) return error instanceof EngineError ? error : new EngineError(message);
  const outs = outputsOf(lifecycle, values, error.live);
  return new PartialFailure(error.id, { ...outs, [HIDDEN.provider]: values[HIDDEN.provider] }, message);
}
