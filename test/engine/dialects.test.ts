import { expect, it } from "vitest";
import { type Dialect, type Emulator, seedIds } from "../../src/emulator/index.js";
import { deploy, writes } from "../support/engine.js";
import { sixResources } from "../support/program.js";

const { agents, contextGraphs } = seedIds;

const desk = (more: string) =>
  `const desk = new amigo.Service("desk", { workspaceId, name: "Front desk", agentId: "${agents.frontDesk}", contextGraphId: "${contextGraphs.scheduling}", safetyFiltersEnabled: false${more} });`;
const full = ', toolCapacity: 5, voiceConfig: { ttsModel: "sonic-3" }, versionSets: { stable: {} }';

interface Step {
  /** Why it is worth the real engine. */
  readonly because: string;
  readonly program: string;
  /** What the run of the program did. */
  readonly look: (emulator: Emulator, run: { output: string; wrote: string[] }) => void;
}

interface Life {
  readonly dialect: Partial<Dialect>;
  readonly first: string;
  readonly steps: readonly Step[];
}

const service = ({ store }: Emulator) => store.services.find(({ name }) => name === "Front desk");
const canary = (more: string) =>
  `new amigo.VersionSet("release", { workspaceId, serviceId: desk.id, name: "canary", agentVersionNumber: ${more} });`;

const lives: Record<string, Life> = {
  "putAbsent=default, defaultsInAnswers=false, deleteBoundService=refused": {
    dialect: { putAbsent: "default", defaultsInAnswers: false, deleteBoundService: "refused" },
    first: sixResources({ service: desk(full) }),
    steps: [
      {
        because: "a full replacement would wipe what a PUT leaves out, with what state alone knows",
        program: sixResources({ service: desk(`${full}, description: "Nights"`) }),
        look: (emulator, { wrote }) => {
          expect(wrote).toEqual(["update-service"]);
          const kept = { tool_capacity: 5, safety_filters_enabled: false, voice_config: { tts_model: "sonic-3" } };
          expect(service(emulator)).toMatchObject({ description: "Nights", ...kept });
          const sets = Object.keys(service(emulator)?.version_sets ?? {});
          expect(sets.sort()).toEqual(["canary", "edge", "release", "stable"]);
        },
      },
      {
        because: "every refresh of every user would show drift, had state to spell out what answers leave out",
        program: sixResources({ service: desk(', toolCapacity: 5, voiceConfig: { ttsModel: "sonic-turbo" }') }),
        look: (emulator, { wrote }) => {
          expect(wrote).toEqual(["update-service"]);
          expect(service(emulator)).toMatchObject({ voice_config: { tts_model: "sonic-turbo" } });
        },
      },
      {
        because: "the order of deletions is the engine's: a binding that went after its service would fail the run",
        program: sixResources({ service: "", versionSet: "", binding: "", exports: "" }),
        look: (emulator, { wrote }) => {
          // The version set and the binding go at once, the service after both.
          expect(wrote.toSorted()).toEqual(["delete-service", "unbind-use-case-from-service", "update-service"]);
          expect(wrote.at(-1)).toBe("delete-service");
          expect(service(emulator)).toBeUndefined();
        },
      },
    ],
  },
  "getLagMs, rateLimit=seconds, putVersionSets=merges": {
    dialect: {
      getLagMs: 600,
      rateLimit: { requests: 3, perMs: 500, retryAfter: "seconds" },
      putVersionSets: "merges",
    },
    first: `${sixResources({ service: desk(full) })}\n${nurses(8)}`,
    steps: [
      {
        because: "one run makes a service and what hangs on it, faster than its own reads can follow",
        program: `${sixResources({ service: desk(full), versionSet: canary("3") })}\n${nurses(8)}`,
        look: (emulator, { wrote }) => {
          expect(wrote).toEqual(["upsert-service-version-set"]);
          expect(service(emulator)?.version_sets.canary).toMatchObject({ agent_version_number: 3 });
        },
      },
      {
        because: "the engine asks for sixteen things at once, and each create must come out exactly once",
        program: `${sixResources({ service: desk(full), versionSet: canary("3") })}\n${nurses(8, ', description: "Nights"')}`,
        look: (emulator, { wrote }) => {
          expect(wrote).toEqual(Array(8).fill("update-service"));
          const names = emulator.store.services.list().map(({ name }) => name);
          expect(names.filter((name) => name.startsWith("Nurse"))).toHaveLength(8);
        },
      },
      {
        because: "a removal that the server ignores must reach the user as a warning, and must not stop the run",
        program: `${sixResources({ service: desk(full), versionSet: "" })}\n${nurses(8, ', description: "Nights"')}`,
        look: (emulator, { output, wrote }) => {
          expect(wrote).toEqual(["update-service"]);
          expect(output).toMatch(/version set "canary" of service "Front desk" stays/);
          expect(service(emulator)?.version_sets).toHaveProperty("canary");
        },
      },
    ],
  },
};

function nurses(count: number, more = ""): string {
  return `for (let index = 0; index < ${count}; index += 1) new amigo.Service("nurse" + index, { workspaceId, name: "Nurse " + index, agentId: "${agents.nightNurse}", contextGraphId: "${contextGraphs.scheduling}"${more} });`;
}

for (const [name, { dialect, first, steps }] of Object.entries(lives)) {
  it(`lives with ${name}`, async () => {
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

      for (const { because, program, look } of steps) {
        stack.program(program);
        const { output } = await stack.up();
        try {
          look(emulator, { output, wrote: written() });
        } catch (error) {
          throw new Error(`wrong, though ${because}`, { cause: error });
        }
        await stack.preview({ args: ["--refresh", "--expect-no-changes"] });
        expect(written(), "of a refresh").toEqual([]);
      }

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
