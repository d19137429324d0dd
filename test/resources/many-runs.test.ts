import { expect, test } from "vitest";
import type { Dialect } from "../../src/emulator/index.js";
import { seedIds } from "../../src/emulator/index.js";
import { type Bench, type Managed, startBench } from "../support/lifecycle.js";

const { workspace: workspaceId, agents, contextGraphs, setups } = seedIds;
const OWNER = "pulumi/org/project/stack/pulumi-nodejs:dynamic/amigo:Service/desk";
const service = (more: object = {}) => ({
  workspaceId,
  name: "Desk",
  agentId: agents.frontDesk,
  contextGraphId: contextGraphs.scheduling,
  __owner: OWNER,
  ...more,
});
const useCase = (more: object = {}) => ({
  workspaceId,
  channel: "inbound_voice",
  entityName: "Clinic",
  name: "Line",
  setupId: setups.voiceApproved,
  ...more,
});

async function withBench(dialect: Partial<Dialect>, work: (bench: Bench) => Promise<void>): Promise<void> {
  const bench = await startBench({ dialect });
  try {
    await work(bench);
  } finally {
    await bench.close();
  }
}

test("an id in capitals is the same id: in arguments, state, moves, deletions and imports", async () => {
  await withBench({}, async (bench) => {
    const { store } = bench.emulator;
    const run = bench.run();
    const desk = await run.create("service", service());
    const ward = await run.create("service", service({ name: "Ward", __owner: OWNER.replace("desk", "ward") }));
    const line = await run.create("useCase", useCase());
    const upper = (resource: Managed) => resource.id.toUpperCase();
    const bind = (to: Managed) => ({
      workspaceId: workspaceId.toUpperCase(),
      useCaseId: upper(line),
      serviceId: upper(to),
    });
    const binding = await run.create("serviceBinding", bind(desk));
    expect(binding.id).toBe(line.id);
    const set = await run.create("versionSet", {
      workspaceId,
      serviceId: upper(desk),
      name: "Canary",
      agentVersionNumber: 1,
    });
    expect(set.id).toBe(`${desk.id}/Canary`);

    const next = bench.run();
    expect(await next.update(binding, { ...bind(desk), useCaseId: line.id })).toBe("same");
    expect(await next.update(binding, bind(ward))).toBe("updated");
    expect(store.bindings.get(line.id)?.service_id).toBe(ward.id);
    binding.id = binding.id.toUpperCase();
    binding.outputs.serviceId = upper(ward);
    await bench.run().remove(binding);
    expect(store.bindings.get(line.id)).toBeUndefined();
    const imported = await bench.run().create("useCase", { ...useCase(), __import: { id: upper(line), ignore: [] } });
    expect(imported.id).toBe(line.id);
  });
});

test("a Service under a Service keeps its owner mark through state", async () => {
  await withBench({}, async (bench) => {
    const type = "pulumi-nodejs:dynamic/amigo:Service";
    const mark = `pulumi/organization/project/stack/${type}$${type}/inner`;
    const run = bench.run();
    const inner = await run.create("service", service({ __owner: mark }));
    expect(await bench.run().refresh(inner)).toBe(true);
    expect(await bench.run().update(inner, service({ __owner: mark, description: "changed" }))).toBe("updated");
    expect(bench.emulator.store.services.get(inner.id)?.tags).toEqual([{ key: "pulumi-owner", value: mark }]);
    await bench.run().remove(inner);
    expect(bench.emulator.store.services.get(inner.id)).toBeUndefined();
  });
});

test("a version set that keeps its name by ignoreChanges is not declared in its service too, whichever is looked at first", async () => {
  await withBench({}, async (bench) => {
    const desk = await bench.run().create("service", service());
    const named = { workspaceId, serviceId: desk.id, name: "canary" };
    const set = await bench.run().create("versionSet", { ...named, agentVersionNumber: 1 });
    const both = [
      [desk, service({ versionSets: { canary: {}, beta: {} } })],
      [set, { ...named, agentVersionNumber: 1 }],
    ] as const;
    for (const inOrder of [both, [...both].reverse()]) {
      const run = bench.run();
      const looked = async () => {
        for (const [resource, inputs] of inOrder) {
          await run.diff(resource, await run.check(resource.kind, inputs, resource.inputs));
        }
      };
      await expect(looked()).rejects.toThrow(`the program declares the VersionSet ${set.id} twice`);
    }
    expect(await bench.run().update(desk, service({ versionSets: { beta: {} } }))).toBe("updated");
  });
});

