import { expect, it } from "vitest";
import { seedIds } from "../../src/emulator/index.js";
import { deploy, writes } from "../support/engine.js";

const { agents, contextGraphs, setups, workspace } = seedIds;

/** A program in short forms: `svc`, `uc`, `bind`, and `bad`, which passes every check and fails late. */
const program = (...lines: string[]) =>
  [
    'const pulumi = require("@pulumi/pulumi"); const amigo = require("pulumi-amigo");',
    `const workspaceId = "${workspace}";`,
    "const svc = (n, more, opts) => new amigo.Service(n, { workspaceId, name: n, " +
      `agentId: "${agents.frontDesk}", contextGraphId: "${contextGraphs.scheduling}", ...more }, opts);`,
    'const uc = (n, more, opts) => new amigo.UseCase(n, { workspaceId, channel: "inbound_voice", ' +
      `entityName: "Clinic", name: n, setupId: "${setups.voiceApproved}", ...more }, opts);`,
    "const bind = (n, u, s, more, opts) => new amigo.ServiceBinding(n, { workspaceId, useCaseId: u.id, serviceId: s.id, ...more }, opts);",
    'const bad = () => uc("Bad", { setupId: "00000000-0000-4000-8000-000000000bad" });',
    ...lines,
  ].join("\n");

const desk = 'const s = svc("Desk"); const u = uc("Line");';

it("keeps what a resource of the program holds, whichever run made it, and whichever entry is deleted", async () => {
  const first = program(
    desk,
    'bind("line", u, s); new amigo.VersionSet("canary", { workspaceId, serviceId: s.id, name: "canary", agentVersionNumber: 1 });',
  );
  const renamed = [
    desk,
    'bind("line2", u, s); new amigo.VersionSet("canary2", { workspaceId, serviceId: s.id, name: "canary", agentVersionNumber: 1 });',
  ];
  await deploy({ name: "held", program: first }, async ({ stack, emulator }) => {
    await stack.up();
    const service = String((await stack.resource("Desk")).id);
    const useCase = String((await stack.resource("Line")).id);
    const lives = () => {
      expect(emulator.store.bindings.get(useCase)?.service_id).toBe(service);
      expect(emulator.store.services.get(service)?.version_sets).toHaveProperty("canary");
    };
    stack.program(program(...renamed, "bad();"));
    await stack.up({ outcome: "fails" });
    lives();
    stack.program(program(...renamed));
    const run = await stack.up();
    expect(run.output).toContain("was left alone");
    lives();

    // A replacement whose deletion waits for the next run.
    stack.program(program(...renamed, "bad();"));
    await stack.up({ outcome: "fails", args: ["--replace", (await stack.resource("line2")).urn] });
    lives();
    stack.program(program(...renamed));
    await stack.up();
    lives();

    // From a resource of its own into the service, and back.
    stack.program(
      program(
        'const s = svc("Desk", { versionSets: { canary: { agentVersionNumber: 1 } } }); const u = uc("Line"); bind("line2", u, s);',
      ),
    );
    await stack.up();
    lives();
    emulator.clearRequests();
    stack.program(program(...renamed));
    await stack.up();
    lives();
    // Not for a moment was the set away.
    expect(emulator.requests.filter(({ operation }) => operation === "update-service")).toEqual([]);

    await stack.up({ args: ["--replace", (await stack.resource("Desk")).urn] });
    const replaced = String((await stack.resource("Desk")).id);
    expect(replaced).not.toBe(service);
    expect(emulator.store.bindings.get(useCase)?.service_id).toBe(replaced);

    stack.program(program(desk, 'bind("line2", u, s);'));
    await stack.up();
    expect(emulator.store.services.get(replaced)?.version_sets).not.toHaveProperty("canary");
    await stack.destroy();
    expect(emulator.store.bindings.list()).toEqual([]);
  });
});

it("moves, swaps and exchanges protected lines in one run, with every line up in the end", async () => {
  const four = 'const s = svc("Desk"), t = svc("Ward"); const a = uc("Line"), b = uc("Night");';
  const at = (...bindings: string[]) => program(four, ...bindings);
  await deploy(
    { name: "lines", program: at('bind("la", a, s);', 'bind("lb", b, t);') },
    async ({ stack, emulator }) => {
      await stack.up();
      const id = async (name: string) => String((await stack.resource(name)).id);
      const [s, t, a, b] = [await id("Desk"), await id("Ward"), await id("Line"), await id("Night")];
      const bound = () => [a, b].map((line) => emulator.store.bindings.get(line)?.service_id);
      stack.program(at('bind("la", b, s);', 'bind("lb", a, t);'));
      await stack.up();
      expect(bound()).toEqual([t, s]);
      stack.program(at('bind("la", a, s);', 'bind("lb", b, t);'));
      await stack.up({ outcome: "any", args: ["--parallel", "1"] });
      expect(bound().every(Boolean)).toBe(true);
      await stack.up();
      expect(bound()).toEqual([s, t]);

      const kept = "{}, { protect: true }";
      stack.program(at(`bind("la", a, s, ${kept});`, `bind("lb", b, t, ${kept});`));
      await stack.up();
      stack.program(program(four, 'const n = svc("New");', `bind("la", a, n, ${kept});`, `bind("lb", b, t, ${kept});`));
      const preview = await stack.preview();
      expect(preview.output).not.toContain("replace");
      await stack.up({ preview: true });
      expect(bound()).toEqual([await id("New"), t]);
      stack.program(program(four, 'const n = svc("New");', 'bind("la", a, n); bind("lb", b, t);'));
      await stack.up();
      await stack.destroy();
    },
  );
});

