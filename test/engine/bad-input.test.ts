import { expect, it } from "vitest";
import { seedIds } from "../../src/emulator/index.js";
import { deploy, writes } from "../support/engine.js";
import { sixResources } from "../support/program.js";

const { agents, contextGraphs, setups, workspace: workspaceId } = seedIds;
const program = (...lines: string[]) => ['const amigo = require("pulumi-amigo");', ...lines].join("\n");

type Refusal = [about: string, source: string, says: RegExp[]];

/** What the first preview says of each of these in one program, before any request. */
const mistaken: Refusal[] = [
  [
    "all problems of a resource at once, each with its path",
    'service("all", { toolCapacity: 11, voiceConfig: { fillerStyle: "loud", volume: 3 }, versionSets: { edge: {} }, tags: [{ key: "pulumi-owner" }] });',
    [
      /toolCapacity.*found 11; 10 at most/,
      /voiceConfig\.fillerStyle.*found "loud"; must be "backchannel", "phrase" or "silent"/,
      /voiceConfig\.volume.*is not a property/,
      /versionSets\.edge.*must not be edge/,
      /tags\[0\]\.key.*reserved/,
    ],
  ],
  [
    "an email use case without a sender",
    `useCase("mail", { channel: "email", setupId: "${setups.emailApproved}", emailType: "transactional" });`,
    [/senderEmailAddress.*is required/],
  ],
  [
    "a phone number without its +",
    'new amigo.TestCallerNumbers("qa", { workspaceId, numbers: ["+14155550100", "4155550100"] });',
    [/numbers\[1\].*found "4155550100"; must be in E\.164 form/],
  ],
  [
    "a version set named edge",
    'new amigo.VersionSet("edge", { workspaceId, serviceId: workspaceId, name: "edge" });',
    [/name.*found "edge"; must not be edge/],
  ],
  [
    "a service name with white space at its end",
    'service("blank", { name: "desk " });',
    [/name.*found "desk "; must not begin or end with white space/],
  ],
  [
    "a workspace id that is no UUID",
    'service("slug", { workspaceId: "demo-clinic" });',
    [/workspaceId.*found "demo-clinic"; must be a UUID/],
  ],
  [
    "two services of one name",
    'service("desk"); service("other", { name: "desk" });',
    [
      /(desk|other).*name.*found a second service of this name in the workspace: "(desk|other)" .*give one of them another name/,
    ],
  ],
  [
    "two use cases of one channel, entity name and name",
    'useCase("line"); useCase("another", { name: "line" });',
    [/(line|another).*name.*found a second use case.*"(line|another)" declares it too/],
  ],
  [
    "two lists of test caller numbers",
    'new amigo.TestCallerNumbers("more", { workspaceId, numbers: [] }); new amigo.TestCallerNumbers("most", { workspaceId, numbers: [] });',
    [/(more|most|qa).*numbers.*found a second list for the workspace: "(more|most|qa)"/],
  ],
];

/** What depends on the id of another resource, which the first preview of a program knows later. */
const connected: Refusal[] = [
  [
    "two bindings of one use case",
    'const calls = useCase("once"); bind("first", calls.id, service("a")); bind("second", calls.id.apply((id) => id), service("b"));',
    [/'(first|second)': property useCaseId .*found a second binding of this use case: "(first|second)" binds it too/],
  ],
  [
    "two bindings of one channel on one service",
    'const both = service("both"); bind("third", useCase("front").id, both); bind("fourth", useCase("back").id, both);',
    [/'(third|fourth)': property serviceId .*found a second binding of this channel/],
  ],
  [
    "a voice use case on a text service",
    'bind("calls", useCase("spoken").id, service("texts", { channelType: "text" }));',
    [
      /'calls': property serviceId .*found a use case of the channel inbound_voice and a text service, which takes no calls/,
    ],
  ],
  [
    "one version set twice, and one declared inline too",
    'const sets = service("sets", { versionSets: { canary: {} } }); new amigo.VersionSet("inline", { workspaceId, serviceId: sets.id, name: "canary" });',
    [/'inline': property name .*declares this version set inline/],
  ],
];
const shortForms = [
  `const workspaceId = "${workspaceId}";`,
  `const service = (name, more) => new amigo.Service(name, { workspaceId, name, agentId: "${agents.frontDesk}", contextGraphId: "${contextGraphs.intake}", ...more });`,
  `const useCase = (name, more) => new amigo.UseCase(name, { workspaceId, channel: "inbound_voice", entityName: "Clinic", name, setupId: "${setups.voiceApproved}", ...more });`,
  "const bind = (name, useCaseId, { id }) => new amigo.ServiceBinding(name, { workspaceId, useCaseId, serviceId: id });",
];

/** Fulfilled when the program has failed: what waits for it comes too late for a promise that is rejected. */
const failed = `const failed = () => new Promise((resolve) => process.once("unhandledRejection", () => resolve("${workspaceId}")));`;