test("a service that was taken over from another stack stays this one's when adopt and the import option are removed", async () => {
  await withBench({}, async (bench) => {
    const { services } = bench.emulator.store;
    const { id } = await bench.run().create("service", service({ __owner: OWNER.replace("stack", "prod") }));
    const desk = await bench.run().create("service", service({ adopt: true, __import: { id, ignore: [] } }));
    expect(await bench.run().update(desk, service())).toBe("updated");
    expect(await bench.run().update(desk, service({ description: "New" }))).toBe("updated");
    expect(services.get(id)).toMatchObject({ description: "New", tags: [{ key: "pulumi-owner", value: OWNER }] });
    await bench.run().remove(desk);
    expect(services.get(id)).toBeUndefined();
  });
});

test("a use case that a resource of the program holds is not imported by another one, whichever comes first", async () => {
  await withBench({}, async (bench) => {
    const mark = OWNER.replace("Service/desk", "UseCase/line");
    const line = await bench.run().create("useCase", useCase({ __owner: mark }));
    const twin = useCase({ __owner: `${mark}2`, __import: { id: line.id, ignore: [] } });
    const said = `another resource of this program`;

    const last = bench.run();
    await last.update(line, useCase({ __owner: mark }));
    await expect(last.check("useCase", twin)).rejects.toThrow(`import: ${said} manages ${line.id}. Declare it once`);
    const first = bench.run();
    await first.check("useCase", twin);
    const again = first.update(line, useCase({ __owner: mark }));
    await expect(again).rejects.toThrow(`${said}, UseCase "Clinic / Line" (inbound_voice), imports ${line.id} too.`);
  });
});

test("importing what another stack may manage on its own service is warned of, and what is on ours is not", async () => {
  await withBench({}, async (bench) => {
    const mark = OWNER.replace("stack", "prod");
    const desk = await bench.run().create("service", service({ __owner: mark }));
    const line = await bench.run().create("useCase", useCase());
    const on = { workspaceId, serviceId: desk.id };
    await bench.run().create("serviceBinding", { ...on, useCaseId: line.id, allowRebind: true });
    const set = `${desk.id}/release`;
    const imported = async () => {
      const run = bench.run();
      await run.create("versionSet", { ...on, name: "release", __import: { id: set, ignore: [] } });
      await run.create("serviceBinding", { ...on, useCaseId: line.id, __import: { id: line.id, ignore: [] } });
      return run.warnings;
    };
    const said = (id: string) => expect.stringContaining(`the service of ${id} belongs to ${mark}`);
    expect(await imported()).toEqual([said(set), said(line.id)]);
    bench.emulator.store.services.update(desk.id, { tags: [{ key: "pulumi-owner", value: OWNER }] });
    expect(await imported()).toEqual([]);
  });
});

test("declaring what exists, or the contract's default, is no change, and never replaces a use case", async () => {
  await withBench({}, async (bench) => {
    const { store } = bench.emulator;
    const mine = {
      workspace_id: workspaceId,
      channel: "inbound_voice" as const,
      entity_name: "Clinic",
      setup_id: setups.voiceApproved,
    };
    const { id } = store.addUseCase({ ...mine, name: "Line", description: "Calls to the desk." });
    const line = await bench.run().create("useCase", { ...useCase(), __import: { id, ignore: [] } });
    expect(line.outputs.description).toBe("Calls to the desk.");
    expect(await bench.run().update(line, useCase({ description: "Calls to the desk." }))).toBe("same");
    expect(await bench.run().update(line, useCase({ description: "Another text" }))).toBe("replaced");

    const plain = await bench.run().create("useCase", useCase({ name: "Night" }));
    expect(await bench.run().update(plain, useCase({ name: "Night", description: "" }))).toBe("same");
    const desk = await bench.run().create("service", service());
    const defaults = { description: "", toolCapacity: 3, isActive: true, channelType: "voice", tags: [], keyterms: [] };
    bench.operations();
    expect(await bench.run().update(desk, service(defaults))).toBe("same");
    expect(bench.operations()).toEqual([]);
  });
});

test("what was never declared shows in outputs where it is not the default, and is withdrawn only once declared", async () => {
  await withBench({}, async (bench) => {
    const { store } = bench.emulator;
    const { id } = store.addService({
      workspace_id: workspaceId,
      name: "Desk",
      agent_id: agents.frontDesk,
      context_graph_id: contextGraphs.scheduling,
      tool_capacity: 7,
    });
    const desk = await bench.run().create("service", service({ __import: { id, ignore: [] } }));
    expect(desk.outputs).toMatchObject({ toolCapacity: 7 });
    expect(await bench.run().update(desk, service({ description: "x" }))).toBe("updated");
    expect(store.services.get(id)).toMatchObject({ tool_capacity: 7, description: "x" });
    const declared = service({ description: "x", toolCapacity: 7 });
    const run = bench.run();
    expect(await run.update(desk, declared)).toBe("same");
    // The engine stores the new inputs with the old outputs.
    desk.inputs = await run.check("service", declared, desk.inputs);
    expect(await bench.run().update(desk, service({ description: "x" }))).toBe("updated");
    expect(store.services.get(id)).toMatchObject({ tool_capacity: 3 });
  });
});

