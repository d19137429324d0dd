import { setTimeout as sleep } from "node:timers/promises";
import { defaultDialect } from "../../src/emulator/index.js";
import type { Step } from "../engine/steps.js";
import type { Command, Story } from "./command.js";
import { edit, newDraft } from "./edits.js";
import type { FaultClass } from "./faults.js";
import { byHand } from "./hands.js";
import { complete, type Observation, stackLabel, strikes, writes } from "./observation.js";
import { keepsALineOnWhatGoes, lineRules } from "./rules/lines.js";
import { outcomeRules, writtenIdIsStale } from "./rules/outcome.js";
import { thingRules } from "./rules/things.js";
import { trafficRules } from "./rules/traffic.js";
import { valueRules } from "./rules/values.js";
import { type Ask, arm, askOf, carryOut, DIALECTS, type Past } from "./runs.js";
import { broken, type Violation } from "./violation.js";
import type { Draft, Shop, World } from "./world.js";

export const RULES = { ...lineRules, ...thingRules, ...valueRules, ...trafficRules, ...outcomeRules };

/** What a story came to. */
export interface StoryResult {
  readonly lines: readonly string[];
  readonly violations: readonly Violation[];
  readonly runs: number;
  readonly requests: number;
  readonly steps: Readonly<Record<Step["type"], number>>;
  /** The classes of faults, once for each request that one struck. */
  readonly struck: readonly FaultClass[];
  readonly recoveries: number;
  /** The errors of stacks that a last run could not bring to what they declare, each for a reason that the rules accept. */
  readonly unsettled: readonly string[];
}

/** The kinds and picks of a story's opening program. */
const OPENINGS: readonly (readonly [kind: Draft["kind"], pick: number, other: number, value: number][])[] = [
  [
    ["service", 0, 0, 0],
    ["useCase", 0, 0, 0],
    ["serviceBinding", 0, 0, 0],
  ],
  [["service", 0, 0, 0]],
  [
    ["service", 0, 0, 0],
    ["versionSet", 0, 0, 0],
  ],
  [["testCallerNumbers", 0, 0, 0]],
  [["workspace", 0, 0, 1]],
  [["workspace", 1, 0, 1]],
  [],
  [
    ["service", 0, 0, 0],
    ["service", 0, 0, 1],
    ["useCase", 0, 0, 0],
    ["useCase", 0, 0, 1],
    ["serviceBinding", 0, 0, 0],
    ["serviceBinding", 1, 1, 1],
  ],
  [
    ["service", 0, 0, 0],
    ["useCase", 0, 0, 0],
    ["useCase", 0, 1, 1],
    ["serviceBinding", 0, 0, 0],
    ["serviceBinding", 1, 0, 1],
    ["versionSet", 0, 0, 0],
  ],
];

const AGAIN: Ask = { run: "up", options: { skipPreview: true }, words: "up", calm: true };

const DONE: Command = { verb: "up", stack: 0, pick: 0, other: 0, value: 0, near: 0 };

/**
 * Tells one story to its end, or to the first run that breaks a rule; some rules may be left out. The seed is that of the faults,
 * where the world has any.
 */
export async function tell(
  world: World,
  story: Story,
  without: readonly string[] = [],
  seed = 0,
): Promise<StoryResult> {
  world.reset();
  const dialect = DIALECTS[story.dialect % DIALECTS.length] ?? {};
  Object.assign(world.emulator.dialect, defaultDialect(), dialect);
  const teller = new Teller(world, without, seed);
  if (Object.keys(dialect).length > 0) teller.say(`the server: ${JSON.stringify(dialect)}`);
  const main = world.shops[0] as Shop;
  for (const [kind, pick, other, value] of OPENINGS[story.opening % OPENINGS.length] ?? []) {
    const draft = newDraft(main, kind, pick, other, value);
    if (draft) main.drafts.push(draft);
  }
  if (main.drafts.length > 0) {
    teller.say(`the program: ${main.drafts.map(({ kind, name }) => `${kind} "${name}"`).join(", ")}`);
    if (story.opened) await teller.carryOut(main, DONE);
  }
  for (const command of story.commands) {
    if (teller.violations.length > 0) break;
    await teller.act(focused(command, story.focus));
  }
  for (const shop of world.shops) await teller.settle(shop);
  return teller.result();
}

function focused(command: Command, { pick, other }: Story["focus"]): Command {
  if (command.near === 0) return command;
  return command.near === 1 ? { ...command, pick } : { ...command, pick, other };
}

class Teller {
  readonly violations: Violation[] = [];
  readonly #lines: string[] = [];
  readonly #lost = new Set<string>();
  readonly #cut = new Map<Shop, Set<string>>();
  /** Stacks whose program went through, with nothing changed since. */
  readonly #atRest = new Set<Shop>();
  readonly #steps = { same: 0, create: 0, update: 0, replace: 0, delete: 0, read: 0 };
  #runs = 0;
  #requests = 0;
  #recoveries = 0;
  readonly #struck: FaultClass[] = [];
  readonly #unsettled: string[] = [];

  constructor(
    readonly world: World,
    readonly without: readonly string[],
    readonly seed: number,
  ) {}

  say(line: string): void {
    this.#lines.push(line);
  }

  result(): StoryResult {
    return {
      lines: this.#lines,
      violations: this.violations,
      runs: this.#runs,
      requests: this.#requests,
      steps: this.#steps,
      struck: this.#struck,
      recoveries: this.#recoveries,
      unsettled: this.#unsettled,
    };
  }