it("swaps the names of services, and refuses to swap those of use cases while every line is up", async () => {
  const named = (first: string, second: string, third: string, fourth: string) =>
    program(
      `const s = svc("one", { name: "${first}" }), t = svc("two", { name: "${second}" });`,
      // With --parallel 1 the engine looks one resource ahead: nothing may come between the two services.
      "const later = { dependsOn: [s, t] };",
      `const a = uc("a", { name: "${third}" }, later), b = uc("b", { name: "${fourth}" }, later);`,
      'bind("la", a, s); bind("lb", b, t);',
    );
  await deploy(
    { name: "swaps", ownProcess: true, program: named("Desk", "Ward", "Line", "Night") },
    async ({ stack, emulator }) => {
      await stack.up();
      stack.program(named("Ward", "Desk", "Line", "Night"));
      const swapped = await stack.up();
      expect(swapped.output).not.toContain("warning");
      const service = async (name: string) =>
        emulator.store.services.get(String((await stack.resource(name)).id))?.name;
      expect([await service("one"), await service("two")]).toEqual(["Ward", "Desk"]);
      stack.program(named("Desk", "Ward", "Line", "Night"));
      await stack.up({ args: ["--parallel", "1"] });
      expect([await service("one"), await service("two")]).toEqual(["Desk", "Ward"]);

      const bindings = emulator.store.bindings.list().length;
      stack.program(named("Desk", "Ward", "Night", "Line"));
      const refused = await stack.up({ outcome: "fails" });
      expect(refused.output).toContain("Take two runs");
      expect(emulator.store.bindings.list()).toHaveLength(bindings);

      stack.program(`${named("Desk", "Ward", "Line", "Night")}\nsvc("third", { name: "Desk" });`);
      const twice = await stack.up({ outcome: "fails" });
      expect(twice.output).toContain("second service of this name");
      stack.program(program('svc("fourth", { name: "Desk" });'));
      const takes = await stack.up({ outcome: "fails" });
      expect(takes.output).toContain('aliases: [{ name: "one" }]');
      expect(emulator.store.bindings.list()).toHaveLength(bindings);
    },
  );
});

it("writes what the program changes, and leaves and names what somebody else changed", async () => {
  const service = (description: string) =>
    program(
      `svc("Desk", { description: "${description}", keyterms: ["initial"], toolCapacity: 5 }, { ignoreChanges: ["keyterms"] });`,
    );
  await deploy({ name: "beside", program: service("one") }, async ({ stack, emulator }) => {
    await stack.up();
    const id = String((await stack.resource("Desk")).id);
    emulator.store.services.update(id, { keyterms: ["console"], tool_capacity: 7, safety_filters_enabled: false });
    stack.program(service("two"));
    const run = await stack.up();
    const there = () => emulator.store.services.get(id);
    expect(there()).toMatchObject({ description: "two", keyterms: ["console"], tool_capacity: 7 });
    expect(run.output).toContain("toolCapacity: declared 5, exists as 7");
    expect(run.output).toContain("safetyFiltersEnabled is not declared and was changed by somebody else");
    expect(run.output).not.toContain("keyterms");
    expect((await stack.preview()).output).toContain("unchanged");
    await stack.up();
    expect(there()).toMatchObject({ keyterms: ["console"], tool_capacity: 7 });
    const refreshed = await stack.refresh({ preview: true, args: ["--diff"] });
    expect(refreshed.output).toContain("safetyFiltersEnabled");
    await stack.up();
    expect(there()).toMatchObject({ keyterms: ["console"], tool_capacity: 5, safety_filters_enabled: false });
    // What no program declares is shown by itself, too, and said in words.
    emulator.store.services.update(id, { safety_filters_enabled: true });
    const beside = (await stack.refresh({ args: ["--diff"] })).output;
    expect(beside).toMatch(/- safetyFiltersEnabled: false/);
    expect(beside).toMatch(/safetyFiltersEnabled is not declared .* it was false, it is true/);
    expect((await stack.preview()).output).toContain("unchanged");
    await stack.destroy();
  });
});

