import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import {
  apiErrorFor,
  ResponseError,
  type ResponseProblem,
  TransportError,
  type TransportReason,
} from "../../src/api/errors.js";
import type { Outgoing } from "../../src/api/exchange.js";
import { emulatorKey } from "../../src/api/interceptors/emulator-key.js";
import type { Reason } from "../../src/api/reasons.js";
import { errorText } from "../../src/cli/common.js";
import { demoKey, secondKey, seedIds } from "../../src/emulator/index.js";
import { adviceFor, tellsToTakeOver } from "../../src/engine/advice.js";
import { messageOf } from "../../src/engine/provider/failure.js";
import { readSettings, type SettingsSource } from "../../src/engine/settings.js";
import * as amigo from "../../src/index.js";
import { judge } from "../../src/recovery/verdict.js";
import { lifecycles } from "../../src/resources/index.js";
import { type Bench, type Kind, startBench } from "../support/lifecycle.js";

const request = { operation: "get-service", method: "GET", path: "/v1/w/services/s" };

/** Words of the advice for each reason. */
const refusals: Record<Reason, RegExp> = {
  "not-the-owner": /Only owners can archive/,
  "cannot-own": /cannot own a workspace/,
  "no-permission": /lacks the permission/,
  "slug-taken": /slug is taken, perhaps by an archived workspace/,
  "service-name-taken": /Another service of this workspace has this name/,
  "version-set-fixed": /edge belongs to the platform/,
  "setup-not-approved": /^The channel setup named by setupId is not approved yet/,
  "use-case-exists": /^A use case of this channel/,
  "use-case-exists-or-setup-not-approved": /does not say which of two things.*exists.*not approved/,
  "phone-assigned": /^Phone numbers are still assigned.*support/,
  "still-bound": /^The use case is still bound to a service/,
  "still-bound-or-phone-assigned": /does not say which of two things.*still bound.*Phone numbers/,
  "channel-taken": /one use case per channel/,
  "no-such-persona": /^Check personaId: it must be the id of a persona of this workspace/,
  "no-such-context-graph": /^Check contextGraphId/,
  "no-such-agent": /^Check agentId/,
  "no-such-workspace": /^The workspace is archived/,
  "no-such-service-or-reference":
    /does not say.*the service, or what agentId, contextGraphId or personaId names.*The workspace is archived/,
  "no-such-setup": /channel setup named by setupId does not exist/,
  "no-such-use-case-or-service": /use case or the service does not exist/,
  "not-bound": /not bound to a service/,
  "no-self-service-route": /Neither POST .*bootstrap/,
  "no-such-service": /^The service does not exist/,
  "no-such-use-case": /^The use case does not exist/,
  "no-such-operation": /does not know this operation/,
  "slug-not-confirmed": /not the workspace's slug/,
  "region-fixed": /does not let a workspace's region change/,
  "numbers-malformed": /E\.164/,
  "channel-not-bindable": /cannot be bound/,
  "no-such-version": /^Pin a version that .* has/,
  "refused-values": /Correct the arguments/,
  "request-too-slow": /waited too long/,
  "too-many-requests": /per organisation and endpoint.*requestsPerSecond/,
  "identity-service-down": /identity service was not available/,
  "channel-manager-silent": /channel manager did not answer/,
  "server-trouble": /request id/,
  redirected: /AMIGO_BASE_URL\) to the address that answers itself/,
  "wait-too-long": /^Try again after that time/,
};

const failures: Record<TransportReason, RegExp> = {
  dns: /^Is the base URL \(baseUrl, amigo:baseUrl, AMIGO_BASE_URL\) right\?/,
  refused: /^Is the base URL/,
  "refused-here": /^Does the emulator run.*Is the base URL/,
  timeout: /^Is the base URL/,
  certificate: /^NODE_EXTRA_CA_CERTS/,
  deadline: /^timeoutSeconds sets/,
  budget: /pulumi-amigo budget/,
  "too-large": /^Something other than the API/,
  reset: /^$/,
  proxy: /^$/,
  other: /^$/,
  closed: /^$/,
};

const unusable: Record<ResponseProblem, [read: RegExp, write: RegExp]> = {
  "content-type": [/^Something other than the API/, /^The change may have been made all the same/],
  truncated: [/^Something other than the API/, /^The change may have been made all the same/],
  "not-json": [/^Something other than the API/, /^The change may have been made all the same/],
  schema: [/^The API may have changed/, /^The API may have changed/],
  identity: [/mixed up answers/, /mixed up answers/],
  pages: [/tell Amigo's support which list/, /tell Amigo's support which list/],
};

