import type * as pulumi from "@pulumi/pulumi";
import { redact } from "../api/redact.js";
import { checkInputs } from "./check.js";
import { differences, mismatches } from "./compare.js";
import type { ProviderContext } from "./context.js";
import { EngineError, messageOf, PartialFailure, Unfinished } from "./failure.js";
import { HIDDEN, type ImportRequest, LOOKED_UP } from "./hidden.js";
import type { Lifecycle, Values } from "./lifecycle.js";
import { everything, inputsOf, observed, outputsOf, withFullMark } from "./outputs.js";
import { isUnknown } from "./unknown.js";

type DynamicProvider = Required<Omit<pulumi.dynamic.ResourceProvider, "configure">>;

/** Turns a lifecycle into the provider that the SDK calls; every method waits until the process is configured. */
export function dynamicProvider(lifecycle: Lifecycle, configured: () => Promise<ProviderContext>): DynamicProvider {
  const { kind } = lifecycle;

  async function guarded<T>(doing: string, values: Values, work: (context: ProviderContext) => Promise<T>): Promise<T> {
    const context = await configured();
    try {
      return await work(context);
    } catch (error) {
      throw engineError(`${doing} ${lifecycle.describe(values)}`, lifecycle, values, error);
    }
  }

  return {
    check: async (olds, news) => checkInputs(await configured(), lifecycle, olds ?? {}, news),

    diff: async (_id, olds, news) => {
      const { changed, withdrawn } = differences(lifecycle, olds, news);
      const replaces = [...changed, ...withdrawn].filter((name) => {
        const property = lifecycle.properties[name];
        return property?.change === "replace" || (property?.unknownReplaces && isUnknown(news[name]));
      });
      return {
        changes: changed.length + withdrawn.length > 0,
        replaces,
        deleteBeforeReplace: replaces.length > 0 && lifecycle.deleteFirst(replaces, olds, news),
      };
    },

    create: (news) =>
      guarded("creating", news, async (context) => {
        const request = news[HIDDEN.adopt] as ImportRequest | undefined;
        const inputs = inputsOf(lifecycle, news);
        const { id, live } = request
          ? await adoptExisting(context, lifecycle, request, inputs)
          : await lifecycle.create(context, inputs);
        context.memory.hold(kind, id);
        if (!request) verify(lifecycle, id, inputs, live);
        return { id, outs: outputsOf(lifecycle, inputs, { ...live, ...ignored(inputs, request?.ignore) }) };
      }),

    read: (id, state = {}) =>
      guarded("reading", state, async (context) => {
        const existing = await lifecycle.read(context, id, state);
        if (state[LOOKED_UP]) {
          if (!existing) throw new Error(`there is no ${kind} with the id ${id}`);
          return { id: existing.id, props: everything(lifecycle, state, existing.live) };
        }
        // The engine takes a result without an id as "gone"; the SDK's type does not say so.
        if (!existing) return {} as pulumi.dynamic.ReadResult;
        return {
          id: existing.id,
          props: outputsOf(lifecycle, state, existing.live),
          inputs: observed(lifecycle, state, existing.live),
        };
      }),

    update: (id, olds, news) => {
      const { changed, withdrawn } = differences(lifecycle, olds, news);
      // A withdrawn property that could not be reset stays in state, so that the next run sees it again.
      const kept = { ...news, ...Object.fromEntries(withdrawn.map((name) => [name, olds[name]])) };
      return guarded("updating", kept, async (context) => {
        const inputs = inputsOf(lifecycle, news);
        const wanted = { ...inputs, ...defaults(lifecycle, withdrawn) };
        const acting = (name: string) => ["update", "action"].includes(lifecycle.properties[name]?.change ?? "");
        const toWrite = [...changed, ...withdrawn.filter((name) => name in wanted)].filter(acting);
        // An update without any difference finishes one that failed half-way; one of local arguments alone sends nothing.
        const quiet = toWrite.length === 0 && changed.length + withdrawn.length > 0;
        const live = quiet
          ? { ...olds, ...inputs }
          : await lifecycle.update(context, { id, olds, news: inputs, wanted, changed: toWrite });
        context.memory.hold(kind, id);
        if (!quiet) verify(lifecycle, id, wanted, live);
        return { outs: outputsOf(lifecycle, inputs, live) };
      });
    },

    delete: (id, state) =>
      guarded("deleting", state, async (context) => {
        if (context.memory.isHeld(kind, id)) {
          context.warn(
            `${lifecycle.describe(state)} (${id}) was left alone: another resource of the program now manages it. ` +
              "Was it renamed? The resource option `aliases` makes that no change at all.",
          );
          return;
        }
        await lifecycle.remove(context, id, withFullMark(lifecycle, state));
        context.memory.removed(kind, id, lifecycle.describe(state));
      }),
  };
}

/** What an `import` does in place of a create: reads, compares what is declared, writes nothing. */
async function adoptExisting(context: ProviderContext, lifecycle: Lifecycle, request: ImportRequest, inputs: Values) {
  const existing = await lifecycle.read(context, request.id, inputs);
  if (!existing) throw new Error(`import: there is no ${lifecycle.kind} with the id ${request.id}`);
  const found = mismatches(lifecycle, without(inputs, request.ignore), existing.live);
  if (found.length > 0) {
    throw new Error(
      `import: what exists under ${request.id} is not what the program declares. Nothing was written. ` +
        `Change the program to match, or list the properties in ignoreChanges:\n  ${found.join("\n  ")}`,
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

function defaults(lifecycle: Lifecycle, withdrawn: readonly string[]): Values {
  return Object.fromEntries(
    withdrawn.flatMap((name) => {
      const rule = lifecycle.properties[name]?.withdrawn;
      return typeof rule === "object" ? [[name, rule.default]] : [];
    }),
  );
}

function without(values: Values, paths: readonly string[]): Values {
  const left = new Set(Object.keys(ignored(values, paths)));
  return Object.fromEntries(Object.entries(values).filter(([name]) => !left.has(name)));
}

/** The properties that `ignoreChanges` names; a path into a property leaves out the whole of it. */
function ignored(values: Values, paths: readonly string[] = []): Values {
  const names = new Set(paths.map((path) => path.split(/[.[]/)[0]));
  return Object.fromEntries(Object.entries(values).filter(([name]) => names.has(name) || names.has("*")));
}

function engineError(doing: string, lifecycle: Lifecycle, values: Values, error: unknown): Error {
  // Messages of the lifecycles quote what the server said, which may quote the key.
  const message = redact(`${doing}: ${messageOf(error)}`);
  if (!(error instanceof Unfinished)) return new EngineError(message);
  const outs = outputsOf(lifecycle, values, error.live);
  return new PartialFailure(error.id, { ...outs, [HIDDEN.provider]: values[HIDDEN.provider] }, message);
}