test("a promotion made by hand stays when a model preference changes, and a nested value of a voice config too", async () => {
  await withBench({}, async (bench) => {
    const { store } = bench.emulator;
    const desk = await bench
      .run()
      .create("service", service({ voiceConfig: { ttsModel: "sonic-3", eotTimeoutMs: 500 } }));
    const set = (more: object) => ({ workspaceId, serviceId: desk.id, name: "canary", ...more });
    const canary = await bench.run().create("versionSet", set({ agentVersionNumber: 1 }));
    const there = () => store.services.get(desk.id);
    store.services.update(desk.id, {
      version_sets: { ...there()?.version_sets, canary: { agent_version_number: 2 } },
      voice_config: { ...there()?.voice_config, eot_timeout_ms: 900 },
    });
    const run = bench.run();
    await run.update(canary, set({ agentVersionNumber: 1, llmModelPreferences: { chat: { llmName: "large" } } }));
    expect(there()?.version_sets.canary).toMatchObject({ agent_version_number: 2 });
    expect(run.warnings.join()).toContain("agentVersionNumber: declared 1, exists as 2");
    await bench.run().update(desk, service({ voiceConfig: { ttsModel: "sonic-turbo", eotTimeoutMs: 500 } }));
    expect(there()?.voice_config).toMatchObject({ tts_model: "sonic-turbo", eot_timeout_ms: 900 });
  });
});

test("a name that the server keeps in another form is an error that shows the difference, and the id is kept", async () => {
  const names = [
    ["nfc", "Cafe\u0301", "Caf\\u00e9"],
    ["entities", "Desk & Ward", "Desk &amp; Ward"],
  ] as const;
  for (const [nameForm, name, shown] of names) {
    await withBench({ nameForm }, async (bench) => {
      const failure = await bench
        .run()
        .create("service", service({ name }))
        .catch((error: unknown) => error);
      expect(failure).toMatchObject({
        message: expect.stringContaining(shown),
        properties: { __owner: expect.any(String) },
      });
      expect(bench.emulator.store.services.get((failure as { id: string }).id)).toBeDefined();
    });
  }
});

test("a 409 that this run's own deletion explains, and a 404 on what it made, are waited for", async () => {
  await withBench({ freesNameAfter: 300, showsAfter: 300 }, async (bench) => {
    const { store } = bench.emulator;
    const run = bench.run({ settleSeconds: "5" });
    const desk = await run.create("service", service());
    const line = await run.create("useCase", useCase());
    const binding = await run.create("serviceBinding", { workspaceId, useCaseId: line.id, serviceId: desk.id });
    await run.create("versionSet", { workspaceId, serviceId: desk.id, name: "canary", agentVersionNumber: 1 });
    await run.create("workspace", { slug: "late", name: "Late", environment: "staging", connectorType: "epic" });

    const next = bench.run({ settleSeconds: "5" });
    await next.remove(binding);
    await next.remove(line);
    const made = await next.create("useCase", useCase({ description: "changed" }));
    await next.create("serviceBinding", { workspaceId, useCaseId: made.id, serviceId: desk.id });
    expect(store.bindings.get(made.id)?.service_id).toBe(desk.id);
    const last = bench.run({ settleSeconds: "5" });
    await last.remove({ ...binding, id: made.id, outputs: { ...binding.outputs, useCaseId: made.id } });
    await last.remove(desk);
    const again = await last.create("service", service());
    expect(again.id).not.toBe(desk.id);
  });
});

test("a use case that lists do not show yet is kept, and one in an answer of several pages is found", async () => {
  await withBench({ useCasePages: true }, async (bench) => {
    const { store } = bench.emulator;
    const lines = await Promise.all(
      Array.from({ length: 45 }, (_, index) =>
        bench
          .run()
          .create(
            "useCase",
            useCase({ name: `Line ${String.fromCharCode(65 + (index % 26))}${"x".repeat(Math.floor(index / 26))}` }),
          ),
      ),
    );
    const run = bench.run();
    expect(await Promise.all(lines.map((line) => run.refresh(line)))).toEqual(lines.map(() => true));
    const last = lines.at(-1) as Managed;
    store.useCases.delete(last.id);
    last.outputs.createdAt = new Date(Date.now() + 1000).toISOString();
    const later = bench.run();
    expect(await later.refresh(last)).toBe(true);
    expect(later.warnings.join()).toContain("was made a moment ago and no list shows it yet");
    last.outputs.createdAt = "2026-01-01T00:00:00";
    expect(await bench.run().refresh(last)).toBe(false);
  });
});