describe("the advice", () => {
  it.each(Object.entries(refusals))("for %s", (reason, expected) => {
    const advice = adviceFor(apiErrorFor({ ...request, status: 409, reason: reason as Reason }));
    expect(advice).toMatch(expected);
    expect(advice).toMatch(/[.?]$/);
  });

  it.each(Object.entries(failures))("where no answer came: %s", (reason, expected) => {
    const facts = { ...request, reason: reason as TransportReason, problem: "nothing came" };
    expect(adviceFor(new TransportError(facts))).toMatch(expected);
    const mayBeTheProxy = !["deadline", "budget", "too-large", "closed"].includes(reason);
    const proxy = "A proxy is set by HTTPS_PROXY; NO_PROXY names what goes without it.";
    const behindProxy = adviceFor(new TransportError({ ...facts, proxyVariable: "HTTPS_PROXY" }));
    expect(behindProxy.endsWith(proxy)).toBe(mayBeTheProxy);
  });

  it.each(Object.entries(unusable))("where the answer is of no use: %s", (problem, [read, write]) => {
    const facts = { ...request, problem: problem as ResponseProblem, description: "odd" };
    expect(adviceFor(new ResponseError({ ...facts, outcome: "rejected" }))).toMatch(read);
    expect(adviceFor(new ResponseError({ ...facts, outcome: "unknown" }))).toMatch(write);
  });

  it("stands between the facts and what was found out since", () => {
    const error = apiErrorFor({ ...request, status: 403, detail: "No.", reason: "no-permission" });
    error.addSentence("It was tried twice.");
    expect(messageOf(error)).toBe(
      "get-service: No (403 Forbidden, GET /v1/w/services/s). The key is valid but lacks the permission for this; " +
        "use another key, or have it granted. It was tried twice.",
    );
    expect(messageOf(new Error("plain"))).toBe("plain");
    expect(messageOf(apiErrorFor({ ...request, status: 418 }))).toMatch(/\/s\)\.$/);
  });
});