  async act(command: Command): Promise<void> {
    const shop = this.world.shops[command.stack] as Shop;
    const label = command.stack === 0 ? "" : `[stack ${stackLabel(command.stack)}] `;
    if (command.verb === "fault") return this.say(arm(this.world, shop, command));
    const edited = edit(this.world, shop, command);
    if (edited) this.#atRest.delete(shop);
    const words = edited ?? byHand(this.world, shop, command);
    if (words && !edited) this.#atRest.clear();
    if (words) return this.say(`${label}${words}`);
    await this.carryOut(shop, command);
  }

  async carryOut(shop: Shop, command: Command): Promise<void> {
    const ask = askOf(shop, command);
    if (!ask) return;
    const still = ask.run === "up" && !ask.options.replace && this.world.emulator.faults.list().length === 0;
    if (still && (this.#atRest.has(shop) || this.#isEmpty(shop))) return;
    const seen = await this.#run(shop, ask, "");
    this.#atRest.delete(shop);
    if (this.violations.length > 0 || !canRest(seen)) return;
    await this.#again(shop);
    this.#atRest.add(shop);
  }

  #isEmpty({ drafts, bad, stack }: Shop): boolean {
    return drafts.length === 0 && !bad && stack.state.entries.length === 0;
  }

  /** When all causes of trouble are gone, the program goes through and is then at rest. */
  async settle(shop: Shop): Promise<void> {
    if (this.violations.length > 0 || (this.#atRest.has(shop) && !shop.bad) || this.#isEmpty(shop)) return;
    shop.bad = false;
    const ask: Ask = { run: "up", options: { refresh: true }, words: "up --refresh", calm: true };
    const recoveries = this.#recoveries;
    let seen = await this.#run(shop, ask, "at the end: ");
    if (this.#recoveries > recoveries) seen = await this.#run(shop, ask, "after that: ");
    if (seen.result.outcome === "failed") this.#unsettled.push(seen.result.errors.join("; "));
    if (this.violations.length === 0 && canRest(seen)) await this.#again(shop);
  }

  /** A second run right after one that went through finds nothing to do. */
  async #again(shop: Shop): Promise<void> {
    const seen = await this.#run(shop, AGAIN, "again: ", false);
    const { result } = seen;
    const changing = result.steps.filter(({ type }) => type !== "same");
    if (result.outcome === "succeeded" && changing.length === 0 && writes(seen).length === 0) {
      this.#lines.pop();
      return;
    }
    const what = changing.map(({ type, urn }) => `${type} ${urn.split("::").slice(-2).join(" ")}`).join(", ");
    this.violations.push({ rule: "aSecondUpChangesNothing", detail: `${what} ${result.errors.join(" | ")}`.trim() });
  }

  async #run(shop: Shop, ask: Ask, prefix: string, judged = true): Promise<Observation> {
    const index = this.world.shops.indexOf(shop);
    const label = index === 0 ? "" : `[stack ${stackLabel(index)}] `;
    const bad = shop.bad && ask.run === "up" ? " (with BAD)" : "";
    // People take longer from run to run than lists are behind.
    await sleep(this.world.emulator.dialect.listLagMs);
    const seen = await carryOut(this.world, shop, ask, this.#past(shop), this.seed * 100 + this.#runs);
    const { result } = seen;
    this.#runs += 1;
    this.#requests += seen.requests.length;
    for (const { type } of result.steps) this.#steps[type] += 1;
    const struck = strikes(seen);
    this.#struck.push(...struck.map(({ fault }) => fault.faultClass));
    for (const { request, fault } of struck) this.say(`${request.method} ${request.operation}: ${fault.words}`);
    const reason = result.errors.length > 0 ? `: ${result.errors[0]?.split("\n")[0]?.slice(0, 160)}` : "";
    this.say(
      `${label}${prefix}${ask.words}${bad} → ${result.outcome}${result.failedIn === "preview" ? " in preview" : ""}${reason}`,
    );
    if (judged) this.violations.push(...broken(RULES, seen).filter(({ rule }) => !this.without.includes(rule)));
    if (result.outcome === "killed" || result.errors.some((error) => error.includes("pulumi-amigo recover"))) {
      await this.#recover(shop, label);
    }
    return seen;
  }

  #past(shop: Shop): Past {
    const cut = this.#cut.get(shop) ?? new Set();
    this.#cut.set(shop, cut);
    return { lost: this.#lost, cut };
  }

  /** As the error says, or as one does after a run was killed. */
  async #recover({ stack }: Shop, label: string): Promise<void> {
    const found = await stack.recover?.();
    if (!found?.length) return;
    this.#recoveries += 1;
    for (const { id } of found) if (id) this.#lost.delete(id);
    this.say(`${label}recover: ${found.map(({ name, outcome }) => `${name} ${outcome}`).join(", ")}`);
  }
}

/** Whether a second run has nothing to do: the whole program went through, and names nothing that went in the same run. */
function canRest(seen: Observation): boolean {
  return complete(seen) && !keepsALineOnWhatGoes(seen) && !writtenIdIsStale(seen);
}

/** A story in plain words, with what it broke. */
export function inWords({ lines, violations }: StoryResult): string {
  const numbered = lines.map((line, index) => `  ${index + 1}. ${line}`);
  const found = violations.map(({ rule, detail }) => `  ✗ ${sentence(rule)}: ${detail}`);
  return [...numbered, ...found].join("\n");
}

/** `aLineStaysUp` as "a line stays up". */
export function sentence(rule: string): string {
  return rule.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}
