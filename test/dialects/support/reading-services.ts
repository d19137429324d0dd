import { answered, outcomeOf, raw, refusedAs, servicePath } from "./raw.js";
import type { Reading } from "./reading.js";

/** What PUT of a service means, and what becomes of version sets. */
export const serviceReadings: readonly Reading[] = [
  {
    setting: "putNull=clears",
    wire: "a `null` in PUT service clears the field",
    provider: "sends `null` only to clear, and compares the answer: a persona that stays is an error by name",
    look: async (set) => {
      const desk = await set
        .run()
        .create("service", set.service({ personaId: set.ids.personas.warm, toolCapacity: 5 }));
      const outcome = await outcomeOf(set.run().update(desk, set.service({ toolCapacity: 5 })));
      const { persona_id, tool_capacity } = set.store.services.get(desk.id) ?? {};
      return [outcome === "updated", persona_id === null, tool_capacity];
    },
    byDefault: [false, false, 5],
    otherwise: [true, true, 5],
  },
  {
    setting: "putAbsent=default",
    wire: "a field left out of PUT service goes back to its default",
    provider: "sends every field as it was read, with the changes laid over it",
    look: async (set) => {
      const declared = { isActive: false, toolCapacity: 5, description: "Days" };
      const desk = await set.run().create("service", set.service(declared));
      await set.run().update(desk, set.service({ ...declared, description: "Nights" }));
      const { is_active, tool_capacity, description } = set.store.services.get(desk.id) ?? {};
      await raw(set, "PUT", servicePath(set, desk.id), { description: "Somebody's" });
      await set.run().refresh(desk);
      return [is_active, tool_capacity, description, desk.outputs.isActive, desk.outputs.toolCapacity];
    },
    byDefault: [false, 5, "Nights", false, 5],
    otherwise: [false, 5, "Nights", true, 3],
  },
  {
    setting: "putVersionSets=merges",
    wire: "PUT service keeps the version sets that it leaves out",
    provider: "removes by leaving out, looks again, and warns by name where the set survives",
    look: async (set) => {
      const run = set.run();
      const inline = (sets: object) => set.service({ versionSets: sets });
      const desk = await run.create("service", inline({ stable: {}, spare: {} }));
      const canary = await run.create("versionSet", set.versionSet(desk.id));
      const later = set.run();
      await later.update(desk, inline({ stable: {} }));
      await later.remove(canary);
      const left = Object.keys(set.store.services.get(desk.id)?.version_sets ?? {}).sort();
      return [left, later.warnings.map((warning) => /"(\w+)"/.exec(warning)?.[1])];
    },
    byDefault: [["edge", "release", "stable"], []],
    otherwise: [
      ["canary", "edge", "release", "spare", "stable"],
      ["spare", "canary"],
    ],
  },
  {
    setting: "versionSetLagMs=120",
    wire: "a written version set shows later than the write",
    provider: "reads the service again until the set shows as written, and stores that",
    look: async (set) => {
      const inline = (agentVersionNumber: number) => set.service({ versionSets: { stable: { agentVersionNumber } } });
      const desk = await set.run().create("service", inline(1));
      set.store.load(set.store.snapshot());
      const { dialect } = set.emulator;
      // Longer than any pause of a busy machine.
      dialect.versionSetLagMs *= 5;
      set.clear();
      const outcome = await outcomeOf(set.run({ settleSeconds: "3" }).update(desk, inline(2)));
      return [outcome, desk.outputs.versionSets, answered(set, "get-service").length > 1];
    },
    byDefault: ["updated", { stable: { agentVersionNumber: 2 } }, false],
    otherwise: ["updated", { stable: { agentVersionNumber: 2 } }, true],
  },
  {
    setting: "serverMadeSets=false",
    wire: "a new service has no `edge` and no `release`",
    provider: "takes neither for granted: a declared `release` is always written",
    look: async (set) => {
      const desk = await set.run().create("service", set.service());
      const made = Object.keys(set.store.services.get(desk.id)?.version_sets ?? {}).sort();
      const release = await set.run().create("versionSet", {
        workspaceId: set.workspaceId,
        serviceId: desk.id,
        name: "release",
      });
      return [made, await set.run().refresh(release)];
    },
    byDefault: [["edge", "release"], true],
    otherwise: [[], true],
  },
  {
    setting: "defaultsInAnswers=false",
    wire: "answers leave out optional nulls and the defaults inside voice configs and version sets",
    provider: "reads an optional key that is absent like null, and fills in defaults on both sides before it compares",
    look: async (set) => {
      const inputs = set.service({ voiceConfig: { ttsModel: "sonic-3" }, versionSets: { stable: {} } });
      const desk = await set.run().create("service", inputs);
      const { body } = await raw(set, "GET", servicePath(set, desk.id));
      const seen = await set.run().refresh(desk);
      const spelt = [Object.keys(body.voice_config).length, Object.keys(body.version_sets.stable).length];
      return [spelt, "persona_id" in body, seen, await set.run().update(desk, inputs)];
    },
    byDefault: [[12, 3], true, true, "same"],
    otherwise: [[1, 0], false, true, "same"],
  },
  {
    setting: "trimStrings=true",
    wire: "the server strips white space at the ends of every text",
    provider:
      "refuses it in names, does not compare the ends of descriptions, and fails by name where a model's parameter came back without them",
    look: async (set) => {
      const inputs = set.service({ description: " Days\n" });
      const desk = await set.run().create("service", inputs);
      const params = { stop: ["\n\n"] };
      const preferences = { llmModelPreferences: { default: { llmName: "large", params } } };
      const canary = set.run().create("versionSet", set.versionSet(desk.id, preferences));
      const refused = await refusedAs(canary, /llmModelPreferences: declared .*, exists as .*"stop":\[""\]/);
      return [set.store.services.get(desk.id)?.description, await set.run().update(desk, inputs), refused];
    },
    byDefault: [" Days\n", "same", "done"],
    otherwise: ["Days", "same", true],
  },
  {
    setting: "unknownKeys=refused",
    wire: "a body key that the contract does not know is a 422 instead of being dropped",
    provider: "sends no key that the contract lacks: computed ones and its own arguments stay at home",
    look: async (set) => {
      const run = set.run();
      const desk = await run.create("service", set.service({ adopt: true }));
      const { status } = await raw(set, "PUT", servicePath(set, desk.id), { id: desk.id });
      const changed = await outcomeOf(set.run().update(desk, set.service({ adopt: true, description: "Nights" })));
      return [status, changed, set.store.services.get(desk.id)?.description];
    },
    byDefault: [200, "updated", "Nights"],
    otherwise: [422, "updated", "Nights"],
  },
  {
    setting: "extraKeys=true",
    wire: "answers carry keys and, on things that somebody else made, enum members that the contract lacks",
    provider: "drops such keys, and takes such a member as it is: drift, not an error",
    look: async (set) => {
      const { id } = set.othersService("Somebody's");
      const useCase = set.othersUseCase("Somebody's");
      set.store.bind(useCase.id, id);
      const path = `/v1/${set.workspaceId}/use-cases/${useCase.id}/service-binding`;
      const { body } = await raw(set, "GET", path);
      const inputs = { ...set.service({ __owner: undefined }), environment: "production" };
      const desk = { kind: "service" as const, id, inputs, outputs: { ...inputs } as Record<string, unknown> };
      const bound = set.binding(useCase.id, id);
      const line = { kind: "serviceBinding" as const, id: useCase.id, inputs: bound, outputs: { ...bound } };
      const seen = await outcomeOf(Promise.all([set.run().refresh(desk), set.run().refresh(line)]));
      return ["links" in body, desk.outputs.environment, seen];
    },
    byDefault: [false, "production", [true, true]],
    otherwise: [true, "preview", [true, true]],
  },
];
