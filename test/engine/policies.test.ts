import type * as amigoPackage from "pulumi-amigo";
import { expect, it } from "vitest";
import { seedIds } from "../../src/emulator/index.js";
import { withPolicies } from "../policies/engine.js";

const { agents, contextGraphs, setups } = seedIds;

type Amigo = typeof amigoPackage;

const entityName = "Clinic";
const desk = { name: "Desk", agentId: agents.frontDesk, contextGraphId: contextGraphs.scheduling };
const calls = { entityName, name: "Calls", channel: "inbound_voice", setupId: setups.voiceApproved } as const;
const mail = {
  entityName,
  name: "Mail",
  channel: "email",
  setupId: setups.emailApproved,
  emailType: "transactional",
} as const;

it("finds each violation in a first preview, where no id is known", async () => {
  await withPolicies("policies-new", async ({ run, emulator }) => {
    const program = (amigo: Amigo) => {
      const clinic = new amigo.Workspace("clinic", {
        slug: "guarded-clinic",
        name: "Clinic",
        environment: "staging",
        deletionProtection: false,
      });
      const { id: workspaceId } = clinic;
      new amigo.Workspace("trials", { slug: "trial-clinic", name: "Trials", environment: "development" });
      // Its workspace is in the provider's settings only, which are not known either.
      const provider = new amigo.Provider("account", { workspaceId });
      const service = new amigo.Service("desk", { ...desk, safetyFiltersEnabled: false }, { provider, protect: true });
      const serviceId = service.id;
      new amigo.VersionSet("release", { workspaceId, serviceId, name: "release", agentVersionNumber: 1 });
      const args = { ...mail, workspaceId, senderEmailAddress: "desk@elsewhere.example" };
      const useCase = new amigo.UseCase("mail", args, { protect: true });
      new amigo.ServiceBinding("line", { workspaceId, serviceId, useCaseId: useCase.id }, { protect: true });
    };
    const { succeeded, violations, output } = await run("preview", program, {
      "workspace-classified": { production: ["guarded-clinic"] },
      "allowed-sender-domains": { enforcementLevel: "advisory", domains: ["clinic.example"] },
    });

    expect(succeeded, output).toBe(false);
    expect(violations.map(({ policy, on, level }) => `${level} ${policy}: ${on}`).sort(), output).toEqual([
      "advisory allowed-sender-domains: mail",
      "mandatory binding-channel-fits-service: line",
      "mandatory production-release-pinned: release",
      "mandatory production-safety-filters: desk",
      // Without deletionProtection the engine's protect is off, too.
      "mandatory production-workspace-protected: clinic",
      "mandatory production-workspace-protected: clinic",
      "mandatory workspace-classified: trials",
    ]);
    expect(violations.find(({ on }) => on === "line")?.message).toContain(
      'ServiceBinding "line": channel of UseCase "mail" is "email"; ' +
        'allowed: inbound_voice, outbound_voice, ringless_voicemail on a voice service (Service "desk").',
    );
    expect(emulator.requests).toEqual([]);
  });
});

it("lets a good stack through, and finds what becomes wrong in it", async () => {
  await withPolicies("policies-known", async ({ run }) => {
    const program = (safetyFiltersEnabled: boolean, protect: boolean) => (amigo: Amigo) => {
      const clinic = new amigo.Workspace("clinic", { slug: "good-clinic", name: "Clinic", environment: "production" });
      const { id: workspaceId } = clinic;
      const service = new amigo.Service("desk", { ...desk, workspaceId, safetyFiltersEnabled }, { protect: true });
      const serviceId = service.id;
      const pins = { name: "release", agentVersionNumber: 1, contextGraphVersionNumber: 2 };
      new amigo.VersionSet("release", { workspaceId, serviceId, ...pins });
      const useCase = new amigo.UseCase("calls", { ...calls, workspaceId }, { protect: true });
      new amigo.ServiceBinding("line", { workspaceId, serviceId, useCaseId: useCase.id }, { protect });
      // What others keep is looked up, not judged.
      const found = { workspaceId: seedIds.workspace };
      amigo.Service.get("platform", seedIds.systemService, found);
    };
    const made = await run("up", program(true, true), {});
    expect(made.violations, made.output).toEqual([]);
    expect(made.succeeded, made.output).toBe(true);

    const changed = await run("preview", program(false, false), { "production-safety-filters": "advisory" });
    expect(changed.succeeded, changed.output).toBe(false);
    expect(changed.violations.map(({ policy, on, level }) => `${level} ${policy}: ${on}`).sort()).toEqual([
      "advisory production-safety-filters: desk",
      "mandatory production-workspace-protected: line",
    ]);
  });
});
