import type { SourceText } from "../environment/source-text.js";
import { firstNames } from "../first-names.js";
import type { FleetText } from "./schema.js";
import { Selector } from "./selector.js";
import type { FleetStack } from "./stacks.js";

/** Stacks that run together, after all waves before them. */
export interface Wave {
  readonly name: string;
  readonly stacks: readonly FleetStack[];
  /** How many run at once; undefined: as many as there are cores. */
  readonly concurrency?: number;
}

/**
 * Gives each stack to the first wave that selects it. A wave is left out whose stacks are so few that waves with a `count` took all of
 * them. What is wrong is added to `problems`, with its place; what a selector takes is judged where all stacks are known.
 */
export function wavesOf(
  source: SourceText,
  text: FleetText,
  { stacks, areKnown }: { readonly stacks: readonly FleetStack[]; readonly areKnown: boolean },
  problems: string[],
): Wave[] {
  if (text.waves === undefined) return [{ name: "all", stacks }];
  const before = problems.length;
  const left = new Set(stacks);
  const names = new Set<string>();
  const waves = text.waves.map((wave, index): Wave => {
    const { name, select, count, concurrency } = wave ?? {};
    const report = (key: string, sentence: string) =>
      problems.push(source.problem(["waves", index, key], `waves[${index}].${key}: ${sentence}`));
    if (name !== undefined && names.has(name)) report("name", `two waves are named ${name}: rename one of them`);
    names.add(name);
    try {
      const selector = select === undefined ? undefined : Selector.parse(select);
      const selected = stacks.filter((stack) => selector?.matches(stack) ?? true);
      const taken = selected.filter((stack) => left.has(stack)).slice(0, count);
      if (!areKnown) return { name, stacks: taken };
      if (selected.length === 0) report("select", `selects no stack${selector?.hint(stacks) ?? ""}`);
      else if (taken.length === 0 && !text.waves?.slice(0, index).some((wave) => wave.count !== undefined)) {
        report(
          select === undefined ? "name" : "select",
          `earlier waves have taken all that it selects (${selected.length}): nothing is left for ${name}`,
        );
      }
      for (const stack of taken) left.delete(stack);
      return { name, stacks: taken, ...(concurrency === undefined ? {} : { concurrency }) };
    } catch (error) {
      report("select", (error as Error).message);
      return { name, stacks: [] };
    }
  });
  if (left.size > 0 && areKnown && problems.length === before) {
    const names = [...left].map(({ name }) => name);
    problems.push(
      source.problem(
        ["waves"],
        `waves: no wave takes ${firstNames(names)}: change a selector, or add a wave without one, which takes what is left`,
      ),
    );
  }
  return waves.filter((wave) => wave.stacks.length > 0);
}
