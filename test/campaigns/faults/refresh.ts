import type { FaultRule } from "../../../src/emulator/index.js";
import type { FaultClass } from "./classes.js";
import { readTruth } from "./control.js";
import { listFault } from "./injection.js";
import { Random } from "./random.js";
import type { Scene, Side } from "./scene.js";
import type { Drive, Managed } from "./stack.js";
import type { Observed, Session } from "./subject.js";
import { differing, shownAs, type Truth } from "./truth.js";

/** Of a stack's refresh to be struck: its lists are few, and many reads hang on each. */
const SHARE_PER_RATE = 3;

/** Reads every resource of every stack, some under faults of lists and answers, and compares what was read with the truth. */
export async function refreshAll(campaign: Scene, session: Session): Promise<void> {
  const { emulator, seed, rate, only } = campaign.options;
  const truth = await readTruth(emulator.url);
  await Promise.all(
    campaign.sides.map(async (side) => {
      const random = new Random(seed, "refresh", campaign.tally.rounds, side.stack.index);
      const isStruck = only === undefined && random.chance(Math.min(1, rate * SHARE_PER_RATE));
      const laid = isStruck ? faultOf(campaign, side, random) : undefined;
      const ids = laid?.rules.map((rule) => emulator.faults.add(rule)) ?? [];
      const found: [Managed, Observed | undefined | Error][] = [];
      await side.stack.refresh(driveOf(campaign, session), (managed, result) => found.push([managed, result]));
      const struck = emulator.faults.list().some(({ rule, struck }) => ids.includes(rule.id) && struck > 0);
      for (const id of ids) emulator.faults.remove(id);
      const row = laid && struck ? laid.faultClass : "none";
      for (const [managed, result] of found) judge(campaign, truth, row, managed, result);
    }),
  );
  await judgeMoves(campaign, session, truth);
}

function faultOf(campaign: Scene, { stack, world }: Side, random: Random) {
  const home = stack.state.get(world.home)?.id;
  if (home === undefined) return undefined;
  const path = new RegExp(home);
  const rule = (part: Pick<FaultRule, "action" | "when" | "operation" | "times">): FaultRule => ({ path, ...part });
  if (random.chance(0.6)) {
    const { action, times, operation } = listFault(random, campaign.options.timing);
    return { faultClass: "lists" as FaultClass, rules: [rule({ operation, times, when: "before", action })] };
  }
  const operation = ["list-services", "list-use-cases", "get-service"];
  const action = random.pick([
    { kind: "edit" as const, set: { lifecycle_stage: "general" } },
    { kind: "edit" as const, set: { tier: "preview" }, drop: ["agent_name", "configuration_set_name"] },
    { kind: "edit" as const, drop: ["name"] },
  ]);
  return { faultClass: "drift" as FaultClass, rules: [rule({ operation, times: 2, when: "after", action })] };
}

function judge(
  { tally, moves }: Scene,
  truth: Truth,
  row: FaultClass | "none",
  managed: Managed,
  result: Observed | undefined | Error,
): void {
  const { kind, id, name, reached } = managed;
  tally.rows[row].reads += 1;
  const shown = shownAs(truth, kind, id);
  if (result instanceof Error) return;
  if (result === undefined) {
    if (shown) tally.count(row, "false gone", `${kind} ${name} (${id}) was read as gone and is there`);
    return;
  }
  const declared = Object.fromEntries(Object.keys(reached).map((key) => [key, result.outputs[key]]));
  const wrong = shown ? differing(kind, declared, shown) : ["it is gone, and was read as there"];
  if (wrong.length === 0) return;
  const isMove = kind === "serviceBinding" && moves.has(id);
  tally.count(isMove ? "binding" : row, isMove ? "undetected takeovers" : "wrong state", `${kind} ${name}: ${wrong}`);
}

/** What the other party's next refresh shows of a binding that both have written. */
async function judgeMoves({ moves, tally }: Scene, session: Session, truth: Truth): Promise<void> {
  for (const [useCaseId, { serviceId, workspaceId }] of moves) {
    moves.delete(useCaseId);
    const shown = shownAs(truth, "serviceBinding", useCaseId);
    if (!shown) continue;
    const state = { workspaceId, useCaseId, serviceId };
    const read = await session.read("serviceBinding", useCaseId, state).catch((error: Error) => error);
    if (read instanceof Error || read?.outputs.serviceId === shown.serviceId) continue;
    tally.count("binding", "undetected takeovers", `use case ${useCaseId}: the other party reads ${serviceId}`);
  }
}

function driveOf({ gate }: Scene, session: Session): Drive {
  return {
    session,
    hidden: () => ({}),
    quietly: (work) => gate.through(() => work(session)),
    step: (_step, work) => gate.through(() => work(session)),
    failed: () => undefined,
  };
}
