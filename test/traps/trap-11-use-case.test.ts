import { expect, test } from "vitest";
import { bodyOf, failureOf, type Scene, scene, underEach } from "./support/scene.js";

async function boundLine(set: Scene) {
  const run = set.run();
  const desk = await run.create("service", set.service());
  const line = await run.create("useCase", set.useCase());
  const binding = await run.create("serviceBinding", set.binding(line.id, desk.id));
  set.clear();
  return { desk, line, binding };
}

test("trap 11: a use case is read from the list by its id; reads share one list", async () => {
  const set = await scene();
  const run = set.run();
  const lines = await Promise.all(["Line", "Desk"].map((name) => run.create("useCase", set.useCase({ name }))));
  set.clear();
  const later = set.run();
  expect(await Promise.all(lines.map((line) => later.refresh(line)))).toEqual([true, true]);
  set.sent("list-use-cases");
  expect(lines.map(({ outputs }) => outputs.name)).toEqual(["Line", "Desk"]);
});

test("trap 11: what one list lacks is looked for in a second one", async () => {
  const set = await scene();
  const line = await set.run().create("useCase", set.useCase());
  set.emulator.faults.add({
    operation: "list-use-cases",
    when: "before",
    times: 1,
    action: { kind: "status", status: 200, body: { items: [] } },
  });
  set.clear();
  expect(await set.run().refresh(line)).toBe(true);
  set.sent("list-use-cases", "list-use-cases");
});

test("trap 11: a changed key makes the new one first and deletes the old one last", async () => {
  const set = await scene();
  const { desk, line, binding } = await boundLine(set);
  for (const change of [{ name: "New line" }, { entityName: "Hospital" }, { channel: "outbound_voice" }]) {
    const diff = await set.run().diff(line, set.useCase(change));
    expect(diff, JSON.stringify(change)).toMatchObject({ changes: true, deleteBeforeReplace: false });
  }
  const run = set.run();
  const next = await run.create("useCase", set.useCase({ name: "New line" }));
  expect(await run.update(binding, set.binding(next.id, desk.id))).toBe("replaced");
  await run.remove(line);
  set.sent(
    "list-use-cases",
    "create-use-case",
    "get-use-case-service-binding",
    "unbind-use-case-from-service",
    "bind-use-case-to-service",
    "delete-use-case",
  );
  expect(set.bound(next.id)).toBe(desk.id);
  expect(set.store.useCases.list().map(({ name }) => name)).toEqual(["New line"]);
});

test("trap 11: a create that fails under a changed key leaves the old line", async () => {
  const set = await scene();
  const { desk, line } = await boundLine(set);
  const news = set.useCase({ name: "New line", setupId: set.ids.setups.voiceUnapproved });
  await failureOf(set.run().create("useCase", news));
  expect(set.bound(line.id)).toBe(desk.id);
  set.count("delete-use-case", 0);
  set.count("unbind-use-case-from-service", 0);
});

test("trap 11: while the key stays, binding and use case go before the new one", async () => {
  const set = await scene();
  const email = set.useCase({
    channel: "email",
    setupId: set.ids.setups.emailApproved,
    senderEmailAddress: "desk@example.com",
    emailType: "transactional",
  });
  const mail = await set.run().create("useCase", email);
  for (const change of [
    { setupId: set.ids.setups.emailUnapproved },
    { description: "x" },
    { senderEmailAddress: "other@example.com" },
    { emailType: "marketing" },
  ]) {
    const diff = await set.run().diff(mail, { ...email, ...change });
    expect(diff, JSON.stringify(change)).toEqual({
      changes: true,
      replaces: Object.keys(change),
      deleteBeforeReplace: true,
    });
  }
  const { desk, line, binding } = await boundLine(set);
  const unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
  expect(await set.run().diff(binding, set.binding(unknown, desk.id))).toMatchObject({
    replaces: ["useCaseId"],
    deleteBeforeReplace: true,
  });
  const run = set.run();
  await run.remove(binding);
  expect(await run.update(line, set.useCase({ description: "x" }))).toBe("replaced");
  const seen = set.sent(
    "get-use-case-service-binding",
    "unbind-use-case-from-service",
    "delete-use-case",
    "list-use-cases",
    "create-use-case",
  );
  expect(bodyOf(seen.at(-1))).toMatchObject({ name: "Line", description: "x" });
});

