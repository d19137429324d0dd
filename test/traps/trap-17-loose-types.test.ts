import { expect, test } from "vitest";
import { failureOf, problems, type Scene, scene } from "./support/scene.js";

/** Answers a GET of a service with its fields changed as a server may change them. */
function answering(set: Scene, changes: (fields: Record<string, unknown>) => object): void {
  set.emulator.faults.add({
    operation: "get-service",
    when: "before",
    action: {
      kind: "status",
      status: 200,
      get body() {
        const id = String(set.emulator.requests.at(-1)?.path.split("/").at(-1));
        return changes({ ...set.store.services.get(id) });
      },
    },
  });
}

test("trap 17: answers with unknown keys change nothing", async () => {
  const set = await scene({ dialect: { extraKeys: true } });
  const run = set.run();
  const clinic = await run.create("workspace", set.workspace());
  const desk = await run.create("service", set.service());
  const line = await run.create("useCase", set.useCase());
  const binding = await run.create("serviceBinding", set.binding(line.id, desk.id));
  set.clear();
  for (const [resource, inputs] of [
    [clinic, set.workspace()],
    [desk, set.service()],
    [line, set.useCase()],
    [binding, set.binding(line.id, desk.id)],
  ] as const) {
    expect(await set.run().refresh(resource), resource.kind).toBe(true);
    expect(resource.outputs).not.toHaveProperty("lifecycleStage");
    expect(await set.run().update(resource, inputs), resource.kind).toBe("same");
  }
  set.sent("get-workspace", "get-service", "list-use-cases", "get-use-case-service-binding");
});

test("trap 17: unknown enum members are read as they are", async () => {
  const set = await scene({ dialect: { extraKeys: true } });
  const desk = set.othersService("Theirs");
  const line = set.othersUseCase("Theirs");
  const state = { workspaceId: set.workspaceId, __get: true };
  const service = await set.run().provider("service").read(desk.id, state);
  expect(service.props).toMatchObject({ environment: "preview", channelType: "chat" });
  const useCase = await set.run().provider("useCase").read(line.id, state);
  expect(useCase.props).toMatchObject({ channel: "sms", tier: "preview" });
  const workspace = set.store.addWorkspace({
    slug: "theirs",
    name: "Theirs",
    environment: "staging",
    organisation_id: set.ids.organisation,
  });
  const found = await set.run().provider("workspace").read(workspace.id, { __get: true });
  expect(found.props).toMatchObject({ region: "sa-east-1", environment: "preview" });
  set.sent("get-service", "list-use-cases", "get-workspace");
});

test("trap 17: what the contract leaves optional may be missing", async () => {
  const set = await scene({ dialect: { defaultsInAnswers: false } });
  const desk = await set.run().create("service", set.service());
  answering(set, (fields) => {
    for (const name of [
      "persona_id",
      "voice_config",
      "safety_filters_enabled",
      "channel_type",
      "environment",
      "is_system",
    ]) {
      delete fields[name];
    }
    return fields;
  });
  set.clear();
  expect(await set.run().refresh(desk)).toBe(true);
  expect(await set.run().update(desk, set.service())).toBe("same");
  set.sent("get-service");
});

test("trap 17: an answer without a needed field is an error that names it", async () => {
  const set = await scene();
  const desk = await set.run().create("service", set.service());
  answering(set, ({ agent_id, ...fields }) => fields);
  set.clear();
  const failure = await failureOf(set.run().refresh(desk));
  expect(failure.message).toMatch(/does not fit the contract: agent_id/);
  set.count("get-service", 1);
});

test("trap 17: unknown properties, members and types of inputs are refused at once", async () => {
  const set = await scene();
  const run = set.run();
  const service = set.service({
    agentId: "not-a-uuid",
    environment: "preview",
    channelType: "chat",
    toolCapacity: 11,
    isActive: "yes",
    tooCapacity: 3,
    voiceConfig: { ttsModel: "sonic-9", fillerStile: "silent" },
    tags: [{ key: "pulumi-owner" }],
  });
  expect(Object.keys(await problems(run, "service", service)).toSorted()).toEqual([
    "agentId",
    "channelType",
    "environment",
    "isActive",
    "tags[0].key",
    "tooCapacity",
    "toolCapacity",
    "voiceConfig.fillerStile",
    "voiceConfig.ttsModel",
  ]);
  const workspace = set.workspace({ slug: "Clinic", environment: "preview", region: "sa-east-1", connectorType: "x" });
  expect(Object.keys(await problems(run, "workspace", workspace)).toSorted()).toEqual([
    "connectorType",
    "environment",
    "region",
    "slug",
  ]);
  expect(Object.keys(await problems(run, "useCase", set.useCase({ channel: "sms" })))).toEqual(["channel"]);
  expect(Object.keys(await problems(run, "useCase", set.useCase({ emailType: "marketing" })))).toEqual(["emailType"]);
  const email = set.useCase({ channel: "email" });
  expect(Object.keys(await problems(run, "useCase", email)).toSorted()).toEqual(["emailType", "senderEmailAddress"]);
  const versionSet = set.versionSet(set.ids.systemService, { agentVersionNumber: 1.5, contextGraphVersionNumber: "2" });
  expect(Object.keys(await problems(run, "versionSet", versionSet)).toSorted()).toEqual([
    "agentVersionNumber",
    "contextGraphVersionNumber",
  ]);
  set.sent();
});

test("trap 17: ids are checked before they enter a path", async () => {
  const set = await scene();
  const run = set.run();
  const { workspaceId } = set;
  for (const id of ["../workspaces", "", "42", `${set.ids.systemService}/../x`]) {
    const inWorkspace = set.binding(id, set.ids.systemService, { workspaceId: id });
    expect(Object.keys(await problems(run, "serviceBinding", inWorkspace)), id).toEqual(["workspaceId", "useCaseId"]);
    for (const kind of ["service", "serviceBinding", "testCallerNumbers", "workspace"] as const) {
      const failure = await failureOf(run.provider(kind).read(id, { workspaceId }));
      expect(failure.message, `${kind} ${id}`).toMatch(/must be a UUID, but is .*; nothing was sent/);
    }
  }
  expect((await failureOf(run.provider("versionSet").read("no-slash", { workspaceId }))).message).toContain(
    "<serviceId>/<name>",
  );
  set.sent();
});
