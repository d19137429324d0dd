import { expect } from "vitest";
import type { Outcomes } from "./outcomes.js";
import type { Name, Stack, Values } from "./stack.js";

const KEY = "amigo-demo-key";

/** The whole life of all six kinds, with the outcomes that this server's answers rightly lead to. */
export async function live(stack: Stack, outcomes: Outcomes): Promise<void> {
  await created(stack, outcomes);
  await updated(stack, outcomes);
  await contested(stack, outcomes);
  await drifted(stack, outcomes);
  await deletedBySomebody(stack, outcomes);
  await replaced(stack, outcomes);
  await movedElsewhere(stack, outcomes);
  await deleted(stack, outcomes);
  if (!outcomes.throttled) expect(stack.throttled, "requests that were refused for their number").toBe(0);
}

/** Which version sets the services have, given what was ever taken out. */
function setsOf(
  { madeSets, removedSets }: Outcomes,
  desk: string[],
  night: string[],
  taken: { desk?: string[]; night?: string[] } = {},
) {
  const kept = (names: string[] = []) => (removedSets === "kept" ? names : []);
  return {
    desk: [...madeSets, "release", ...desk, ...kept(taken.desk)],
    night: [...madeSets, ...night, ...kept(taken.night)],
  };
}

async function created(stack: Stack, outcomes: Outcomes): Promise<void> {
  expect(Object.values(await stack.up())).toEqual(Array(8).fill("created"));
  expect(stack.run.warnings).toEqual([]);
  const missed = stack.bench.emulator.requests.filter(
    ({ operation, status }) => operation === undefined && status === 404,
  );
  expect(missed, "requests to a route that is not there").toHaveLength(outcomes.missedRoutes);
  const { description } = stack.store.services.get(stack.get("desk").id) ?? {};
  expect(description).toBe(outcomes.ends === "kept" ? "Days \n" : "Days");
  await stack.expectSettled(setsOf(outcomes, ["canary"], ["stable", "spare", "extra"]));
}

async function updated(stack: Stack, outcomes: Outcomes): Promise<void> {
  await stack.nextRun();
  stack.lineTo = "night";
  stack.declare({
    clinic: { name: "Clinic II", environment: "production" },
    desk: {
      description: "Nights",
      keyterms: ["c", "a"],
      isActive: undefined,
      tags: [{ key: "team", value: "night" }],
      toolCapacity: undefined,
      environment: undefined,
      voiceConfig: { ttsModel: "sonic-turbo" },
    },
    night: { versionSets: { stable: { agentVersionNumber: 2 }, extra: {} } },
    canary: {
      agentVersionNumber: 3,
      contextGraphVersionNumber: undefined,
      llmModelPreferences: { default: { llmName: "large" } },
    },
    release: { agentVersionNumber: undefined, contextGraphVersionNumber: 1 },
    calls: { adopt: true },
    qa: { numbers: ["+14155550100", "+14155550102"] },
  });
  const done = await stack.up();
  expect(Object.keys(done).sort()).toEqual(["calls", "canary", "clinic", "desk", "line", "night", "qa", "release"]);
  expect(new Set(Object.values(done))).toEqual(new Set(["updated"]));
  expect(stack.writes().sort()).toEqual(
    [
      "bind-use-case-to-service",
      "update-service",
      "update-service",
      "update-test-caller-numbers",
      "update-workspace",
      "upsert-service-version-set",
      "upsert-service-version-set",
    ].sort(),
  );
  expect(stack.store.services.get(stack.get("desk").id)).toMatchObject({
    is_active: true,
    tool_capacity: 3,
    environment: "production",
    safety_filters_enabled: false,
  });
  expectKeptSet(stack, outcomes, /version set "spare" of service "Night" could not be removed: .* late\)/);
  await stack.expectSettled(setsOf(outcomes, ["canary"], ["stable", "extra"], { night: ["spare"] }));
}