test("a set goes with its service where the API refuses to write the service, so that a stack can be destroyed", async () => {
  await withBench({}, async (bench) => {
    const run = bench.run();
    const desk = await run.create("service", service());
    const canary = await run.create("versionSet", {
      workspaceId,
      serviceId: desk.id,
      name: "canary",
      agentVersionNumber: 1,
    });
    bench.emulator.faults.add({ operation: "update-service", when: "before", action: { kind: "status", status: 422 } });
    const destroy = bench.run();
    await destroy.remove(canary);
    await destroy.remove(desk);
    expect(destroy.warnings.join()).toContain("The set goes with its service");
    expect(bench.emulator.store.services.get(desk.id)).toBeUndefined();
  });
});

test("the scan before a service's deletion counts what this run has moved meanwhile", async () => {
  await withBench({}, async (bench) => {
    const run = bench.run();
    const [desk, ward, spare] = [
      await run.create("service", service()),
      await run.create("service", service({ name: "Ward" })),
      await run.create("service", service({ name: "Spare" })),
    ];
    const line = await run.create("useCase", useCase());
    const to = (target: Managed) => ({ workspaceId, useCaseId: line.id, serviceId: target.id });
    const binding = await run.create("serviceBinding", to(desk));
    const next = bench.run();
    await next.remove(spare);
    expect(await next.update(binding, to(ward))).toBe("updated");
    await next.remove(desk);
    expect(bench.emulator.store.services.get(desk.id)).toBeUndefined();
    await expect(next.remove(ward)).rejects.toThrow(/still answers for use case "Clinic \/ Line"/);
  });
});

test("repeated keyterms and tags are refused by name, and an unknown backendOrgId passes", async () => {
  await withBench({}, async (bench) => {
    const run = bench.run();
    const tag = { key: "team", value: "desk" };
    const wrong = service({ keyterms: ["flu", "cold", "flu"], tags: [tag, { key: "team" }, tag] });
    await expect(run.check("service", wrong)).rejects.toThrow(
      /keyterms\[2\]: found "flu" a second time.*\n.*tags\[2\]/,
    );
    const clinic = { slug: "clinic", name: "Clinic", environment: "staging", backendOrgId: "org" };
    const unknown = { ...clinic, backendOrgId: "04da6b54-80e4-46f7-96ec-b56ff0331ba9" };
    expect(await run.check("workspace", unknown, clinic)).toMatchObject(unknown);
  });
});

test("a binding that names its line by written ids goes with both ends in one destroy, whichever deletion comes first", async () => {
  await withBench({}, async (bench) => {
    for (const first of ["line", "desk", "binding"] as const) {
      const run = bench.run();
      const desk = await run.create("service", service());
      const line = await run.create("useCase", useCase());
      const binding = await run.create("serviceBinding", { workspaceId, useCaseId: line.id, serviceId: desk.id });
      const destroy = bench.run();
      const all = [{ line, desk, binding }[first], line, desk, binding];
      await Promise.all([...new Set(all)].map((resource) => destroy.remove(resource)));
      const { services, useCases, bindings } = bench.emulator.store;
      expect([services.get(desk.id), useCases.get(line.id), bindings.get(line.id)], first).toEqual([
        undefined,
        undefined,
        undefined,
      ]);
    }
  });
});

test("a use case and a service that somebody else has bound are refused after a bounded wait", async () => {
  await withBench({}, async (bench) => {
    const run = bench.run();
    const desk = await run.create("service", service());
    const line = await run.create("useCase", useCase());
    bench.emulator.store.bind(line.id, desk.id);
    const destroy = bench.run();
    const refused = await Promise.allSettled([destroy.remove(line), destroy.remove(desk)]);
    expect(refused.map((result) => String((result as PromiseRejectedResult).reason))).toEqual([
      expect.stringMatching(/still bound to a service.*remove its service binding first\.$/),
      expect.stringMatching(/which this run has not unbound.*bring the bindings into this program\.$/),
    ]);
    // One thing after the other: a binding of the stack may still come.
    const single = bench.run();
    await expect(single.remove(line)).rejects.toThrow(/still bound.*useCaseId: useCase\.id.*--parallel 1/);
    await expect(single.remove(desk)).rejects.toThrow(/has not unbound.*serviceId: service\.id.*--parallel 1/);
    // A binding that stays in the program does not come later.
    const without = bench.run();
    const mark = OWNER.replace("Service/desk", "ServiceBinding/calls");
    await without.check("serviceBinding", { workspaceId, useCaseId: line.id, serviceId: desk.id, __owner: mark });
    await expect(without.remove(desk)).rejects.toThrow(
      /could drop live calls\. ServiceBinding "calls" of this stack still binds it: take it out too, or give it another serviceId\.$/,
    );
  });
});