describe("the advice reaches the user", () => {
  const { workspace: workspaceId, agents, contextGraphs, setups } = seedIds;
  const service = { workspaceId, name: "Desk", agentId: agents.frontDesk, contextGraphId: contextGraphs.intake };
  const forbidden = "The key is valid but lacks the permission for this; use another key, or have it granted.";
  let bench: Bench;
  beforeAll(async () => {
    bench = await startBench();
    vi.stubEnv("AMIGO_BASE_URL", bench.emulator.url);
    vi.stubEnv("AMIGO_API_KEY", "amigo-demo-key");
  });
  afterAll(() => bench.close());
  beforeEach(() => bench.emulator.faults.clear());

  const refuse = (operation: string) =>
    bench.emulator.faults.add({ operation, when: "before", action: { kind: "status", status: 403 } });

  it("from each operation of the provider", async () => {
    const run = bench.run();
    const desk = await run.create("service", service);
    refuse("update-service");
    await expect(run.update(desk, { ...service, description: "New" })).rejects.toThrow(forbidden);
    refuse("delete-service");
    await expect(bench.run().remove(desk)).rejects.toThrow(forbidden);
    refuse("list-services");
    refuse("get-service");
    await expect(bench.run().refresh(desk)).rejects.toThrow(forbidden);
    refuse("create-service");
    await expect(run.create("service", { ...service, name: "Other" })).rejects.toThrow(forbidden);
  });

  it("where a lifecycle says more", async () => {
    const run = bench.run();
    await run.create("service", { ...service, name: "Taken" });
    const { context } = bench.run();
    const taken = lifecycles.service.create(context, { ...service, name: "Taken" });
    await expect(taken).rejects.toThrow(/Name already taken.* The service \S+ has this name and carries no owner mark/);
    const useCase = {
      workspaceId,
      channel: "inbound_voice",
      entityName: "C",
      name: "L",
      setupId: setups.voiceApproved,
    };
    bench.emulator.faults.add({
      operation: "create-use-case",
      when: "before",
      action: { kind: "status", status: 504 },
    });
    await expect(bench.run({ settleSeconds: "0" }).create("useCase", useCase)).rejects.toThrow(
      /Amigo's channel manager did not answer \(in time\).*The outcome is unknown/,
    );
  });

  it("and is known where a program could take over what exists, also from a stack that gives it up", async () => {
    const { client } = bench.run().context;
    const names = {
      name: "Old",
      agent_id: service.agentId,
      context_graph_id: contextGraphs.intake,
    };
    const old = await client.createService(workspaceId, names);
    await client.createService(workspaceId, {
      ...names,
      name: "Theirs",
      tags: [{ key: "pulumi-owner", value: "pulumi/o/p/theirs/t/n" }],
    });
    await client.upsertVersionSet(workspaceId, old.id, "night", { agent_version_number: 3 });
    await client.updateTestCallerNumbers(workspaceId, ["+14155550100"]);
    const line = { workspaceId, channel: "inbound_voice", entityName: "C", name: "Old", setupId: setups.voiceApproved };
    const { id: useCaseId } = await bench.run().create("useCase", line);
    await client.bindUseCase(workspaceId, useCaseId, old.id);
    const refusal = (kind: Kind, inputs: object) =>
      bench
        .run()
        .create(kind, { workspaceId, ...inputs })
        .then(String, messageOf);
    const mark = { __owner: "pulumi/o/p/ours/t/n" };
    for (const text of [
      await refusal("service", { ...service, name: "Old" }),
      await refusal("versionSet", { serviceId: old.id, name: "night", agentVersionNumber: 4 }),
      await refusal("useCase", line),
      await refusal("serviceBinding", { useCaseId, serviceId: old.id }),
      await refusal("testCallerNumbers", { numbers: ["+14155550101"] }),
    ]) {
      expect([text, tellsToTakeOver(text)]).toEqual([text, true]);
    }
    const theirs = await refusal("service", { ...service, ...mark, name: "Theirs" });
    expect(theirs).toContain("belongs to pulumi/o/p/theirs/t/n");
    expect(tellsToTakeOver(theirs)).toBe(true);
  });

  it("from a look-up", async () => {
    refuse("list-services");
    await expect(amigo.listServices({ workspaceId })).rejects.toThrow(`amigo.listServices: list-services: `);
    await expect(amigo.listServices({ workspaceId })).rejects.toThrow(forbidden);
  });

  it("from `recover`", async () => {
    refuse("get-workspace");
    refuse("get-test-caller-numbers");
    const { context } = bench.run();
    const inputs = { workspaceId, numbers: [] };
    const lifecycle = lifecycles.testCallerNumbers;
    const open = { lifecycle, context, inputs, name: "qa", pending: undefined, entry: undefined };
    expect(await judge(open as never)).toMatchObject({ is: "open", why: expect.stringContaining(forbidden) });
    const error = await context.client.getTestCallerNumbers(workspaceId).catch((caught: unknown) => caught);
    expect(await errorText(error)).toMatch(new RegExp(`^error: get-test-caller-numbers: .*${forbidden}$`));
  });

  it("from the emulator's key at another address, whatever comes of it", async () => {
    const set = "This is the emulator's key: set AMIGO_BASE_URL to its address, such as http://127.0.0.1:8787.";
    const said = (key: string, origin: string, error: Error) =>
      emulatorKey(origin)(() => Promise.reject(error))({ key } as Outgoing).catch(messageOf);
    const refused = () => apiErrorFor({ ...request, status: 401 });
    expect(await said(demoKey, "https://api.platform.amigo.ai", refused())).toMatch(new RegExp(` ${set}$`));
    expect(await said("another", "https://api.platform.amigo.ai", refused())).not.toContain(set);
    expect(await said(demoKey, "http://127.0.0.1:8787", refused())).not.toContain(set);
    expect(await said(demoKey, "https://tunnel.example", apiErrorFor({ ...request, status: 409 }))).not.toContain(set);

    const nowhere = bench.run({ apiKey: secondKey, baseUrl: "https://no-such-host.invalid", maxAttempts: "1" }).context;
    const error = await nowhere.client.getWorkspace(workspaceId).catch((caught: unknown) => caught);
    expect(nowhere.messageOf(error)).toMatch(new RegExp(`no-such-host.invalid was not found.* right\\? ${set}$`));
  });

  it.each([
    ["maxConcurrency", "lots", "a whole number from 1 to 256", "16", "AMIGO_MAX_CONCURRENCY"],
    ["settleSeconds", "-1", "a number from 0 to 600", "10", "AMIGO_SETTLE_SECONDS"],
    ["ownershipTag", "yes", "true or false", "true", "AMIGO_OWNERSHIP_TAG"],
  ])("from %s that cannot be %s, wherever it was set", (setting, value, allowed, example, variable) => {
    const found = `: found "${value}"; must be ${allowed}`;
    const config = (name: string) => (name === setting ? value : undefined);
    const problemsOf = (source: Partial<SettingsSource>) =>
      readSettings({ config: () => undefined, environment: {}, explicit: false, ...source }).problems;
    expect(problemsOf({ config })).toEqual([
      `amigo:${setting}${found}, as in \`pulumi config set amigo:${setting} ${example}\``,
    ]);
    expect(problemsOf({ environment: { [variable]: value } })).toEqual([
      `${variable}${found}, as in \`export ${variable}=${example}\``,
    ]);
    expect(problemsOf({ config, explicit: true })).toEqual([
      `the argument \`${setting}\` of the amigo.Provider${found}`,
    ]);
  });

  it("from a base URL that cannot be used", () => {
    const source = { config: () => undefined, environment: { AMIGO_BASE_URL: "ftp://here" }, explicit: false };
    expect(readSettings(source).problems).toEqual([
      expect.stringMatching(
        /^The base URL is not a complete http\(s\) address\. Give an address such as .* AMIGO_BASE_URL\.$/,
      ),
    ]);
  });
});