/** Steps that some servers refuse: then the error names the property, and state says what the server holds. */
async function contested(stack: Stack, outcomes: Outcomes): Promise<void> {
  const former = structuredClone(stack.program);
  await stack.nextRun();
  stack.declare({ night: { versionSets: { stable: { agentVersionNumber: 2 } } } });
  expect(await stack.bring("night")).toBe("updated");
  expectKeptSet(stack, outcomes, /version set "extra" of service "Night" could not be removed: .* late\)/);

  await stack.nextRun();
  stack.declare({ desk: { personaId: undefined, voiceConfig: undefined }, clinic: { region: "eu-central-1" } });
  if (outcomes.clearing === "refused") {
    await expectRefused(stack, "desk", /personaId: declared nothing, exists as .*\n.*voiceConfig: declared nothing/);
    stack.program.desk = former.desk;
  } else {
    expect(await stack.bring("desk")).toBe("updated");
    expect(stack.store.services.get(stack.get("desk").id)).toMatchObject({ persona_id: null, voice_config: null });
  }
  if (outcomes.region === "refused") {
    await expectRefused(stack, "clinic", /region is immutable here: then a workspace in eu-central-1 needs a new slug/);
    stack.program.clinic = former.clinic;
  } else {
    expect(await stack.bring("clinic")).toBe("updated");
  }
  const preferences = { default: { llmName: "large", params: { stop: ["\n\n"] } } };
  stack.declare({ canary: { llmModelPreferences: preferences } });
  if (outcomes.parameters === "refused") {
    await expectRefused(stack, "canary", /llmModelPreferences: declared .*, exists as .*"stop":\[""\]/);
    stack.program.canary = former.canary;
    expect(await stack.bring("canary")).toBe("updated");
  } else {
    expect(await stack.bring("canary")).toBe("updated");
  }
  await stack.expectSettled(setsOf(outcomes, ["canary"], ["stable"], { night: ["spare", "extra"] }));
}

async function drifted(stack: Stack, outcomes: Outcomes): Promise<void> {
  const { store } = stack;
  const [clinic, desk, night, calls] = (["clinic", "desk", "night", "calls"] as const).map(
    (name) => stack.get(name).id,
  ) as [string, string, string, string];
  store.workspaces.update(clinic, { name: "Somebody's", test_caller_numbers: ["+14155550199"] });
  const sets = store.services.get(desk)?.version_sets;
  store.services.update(desk, {
    description: "Somebody's",
    tool_capacity: 9,
    version_sets: { ...sets, canary: { agent_version_number: 2 } },
  });
  store.services.update(night, { name: "Somebody's" });
  store.bind(calls, desk);

  await stack.nextRun();
  expect(await stack.refresh()).toEqual([]);
  expect(stack.writes(), "of a refresh").toEqual([]);
  expect(stack.get("desk").outputs).toMatchObject({ description: "Somebody's" });
  expect(stack.get("desk").outputs, "what is not declared").toMatchObject({ toolCapacity: 9 });
  expect(stack.get("canary").outputs).toMatchObject({ agentVersionNumber: 2 });
  expect(stack.get("line").outputs).toMatchObject({ serviceId: desk });
  expect(stack.get("qa").outputs).toMatchObject({ numbers: ["+14155550199"] });

  await stack.nextRun();
  expect(Object.keys(await stack.up()).sort()).toEqual(["canary", "clinic", "desk", "line", "night", "qa"]);
  expect(store.services.get(desk)?.tool_capacity, "what is not declared").toBe(9);
  await stack.expectSettled(setsOf(outcomes, ["canary"], ["stable"], { night: ["spare", "extra"] }));
}

/** Somebody deletes the service that the line is bound to, through the API. */
async function deletedBySomebody(stack: Stack, outcomes: Outcomes): Promise<void> {
  const night = stack.get("night").id;
  const status = await requestDeletion(stack, `/v1/${stack.get("clinic").id}/services/${night}`);
  expect(status).toBe(outcomes.foreignDeletion === "is refused" ? 409 : 204);
  const gone = {
    "leaves the binding": ["night"],
    "is refused": [],
    "takes the binding along": ["line", "night"],
  }[outcomes.foreignDeletion];
  const done = {
    "leaves the binding": { night: "created", line: "updated" },
    "is refused": {},
    "takes the binding along": { night: "created", line: "created" },
  }[outcomes.foreignDeletion];

  await stack.nextRun();
  expect((await stack.refresh()).sort()).toEqual(gone);
  await stack.nextRun();
  expect(await stack.up()).toEqual(done);
  const taken = outcomes.foreignDeletion === "is refused" ? { night: ["spare", "extra"] } : {};
  await stack.expectSettled(setsOf(outcomes, ["canary"], ["stable"], taken));
}

