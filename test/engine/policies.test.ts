import { writeFileSync } from "node:fs";
import * as path from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { seedIds } from "../../src/emulator/index.js";
import { installPack, judged, type Outcome } from "../policies/engine.js";
import { deploy } from "../support/engine.js";

const { agents, contextGraphs, setups, workspace: workspaceId } = seedIds;

let pack: ReturnType<typeof installPack>;
/** Where npm puts the executable of the installed pack. */
let ours: string;

beforeAll(() => {
  pack = installPack();
  ours = path.join(pack.folder, "node_modules", ".bin", "pulumi-amigo-policies");
});

afterAll(() => pack.remove());

const desk = `name: "Desk", agentId: "${agents.frontDesk}", contextGraphId: "${contextGraphs.scheduling}"`;
const found = ({ violations }: Outcome) =>
  violations.map(({ policy, on, level }) => `${level} ${policy}: ${on}`).sort();

it("finds each violation in a first preview, where no id is known", async () => {
  const program = `const amigo = require("pulumi-amigo");
const clinic = new amigo.Workspace("clinic", { slug: "guarded-clinic", name: "Clinic", environment: "staging", deletionProtection: false });
const { id: workspaceId } = clinic;
const trials = new amigo.Workspace("trials", { slug: "trial-clinic", name: "Trials", environment: "development" });
new amigo.Service("trial", { ${desk}, workspaceId: trials.id });
// Its workspace is in the provider's settings only, which are not known either.
const provider = new amigo.Provider("account", { workspaceId });
const service = new amigo.Service("desk", { ${desk}, safetyFiltersEnabled: false, toolCapacity: 9 }, { provider, protect: true });
const serviceId = service.id;
const llmModelPreferences = { chat: { llmName: "model", params: { api_key: "abc", max_tokens: 5 } } };
new amigo.VersionSet("release", { workspaceId, serviceId, name: "release", agentVersionNumber: 1, llmModelPreferences });
const mail = { entityName: "Clinic", name: "Mail", channel: "email", setupId: "${setups.emailApproved}", emailType: "transactional" };
const useCase = new amigo.UseCase("mail", { ...mail, workspaceId, senderEmailAddress: "desk@elsewhere.example" }, { protect: true });
new amigo.ServiceBinding("line", { workspaceId, serviceId, useCaseId: useCase.id }, { protect: true });
const sandbox = new amigo.Service("sandbox", { ${desk}, name: "Sandbox", workspaceId, environment: "sandbox", isActive: false, tags: [{ key: "owner", value: "desk" }] }, { protect: true });
const calls = new amigo.UseCase("calls", { entityName: "Clinic", name: "Calls", channel: "inbound_voice", setupId: "${setups.voiceApproved}", workspaceId }, { protect: true });
new amigo.ServiceBinding("trial-line", { workspaceId, serviceId: sandbox.id, useCaseId: calls.id }, { protect: true });
new amigo.VersionSet("sandbox-release", { workspaceId, serviceId: sandbox.id, name: "release", agentVersionNumber: 1, contextGraphVersionNumber: 1 });
new amigo.TestCallerNumbers("testers", { workspaceId, numbers: ["+14155550100", "+14155550101"] });`;

  await deploy({ name: "policies-new", program }, async ({ stack, emulator }) => {
    const config = {
      "workspace-classified": { production: ["guarded-clinic"] },
      "allowed-sender-domains": { enforcementLevel: "advisory", domains: ["clinic.example"] },
      "required-tags": { tags: { owner: ["desk"] } },
      "names-follow-pattern": { workspaceSlug: "[a-z]+-clinic", useCase: "[A-Z][a-z]{4,}" },
      "test-callers-bounded": { maximum: 1 },
    };
    const outcome = await judged(stack, "preview", ours, config);
    expect(outcome.succeeded, outcome.output).toBe(false);
    expect(found(outcome), outcome.output).toEqual([
      "advisory allowed-sender-domains: mail",
      "mandatory binding-channel-fits-service: line",
      "mandatory names-follow-pattern: mail",
      "mandatory no-credentials-in-text: release",
      "mandatory production-binds-active-services: trial-line",
      "mandatory production-binds-no-sandbox: trial-line",
      "mandatory production-release-pinned: release",
      "mandatory production-safety-filters: desk",
      // Without deletionProtection the engine's protect is off, too.
      "mandatory production-workspace-protected: clinic",
      "mandatory production-workspace-protected: clinic",
      "mandatory required-tags: desk",
      "mandatory required-tags: trial",
      "mandatory test-callers-bounded: testers",
      "mandatory test-callers-outside-production: trials",
      "mandatory tool-capacity-bounded: desk",
      "mandatory workspace-classified: trials",
    ]);
    expect(outcome.violations.find(({ on }) => on === "line")?.message).toContain(
      'ServiceBinding "line": channel of UseCase "mail" is "email"; ' +
        'allowed: inbound_voice, outbound_voice, ringless_voicemail on a voice service (Service "desk").',
    );
    expect(emulator.requests).toEqual([]);

    const baseline = await judged(stack, "preview", ours, { ...config, "policy-group": { group: "baseline" } });
    const others = /production|workspace-classified|allowed-sender-domains/;
    expect(found(baseline), baseline.output).toEqual(found(outcome).filter((line) => !others.test(line)));
  });
});

