import { ProviderContext } from "../../../src/engine/provider/context.js";
import { Journal } from "../../../src/engine/provider/journal.js";
import { readSettings } from "../../../src/engine/settings.js";
import { forgottenCreates, isJournalled } from "../../../src/recovery/creates.js";
import { judge } from "../../../src/recovery/verdict.js";
import type { StackView } from "./subject.js";

/**
 * What `pulumi-amigo recover` does for creates that the engine counts as failed: the journal says what was asked, the API what
 * came of it, and what is ours is noted for the next run.
 * @returns a line for each create that was settled or stays open
 */
export async function recoverForgotten(
  stack: StackView,
  home: string,
  config: Record<string, string>,
): Promise<string[]> {
  const settings = readSettings({ config: (name) => config[`amigo:${name}`], environment: {}, explicit: true });
  const context = new ProviderContext(settings, () => undefined, journalIn(home, settings.baseUrl));
  const type = (kind: string) => `pulumi-nodejs:dynamic/amigo:${kind[0]?.toUpperCase()}${kind.slice(1)}`;
  const resources = stack.resources.map(({ name, kind, id, inputs }) => ({
    urn: `urn:pulumi:${stack.name}::${stack.project}::${type(kind)}::${name}`,
    type: type(kind),
    id,
    inputs,
  }));
  const lines: string[] = [];
  try {
    const accounts = { all: async () => [context] };
    for (const create of await forgottenCreates(stack, { resources, pending: [] }, accounts, [])) {
      const { entry, lifecycle, name } = create;
      if (!entry || !isJournalled(lifecycle.kind)) continue;
      const verdict = await judge(create);
      lines.push(`${lifecycle.kind} ${name}: ${verdict.is}`);
      if (verdict.is === "nothing") context.journal?.settle(entry.entry, "closed");
      if (verdict.is !== "made") continue;
      const isThere = resources.some(
        ({ id, type: held }) => id === verdict.existing.id && held === type(lifecycle.kind),
      );
      context.journal?.settle(entry.entry, isThere ? "made" : "claimed", verdict.existing.id);
    }
  } finally {
    await context.close();
  }
  return lines;
}

/** The journal finds its folder through the environment, as the provider process does. */
function journalIn(home: string, baseUrl: string): Journal {
  const former = process.env.PULUMI_HOME;
  process.env.PULUMI_HOME = home;
  try {
    return new Journal(baseUrl, () => undefined);
  } finally {
    if (former === undefined) delete process.env.PULUMI_HOME;
    else process.env.PULUMI_HOME = former;
  }
}
