import { ProviderContext } from "../../src/engine/provider/context.js";
import { readSettings } from "../../src/engine/settings.js";
import { forgottenCreates, type OpenCreate, pendingCreates } from "../../src/recovery/creates.js";
import { judge, type Verdict } from "../../src/recovery/verdict.js";
import { intentOf } from "../../src/resources/journalled.js";
import { importFile } from "../../src/stack/import-file.js";
import type { StackState as ExportedState } from "../../src/stack/state.js";
import { journalIn } from "./journal.js";
import type { Kind, StackName, Values } from "./program.js";
import type { StackState } from "./state.js";

/** What became of a create that an interrupted run had left open. */
export interface Recovered {
  readonly name: string;
  readonly outcome: "adopted" | "handed over" | "there" | "nothing" | "open";
  readonly id?: string;
}

/**
 * Does for the stand-in what `pulumi-amigo recover` does through the CLI: finds the open creates, judges each with the product's
 * own code, and takes what was made into state or notes it in the journal.
 */
export async function recover(
  { project, stack }: StackName,
  state: StackState,
  settings: Readonly<Record<string, string>>,
  home: string,
): Promise<Recovered[]> {
  const read = readSettings({ config: (name) => settings[name], environment: {}, explicit: false });
  const context = new ProviderContext(read, () => undefined, journalIn(home, read.baseUrl));
  const view = viewOf(state);
  const accounts = { of: async () => context, all: async () => [context] };
  try {
    const interrupted = await pendingCreates(view, accounts);
    const forgotten = await forgottenCreates({ project, name: stack }, view, accounts, interrupted);
    const found: Recovered[] = [];
    for (const create of [...interrupted, ...forgotten]) found.push(settle(state, create, await judge(create)));
    state.pendingOperations = [];
    return found;
  } finally {
    await context.close();
  }
}

/** The state as `pulumi stack export` shows it. */
export function viewOf(state: StackState): ExportedState {
  const typeOf = (urn: string) => urn.split("::")[2] ?? "";
  return {
    resources: state.entries.map(({ urn, id, inputs, pendingDelete }) => ({
      urn,
      type: typeOf(urn),
      id,
      inputs,
      delete: pendingDelete,
    })),
    pending: state.pendingOperations.map(({ type, urn, inputs }) => ({
      type,
      resource: { urn, type: typeOf(urn), custom: true, inputs },
    })),
  };
}

function settle(state: StackState, create: OpenCreate, verdict: Verdict): Recovered {
  const { name, lifecycle, context, entry, pending, standing, inputs } = create;
  const { recovery } = lifecycle;
  const kind = `${lifecycle.kind[0]?.toLowerCase()}${lifecycle.kind.slice(1)}` as Kind;
  const note = (outcome: "made" | "claimed" | "closed", id?: string) => {
    if (!recovery || (!entry && outcome !== "claimed")) return;
    const intent = intentOf({ kind: lifecycle.kind, recovery }, inputs);
    context.journal?.settle(entry?.entry ?? context.journal.ask(intent), outcome, id);
  };
  if (verdict.is === "open") return { name, outcome: "open" };
  if (verdict.is === "nothing") {
    note("closed");
    return { name, outcome: "nothing" };
  }
  const { id } = verdict.existing;
  if (state.entries.some((held) => held.kind === kind && held.id === id && !held.pendingDelete)) {
    note("made", id);
    return { name, outcome: "there", id };
  }
  if (!pending || standing) {
    note("claimed", id);
    return { name, outcome: recovery ? "handed over" : "nothing", id };
  }
  const { resources } = importFile([{ resource: pending, lifecycle, inputs, existing: verdict.existing }]) as {
    resources: { inputs: Values; outputs: Values }[];
  };
  const [imported] = resources;
  note("made", id);
  state.add({
    urn: pending.urn,
    kind,
    name,
    id,
    inputs: imported?.inputs ?? {},
    outputs: imported?.outputs ?? {},
    // They come back with the next `up`.
    dependencies: {},
    protect: false,
    initErrors: [],
    pendingDelete: false,
    pendingReplacement: false,
  });
  return { name, outcome: "adopted", id };
}