test("trap 11: under the same key the preview warns that nobody answers meanwhile, and a refusal says how to get back", async () => {
  await underEach([{ errorBodies: "detail" }, { errorBodies: "empty" }], async (set) => {
    const { line, binding } = await boundLine(set);
    const news = set.useCase({ setupId: set.ids.setups.voiceUnapproved });
    const preview = set.run();
    // A refresh and the engine's own questions come without a check: they are no change of the program.
    await preview.diff(line, news);
    expect(preview.warnings).toEqual([]);
    const run = set.run();
    await run.remove(binding);
    const failure = await failureOf(run.update(line, news));
    expect(run.warnings).toEqual([
      expect.stringMatching(/^UseCase "Clinic \/ Line" .*Nobody answers there until the new one is made and bound/),
    ]);
    expect(failure.message).toContain(
      `so nobody answers there now. To get it back, restore setupId (it was "${set.ids.setups.voiceApproved}") in the program`,
    );
    await set.run().create("useCase", set.useCase());
  });
  const set = await scene();
  const { line } = await boundLine(set);
  set.store.bindings.delete(line.id);
  await failureOf(set.run().update(line, set.useCase({ setupId: set.ids.setups.voiceUnapproved })));
  // The refusal is about the setup: it is not waited out.
  set.count("create-use-case", 1);
});

test("trap 11: a delete that fails after its unbind says how to get the binding back", async () => {
  const set = await scene();
  const { line, binding } = await boundLine(set);
  set.store.assignPhone(line.id);
  const run = set.run();
  await run.remove(binding);
  const failure = await failureOf(run.remove(line));
  expect(failure.message).toMatch(
    /ServiceBinding of use case .* was removed in this run: restore the former arguments and run `pulumi up` to bind it again/,
  );
  set.sent("get-use-case-service-binding", "unbind-use-case-from-service", "delete-use-case");
  const inAnotherRun = await failureOf(set.run().remove(line));
  expect(inAnotherRun.message).not.toContain("was removed in this run");
});

test("trap 11: a binding that was left alone is not said to be removed", async () => {
  const set = await scene();
  const { line, binding } = await boundLine(set);
  set.store.bind(line.id, set.othersService("Theirs").id);
  const run = set.run();
  await run.remove(binding);
  const failure = await failureOf(run.remove(line));
  expect(failure.message).toContain("still bound to a service");
  expect(failure.message).not.toContain("was removed in this run");
  set.sent("get-use-case-service-binding", "delete-use-case");
});

test("trap 11: assigned phone numbers stop the deletion", async () => {
  await underEach([{ errorBodies: "detail" }, { errorBodies: "object" }, { errorBodies: "empty" }], async (set) => {
    const line = await set.run().create("useCase", set.useCase());
    set.store.assignPhone(line.id);
    set.clear();
    const failure = await failureOf(set.run().remove(line));
    expect(failure.message).toMatch(/Phone numbers are still assigned to the use case, which this API cannot change/);
    set.sent("delete-use-case");
  });
});

test("trap 11: a 409 tells a setup not approved from a use case that exists", async () => {
  await underEach([{ errorBodies: "detail" }, { errorBodies: "object" }], async (set) => {
    const unapproved = set.useCase({ setupId: set.ids.setups.voiceUnapproved });
    const failure = await failureOf(set.run().create("useCase", unapproved));
    expect(failure.message).toMatch(/setup named by setupId is not approved yet/);
    expect(failure.message).not.toMatch(/exists in the workspace/);
    set.sent("list-use-cases", "create-use-case", "list-use-cases");
  });
});

test("trap 11: a 409 without a word names both reasons", async () => {
  const set = await scene({ dialect: { errorBodies: "empty" } });
  const unapproved = set.useCase({ setupId: set.ids.setups.voiceUnapproved });
  const failure = await failureOf(set.run().create("useCase", unapproved));
  expect(failure.message).toMatch(/does not say which of two things/);
  expect(failure.message).toMatch(/exists in the workspace.*is not approved yet/);
  set.sent("list-use-cases", "create-use-case", "list-use-cases");
});

test("trap 11: one that somebody made meanwhile is named", async () => {
  await underEach([{ errorBodies: "detail" }, { errorBodies: "empty" }], async (set) => {
    const theirs: string[] = [];
    set.emulator.faults.add({
      operation: "create-use-case",
      when: "before",
      action: { kind: "call", fn: () => void theirs.push(set.othersUseCase("Line").id) },
    });
    const failure = await failureOf(set.run().create("useCase", set.useCase()));
    expect(failure.message).toContain(`use case ${theirs[0]} has this channel, entity name and name already`);
    set.sent("list-use-cases", "create-use-case", "list-use-cases");
  });
});

test("trap 11: a use case with another part of the key is another one", async () => {
  const set = await scene();
  set.othersUseCase("Other line");
  set.othersUseCase("Line", { entity_name: "Hospital" });
  set.othersUseCase("Line", { channel: "outbound_voice" });
  const line = await set.run().create("useCase", set.useCase());
  set.sent("list-use-cases", "create-use-case");
  expect(set.store.useCases.get(line.id)?.created_by).toBe("owner");
});