it("judges an adopted service by what exists, and says nothing while a preview does not show it", async () => {
  const program = (more: string) => `const amigo = require("pulumi-amigo");
new amigo.Service("desk", { ${desk}, workspaceId: "${workspaceId}", adopt: true${more} }, { protect: true });`;

  await deploy({ name: "policies-known", program: program("") }, async ({ stack, emulator }) => {
    emulator.store.addService({
      workspace_id: workspaceId,
      name: "Desk",
      agent_id: agents.frontDesk,
      context_graph_id: contextGraphs.scheduling,
      safety_filters_enabled: false,
      tool_capacity: 8,
      tags: [{ key: "owner", value: "desk" }],
    });
    const config = {
      "workspace-classified": { production: [workspaceId] },
      "production-release-pinned": "disabled",
      "required-tags": { tags: { owner: ["desk"] } },
    };
    const first = await judged(stack, "preview", ours, config);
    expect(first.violations, first.output).toEqual([]);
    expect(first.succeeded, first.output).toBe(true);

    const wrong = ["mandatory production-safety-filters: desk", "mandatory tool-capacity-bounded: desk"];
    const adopted = await judged(stack, "up", ours, config);
    expect(found(adopted), adopted.output).toEqual(wrong);
    expect(adopted.succeeded).toBe(false);

    // Nothing changes, so the preview shows what state holds. A path from the project's folder will do.
    expect(found(await judged(stack, "preview", path.relative(stack.folder, ours), config))).toEqual(wrong);
    const flags = ["--policy-pack", ours, "--policy-pack-config", path.join(stack.folder, "policies.json")];
    const analyzed = await stack.command(["policy", "analyze", ...flags], { outcome: "fails" });
    expect(analyzed.output).toContain('Service "desk": toolCapacity is 8; allowed: 1 to 5.');
    expect(analyzed.output).toContain("production-safety-filters");

    stack.program(program(", safetyFiltersEnabled: true, toolCapacity: 5"));
    const mended = await judged(stack, "up", ours, config);
    expect(mended.violations, mended.output).toEqual([]);
    expect(mended.succeeded, mended.output).toBe(true);

    // Another project's pack, with our policies among its own.
    writeFileSync(path.join(pack.folder, "guards.js"), guards, { mode: 0o755 });
    const own = await judged(stack, "preview", path.join(pack.folder, "guards.js"), config);
    expect(found(own), own.output).toEqual(["mandatory no-desks: desk"]);
  });
});

const guards = `#!/usr/bin/env node
process.chdir(__dirname);
const { PolicyPack } = require("@pulumi/policy");
const { clinicalProduction } = require("pulumi-amigo-policies");
const noDesks = {
  name: "no-desks",
  description: "No desk.",
  enforcementLevel: "mandatory",
  validateResource: (args, report) => { if (args.name === "desk") report("It is a desk."); },
};
new PolicyPack("guards", { policies: [...clinicalProduction, noDesks] });
`;