it("imports with what exists, asks the owner mark, and keeps the import option through a replacement", async () => {
  await deploy({ name: "adopted", program: program() }, async ({ stack, emulator, operations }) => {
    const { id } = emulator.store.addService({
      workspace_id: workspace,
      name: "Desk",
      agent_id: agents.frontDesk,
      context_graph_id: contextGraphs.scheduling,
      tool_capacity: 7,
      channel_type: "text",
      is_active: false,
    });
    const imported = (more: string) =>
      program(
        `const s = svc("Desk", { ${more} }, { import: "${id.toUpperCase()}" });`,
        "module.exports = { capacity: s.toolCapacity, channel: s.channelType, active: s.isActive };",
      );
    stack.program(imported(""));
    await stack.up();
    expect(await stack.outputs()).toEqual({ capacity: 7, channel: "text", active: false });
    stack.program(imported("toolCapacity: 7"));
    operations();
    expect((await stack.preview()).output).toContain("unchanged");
    await stack.up();
    expect(operations()).toEqual([]);
    const replaced = await stack.up({ outcome: "fails", args: ["--replace", (await stack.resource("Desk")).urn] });
    expect(replaced.output).toContain("remove the import option");
    expect(emulator.store.services.get(id)).toBeDefined();

    const other = await stack.sibling("other");
    stack.program(
      program('svc("Desk", { toolCapacity: 7, channelType: "text", isActive: false, description: "here" });'),
    );
    await stack.up();
    await stack.command(["state", "delete", (await stack.resource("Desk")).urn, "--yes"]);
    const taken = (adopt: string) =>
      program(
        `svc("Desk", { toolCapacity: 7, channelType: "text", isActive: false, description: "here"${adopt} }, { import: "${id}" });`,
      );
    other.program(taken(""));
    const refused = await other.up({ outcome: "fails" });
    expect(refused.output).toContain("set `adopt: true` beside the import option");
    other.program(taken(", adopt: true"));
    await other.up();
    other.program(taken(", adopt: true").replace("here", "there"));
    await other.up();
    expect(emulator.store.services.get(id)?.tags).toEqual([
      { key: "pulumi-owner", value: expect.stringContaining("/other/") },
    ]);
    await other.destroy();
    expect(emulator.store.services.get(id)).toBeUndefined();
  });
});

it("names all that is wrong in the first preview, shows no secret, and replaces on the changes that the program names", async () => {
  const wrong = program('svc("a", { toolCapacity: 11 }); svc("b", { keyterms: ["x", "x"] }); uc("C3");');
  await deploy({ name: "mistakes", program: wrong }, async ({ stack, emulator }) => {
    const { output } = await stack.preview({ outcome: "fails" });
    for (const text of ["toolCapacity", "keyterms[1]", "letters, spaces and hyphens"]) {
      expect(output.split(text)).toHaveLength(2);
    }
    const secret = (description: string) =>
      program(
        `svc("Desk", { description: "${description}", keyterms: ["a", pulumi.secret("sesame-street")] }, { replaceOnChanges: ["toolCapacity"] });`,
      );
    stack.program(secret("one"));
    await stack.up();
    const id = String((await stack.resource("Desk")).id);
    emulator.faults.add({
      operation: "update-service",
      when: "before",
      times: 1,
      action: { kind: "status", status: 400, body: { detail: "keyterms: sesame-street is not allowed" } },
    });
    stack.program(secret("two"));
    const failed = await stack.up({ outcome: "fails" });
    expect(failed.output).not.toContain("sesame");
    expect(JSON.stringify(await stack.exportState())).not.toContain("sesame");
    await stack.up();
    stack.program(secret("two").replace("keyterms:", "toolCapacity: 4, keyterms:"));
    await stack.up();
    expect((await stack.resource("Desk")).id).not.toBe(id);
    await stack.destroy();
  });
});

it("finishes what failed although a refresh came between, and lets a refused value be taken back", async () => {
  const clinic = (more: string) =>
    program(
      `new amigo.Workspace("clinic", { slug: "many-runs", name: "Clinic", environment: "staging", deletionProtection: false${more} });`,
    );
  await deploy({ name: "unfinished", program: clinic("") }, async ({ stack, emulator, operations }) => {
    const fail = (operation: string, status: number) =>
      emulator.faults.add({ operation, when: "before", times: 1, action: { kind: "status", status } });
    fail("provision-workspace", 403);
    await stack.up({ outcome: "fails" });
    operations();
    await stack.up({ args: ["--refresh"] });
    expect(writes(operations())).toEqual(["provision-workspace"]);
    fail("update-workspace", 422);
    stack.program(clinic(', connectorType: "epic"'));
    await stack.up({ outcome: "fails" });
    stack.program(clinic(""));
    await stack.up();
    await stack.destroy();
  });
});