/** Mistakes of plain JavaScript, each with the sentence that ends the program. */
const mistakes: [source: string, says: RegExp][] = [
  ['new amigo.Service("desk");', /error: new amigo\.Service\("desk"\): the arguments must be an object/],
  [
    'new amigo.Provider("p", { apikey: "abc" });',
    /error: new amigo\.Provider\("p"\): "apikey" .* did you mean apiKey\?/,
  ],
  [
    `amigo.getService({ workspaceId: "${workspaceId}", name: "Nope" });`,
    /error: amigo\.getService: there is no service with .*"Nope"/,
  ],
  [
    `const found = amigo.getService({ workspaceId: "${workspaceId}", name: "Nope" }); module.exports = failed().then(() => found);`,
    /error: amigo\.getService: there is no service with .*"Nope"/,
  ],
  [
    `const id = amigo.getServiceOutput({ workspaceId: "${workspaceId}", name: "Nope" }).id; amigo.Service.get("x", id, { workspaceId: failed() });`,
    /error: amigo\.getService: there is no service with .*"Nope"/,
  ],
  [
    `amigo.Service.get("x", "${agents.frontDesk}", { workspaceId: "${workspaceId}" });`,
    /reading Service [0-9a-f-]{36}: there is no Service with the id/,
  ],
];

it("refuses bad input in the first preview and sends nothing", async () => {
  await deploy({ name: "badinput", ownProcess: true, program: "" }, async ({ stack, operations }) => {
    const previewOf = async (refusals: Refusal[]) => {
      stack.program(program(...shortForms, ...refusals.map(([about, source]) => `{ /* ${about} */ ${source} }`)));
      const { output } = await stack.preview({ outcome: "fails" });
      for (const [about, , says] of refusals) for (const sentence of says) expect(output, about).toMatch(sentence);
      expect(operations()).toEqual([]);
      return output;
    };
    // The engine prints the beginning.
    expect(await previewOf(mistaken)).toMatch(
      /resource '\w+' has a problem: this is not the only mistake in the program\. Also:\s+\w+ "\w+": /,
    );
    for (const refusal of connected) await previewOf([refusal]);

    for (const [source, says] of mistakes) {
      stack.program(program(failed, source));
      const { output } = await stack.preview({ outcome: "fails" });
      expect(output).toMatch(says);
      expect(output, source).not.toMatch(/^ +at |node_modules|dist\/|unhandled exception|Warning/m);
    }
    operations();

    stack.program(sixResources());
    const keyless = await stack.preview({ outcome: "fails", env: { AMIGO_API_KEY: "" } });
    expect(keyless.output).toMatch(/three places: the environment variable AMIGO_API_KEY .*, the stack config/);
    const homeless = await stack.preview({
      outcome: "fails",
      args: ["--config", "amigo:maxConcurrency=many"],
    });
    expect(homeless.output).toMatch(/amigo:maxConcurrency: found "many"; must be a whole number from 1 to 256/);
    expect(operations()).toEqual([]);
  });
});

it("tells the API's refusals once, with status, request id and the next step", async () => {
  await deploy({ name: "refusals", program: sixResources() }, async ({ stack, emulator, operations }) => {
    const wrong = "amigo-planted-wrong-key";
    const unauthorised = await stack.up({ outcome: "fails", env: { AMIGO_API_KEY: wrong } });
    expect(unauthorised.output).toMatch(/create-self-service-workspace: .*401 Unauthorized, POST .*request id req_/);
    expect(unauthorised.output).not.toContain(wrong);
    expect(operations()).toEqual(["create-self-service-workspace"]);

    await stack.up();
    operations();
    const refused = await stack.refresh({ outcome: "fails", env: { AMIGO_API_KEY: wrong } });
    expect(refused.diagnostics.filter(({ message }) => /is it complete, not revoked/.test(message))).toHaveLength(1);
    expect(refused.output).toMatch(/the key was refused \(401\) for (get|list)-/);
    const keyless = await stack.refresh({ outcome: "fails", env: { AMIGO_API_KEY: "" } });
    const about = (words: RegExp) => keyless.diagnostics.filter(({ message }) => words.test(message)).length;
    expect(about(/not sent, because there is no API key/)).toBeGreaterThan(1);
    expect(about(/A key is looked for in three places/)).toBe(1);
    expect(about(/: see the first error about the key/)).toBe(about(/there is no API key/) - 1);

    const { useCases, services, bindings } = emulator.store;
    const [useCase] = useCases.list().filter(({ name }) => name === "Line");
    const workspace = useCase?.workspace_id ?? "";
    const other = emulator.store.addService({
      workspace_id: workspace,
      name: "Somebody else's",
      agent_id: agents.frontDesk,
      context_graph_id: contextGraphs.intake,
    });
    await stack.destroy({ args: ["--target", (await stack.resource("line")).urn] });
    emulator.store.bind(useCase?.id ?? "", other.id);
    operations();
    const stolen = await stack.up({ outcome: "fails" });
    expect(stolen.output).toMatch(/is bound to service .* which this resource did not bind.*allowRebind: true/s);
    expect(writes(operations())).toEqual([]);
    expect(bindings.get(useCase?.id ?? "")?.service_id).toBe(other.id);
    expect(services.list().length).toBeGreaterThan(1);
  });
});

it("protects a workspace twice: in the engine before anything is deleted, and in its own delete", async () => {
  await deploy(
    { name: "protection", program: sixResources().replace(", deletionProtection: false", "") },
    async ({ stack, operations }) => {
      await stack.up();
      operations();
      const planned = await stack.destroy({ outcome: "fails", preview: true });
      expect(planned.output).toContain("protected");
      expect(operations()).toEqual([]);

      await stack.command(["state", "unprotect", "--all", "--yes"]);
      const refused = await stack.destroy({
        outcome: "fails",
        args: ["--target", (await stack.resource("clinic")).urn, "--target-dependents"],
      });
      expect(refused.output).toMatch(/deletionProtection is on.*it takes two runs/s);
      expect(writes(operations())).not.toContain("archive-workspace");

      stack.program(sixResources());
      await stack.up();
      await stack.destroy();
    },
  );
});