async function replaced(stack: Stack, outcomes: Outcomes): Promise<void> {
  // Under the same key: the binding goes first, then the use case, as the engine orders it.
  await stack.nextRun();
  stack.declare({ calls: { description: "Moves visits" } });
  await stack.remove("line");
  expect(await stack.bring("calls")).toBe("replaced");
  expect(await stack.bring("line")).toBe("created");
  expect(stack.writes()).toEqual([
    "unbind-use-case-from-service",
    "delete-use-case",
    "create-use-case",
    "bind-use-case-to-service",
  ]);

  // Under another key: the new use case comes first, the old one goes last.
  await stack.nextRun();
  stack.declare({ calls: { name: "Reception" }, canary: { name: "pilot" } });
  const former = stack.get("calls");
  stack.managed.delete("calls");
  await stack.bring("calls");
  await stack.remove("line");
  await stack.bring("line");
  await stack.run.remove(former);
  expect(await stack.bring("canary")).toBe("replaced");
  expect(stack.store.useCases.get(former.id)).toBeUndefined();
  const taken = outcomes.foreignDeletion === "is refused" ? ["spare", "extra"] : [];
  await stack.expectSettled(setsOf(outcomes, ["pilot"], ["stable"], { desk: ["canary"], night: taken }));
}

/** Another slug: a new workspace, everything in it anew, the old one archived last. */
async function movedElsewhere(stack: Stack, outcomes: Outcomes): Promise<void> {
  await stack.nextRun();
  const former = stack.get("clinic");
  stack.managed.delete("clinic");
  stack.declare({ clinic: { slug: "second-clinic" } });
  await stack.bring("clinic");
  await stack.remove("line", "release", "canary", "qa", "calls", "night", "desk");
  expect(Object.values(await stack.up())).toEqual(Array(7).fill("created"));
  await stack.run.remove(former);
  expectEmpty(stack, former.id);
  await stack.expectSettled(setsOf(outcomes, ["pilot"], ["stable"]));
}

async function deleted(stack: Stack, outcomes: Outcomes): Promise<void> {
  await stack.nextRun();
  const former = new Map(stack.managed);
  await stack.remove("line", "release", "canary", "qa", "calls", "night", "desk", "clinic");
  const clinic = former.get("clinic");
  if (!clinic) throw new Error("the workspace was not managed");
  expectEmpty(stack, clinic.id);
  expectKeptSet(stack, outcomes, /version set "pilot" of service "Desk" stays/);

  await stack.nextRun();
  for (const [name, resource] of former) {
    await expect(stack.run.refresh(resource), name).rejects.toThrow(/is archived, or this key cannot see it/);
  }
  const again = stack.run.remove(clinic);
  if (outcomes.archivedAgain === "done") await again;
  else await expect(again).rejects.toThrow(/archiv/i);
  expect(stack.bench.emulator.requests.filter(({ committed }) => committed)).toEqual([]);
}

/** The update fails, and the state that the engine keeps is what the server holds. */
async function expectRefused(stack: Stack, name: Name, message: RegExp): Promise<void> {
  const resource = stack.get(name);
  const failure = (await stack.bring(name).then(
    () => undefined,
    (error: unknown) => error,
  )) as (Error & { id?: string; properties?: Values }) | undefined;
  expect(failure?.message, `${name} is refused`).toMatch(message);
  expect(failure?.id, "the id goes into state").toBe(resource.id);
  Object.assign(resource, { inputs: stack.inputs(name), outputs: failure?.properties });
}

/** A warning about a version set that was taken out; where its removal shows late, it depends on how late. */
function expectKeptSet({ run }: Stack, { removedSets, removals }: Outcomes, warning: RegExp): void {
  const text = run.warnings.join("\n");
  if (removedSets === "kept") expect(text).toMatch(warning);
  else if (removals === "at once") expect(text).not.toMatch(warning);
}

function expectEmpty({ store }: Stack, workspaceId: string): void {
  const inside = ({ workspace_id }: { workspace_id: string }) => workspace_id === workspaceId;
  expect(store.services.list().filter(inside)).toEqual([]);
  expect(store.useCases.list().filter(inside)).toEqual([]);
  expect(store.bindings.list().filter(inside)).toEqual([]);
  expect(store.workspaces.get(workspaceId)).toMatchObject({ archived_at: expect.any(String), test_caller_numbers: [] });
}

async function requestDeletion({ bench }: Stack, path: string): Promise<number> {
  for (;;) {
    const init = { method: "DELETE", headers: { authorization: `Bearer ${KEY}` } };
    const { status } = await fetch(bench.emulator.url + path, init);
    if (status !== 429) return status;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
