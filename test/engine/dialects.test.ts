import { expect, it } from "vitest";
import { type Dialect, type Emulator, seedIds } from "../../src/emulator/index.js";
import { deploy, writes } from "../support/engine.js";
import { sixResources } from "../support/program.js";

const { agents, contextGraphs } = seedIds;

const desk = (more: string) =>
  `const desk = new amigo.Service("desk", { workspaceId, name: "Front desk", agentId: "${agents.frontDesk}", contextGraphId: "${contextGraphs.scheduling}", safetyFiltersEnabled: false${more} });`;
const full = ', toolCapacity: 5, voiceConfig: { ttsModel: "sonic-3" }, versionSets: { stable: {} }';

interface Case {
  readonly dialect: Partial<Dialect>;
  /** Why it is worth the real engine. */
  readonly because: string;
  readonly first: string;
  readonly changed: string;
  /** What the run of the changed program did. */
  readonly look: (emulator: Emulator, run: { output: string; wrote: string[] }) => void;
}

const service = ({ store }: Emulator) => store.services.find(({ name }) => name === "Front desk");

const cases: Record<string, Case> = {
  "putAbsent=default": {
    because: "a full replacement would wipe what a PUT leaves out, with what state alone knows",
    dialect: { putAbsent: "default" },
    first: sixResources({ service: desk(full) }),
    changed: sixResources({ service: desk(`${full}, description: "Nights"`) }),
    look: (emulator, { wrote }) => {
      expect(wrote).toEqual(["update-service"]);
      const kept = { tool_capacity: 5, safety_filters_enabled: false, voice_config: { tts_model: "sonic-3" } };
      expect(service(emulator)).toMatchObject({ description: "Nights", ...kept });
      expect(Object.keys(service(emulator)?.version_sets ?? {}).sort()).toEqual([
        "canary",
        "edge",
        "release",
        "stable",
      ]);
    },
  },
  "putVersionSets=merges": {
    because: "a removal that the server ignores must reach the user as a warning, and must not stop the run",
    dialect: { putVersionSets: "merges" },
    first: sixResources({ service: desk(full) }),
    changed: sixResources({ service: desk(full), versionSet: "" }),
    look: (emulator, { output, wrote }) => {
      expect(wrote).toEqual(["update-service"]);
      expect(output).toMatch(/version set "canary" of service "Front desk" stays/);
      expect(service(emulator)?.version_sets).toHaveProperty("canary");
    },
  },
  "defaultsInAnswers=false": {
    because: "every refresh of every user would show drift, had state to spell out what answers leave out",
    dialect: { defaultsInAnswers: false },
    first: sixResources({ service: desk(full) }),
    changed: sixResources({ service: desk(', toolCapacity: 5, voiceConfig: { ttsModel: "sonic-turbo" }') }),
    look: (emulator, { wrote }) => {
      expect(wrote).toEqual(["update-service"]);
      expect(service(emulator)).toMatchObject({ voice_config: { tts_model: "sonic-turbo" } });
    },
  },
  getLagMs: {
    because: "one run makes a service and what hangs on it, faster than its own reads can follow",
    dialect: { getLagMs: 600 },
    first: sixResources(),
    changed: sixResources({
      versionSet: `new amigo.VersionSet("release", { workspaceId, serviceId: desk.id, name: "canary", agentVersionNumber: 3 });`,
    }),
    look: (emulator, { wrote }) => {
      expect(wrote).toEqual(["upsert-service-version-set"]);
      expect(service(emulator)?.version_sets.canary).toMatchObject({ agent_version_number: 3 });
    },
  },
  "deleteBoundService=refused": {
    because: "the order of deletions is the engine's: a binding that went after its service would fail the run",
    dialect: { deleteBoundService: "refused" },
    first: sixResources(),
    changed: sixResources({ service: "", versionSet: "", binding: "", exports: "" }),
    look: (emulator, { wrote }) => {
      // The version set and the binding go at once, the service after both.
      expect(wrote.toSorted()).toEqual(["delete-service", "unbind-use-case-from-service", "update-service"]);
      expect(wrote.at(-1)).toBe("delete-service");
      expect(service(emulator)).toBeUndefined();
    },
  },
  "rateLimit=seconds": {
    because: "the engine asks for sixteen things at once, and each create must come out exactly once",
    dialect: { rateLimit: { requests: 3, perMs: 500, retryAfter: "seconds" } },
    first: `${sixResources()}\n${nurses(8)}`,
    changed: `${sixResources()}\n${nurses(8, ', description: "Nights"')}`,
    look: (emulator, { wrote }) => {
      expect(wrote).toEqual(Array(8).fill("update-service"));
      const names = emulator.store.services.list().map(({ name }) => name);
      expect(names.filter((name) => name.startsWith("Nurse"))).toHaveLength(8);
    },
  },
};

function nurses(count: number, more = ""): string {
  return `for (let index = 0; index < ${count}; index += 1) new amigo.Service("nurse" + index, { workspaceId, name: "Nurse " + index, agentId: "${agents.nightNurse}", contextGraphId: "${contextGraphs.scheduling}"${more} });`;
}

for (const [name, { dialect, because, first, changed, look }] of Object.entries(cases)) {
  it(`${name}: ${because}`, async () => {
    const stackName = name.toLowerCase().replaceAll(/[^a-z]+/g, "-");
    await deploy({ name: stackName, program: first, emulator: { dialect } }, async ({ stack, emulator }) => {
      const refused: string[] = [];
      const written = () => {
        const answered = emulator.requests.filter(({ status }) => status !== 429);
        refused.push(...emulator.requests.filter((one) => !answered.includes(one)).map(({ method }) => method));
        expect(answered.filter(({ status }) => status >= 500)).toEqual([]);
        emulator.clearRequests();
        return writes(answered.map(({ operation }) => operation ?? "unknown"));
      };

      await stack.up();
      const made = written();
      expect(made.filter((operation) => operation === "create-use-case")).toHaveLength(1);

      stack.program(changed);
      const { output } = await stack.up();
      look(emulator, { output, wrote: written() });

      await stack.preview({ args: ["--refresh", "--expect-no-changes"] });
      expect(written(), "of a refresh").toEqual([]);

      await stack.destroy();
      expect(written().at(-1)).toBe("archive-workspace");
      const workspace = emulator.store.workspaces.find(({ slug }) => slug === "engine-clinic");
      expect(workspace).toMatchObject({ archived_at: expect.any(String), test_caller_numbers: [] });
      const inside = ({ workspace_id }: { workspace_id: string }) => workspace_id === workspace?.id;
      const { services, useCases, bindings } = emulator.store;
      expect([services, useCases, bindings].flatMap((table) => table.list().filter(inside))).toEqual([]);
      expect(refused.length > 0, "throttled").toBe(dialect.rateLimit !== undefined);
    });
  });
}
