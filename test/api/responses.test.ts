import { describe, expect, it } from "vitest";
import type { AmigoClient } from "../../src/api/index.js";
import {
  binding,
  clientOf,
  failureOf,
  json,
  serve,
  service,
  serviceId,
  useCaseId,
  workspace,
  workspaceId,
} from "./server.js";

const kinds: [string, object, (client: AmigoClient) => Promise<object>][] = [
  ["workspace", workspace, (client) => client.getWorkspace(workspaceId)],
  ["service", service, (client) => client.getService(workspaceId, serviceId)],
  ["binding", binding, (client) => client.getServiceBinding(workspaceId, useCaseId)],
];

const mayLack = ["backend_org_id", "connector_type", "provisioned_at"];

describe.each(kinds)("the response of a %s", (_name, example, call) => {
  it("may have unknown keys", async () => {
    const server = await serve((response) => json(response, 200, { ...example, brand_new: { a: 1 } }));
    expect(await call(clientOf(server))).toMatchObject(example);
  });

  it.each(
    Object.keys(example).filter((field) => !mayLack.includes(field)),
  )("without %s is an error that names it", async (field) => {
    const server = await serve((response) => json(response, 200, { ...example, [field]: undefined }));
    const error = await failureOf(call(clientOf(server)));
    expect(error).toMatchObject({ name: "ResponseError", problem: "schema", field, outcome: "rejected" });
    expect(error.message).toContain(`does not fit the contract: ${field}: `);
    expect(server.seen).toHaveLength(1);
  });
});

describe("responses", () => {
  it("to a write may say what is no object, and that it was carried out", async () => {
    const server = await serve((response) => json(response, 200, 7));
    const error = await failureOf(clientOf(server, { maxAttempts: 1 }).updateWorkspace(workspaceId, { name: "N" }));
    expect(error).toMatchObject({ problem: "schema", field: "", outcome: "unknown", method: "PATCH" });
    expect(error.message).toMatch(/the answer \(200\) does not fit the contract: body: Invalid input/);
  });

  it("may have enum members that nobody knows yet, and lack what is optional", async () => {
    const server = await serve((response) =>
      json(response, 200, { ...service, channel_type: "hologram", environment: "lunar" }),
    );
    const parsed = await clientOf(server).getService(workspaceId, serviceId);
    expect(parsed).toMatchObject({
      channel_type: "hologram",
      environment: "lunar",
      persona_id: null,
      is_system: false,
    });
  });

  it("keep what a version set and a voice config hold beyond the contract, since it is sent back whole", async () => {
    const version_sets = {
      a: { agent_version_number: 1, canary: { share: 5 }, llm_model_preferences: { x: { llm_name: "m", tier: 2 } } },
    };
    const voice_config = { tts_model: "sonic-9", pitch: 3 };
    const server = await serve((response) => json(response, 200, { ...service, version_sets, voice_config }));
    expect(await clientOf(server).getService(workspaceId, serviceId)).toMatchObject({ version_sets, voice_config });
  });

  it.each([
    "__proto__",
    "\\u005f\\u005fproto__",
    "\\u005F_proto_\\u005f",
  ])("cannot reach a prototype by %s", async (hostile) => {
    const text = JSON.stringify(service).replace('"release":', `"${hostile}":{"polluted":true},"release":`);
    const server = await serve((response) => response.writeHead(200, { "content-type": "application/json" }).end(text));
    const { version_sets } = await clientOf(server).getService(workspaceId, serviceId);
    expect(Object.keys(version_sets)).toEqual(["release"]);
    expect(Object.getPrototypeOf({ ...version_sets })).toBe(Object.prototype);
    expect(Object.assign({}, version_sets)).not.toHaveProperty("polluted");
  });

  it.each(["__proto__", "\\u005f_proto__"])("lose %s at any depth", async (hostile) => {
    const preferences = { x: { llm_name: "m", params: { deep: [{ harmless: 1 }] } } };
    const version_sets = { a: { llm_model_preferences: preferences } };
    const text = JSON.stringify({ ...service, version_sets }).replace('"harmless":1', `"${hostile}":{"polluted":true}`);
    const server = await serve((response) => response.writeHead(200, { "content-type": "application/json" }).end(text));
    const parsed = await clientOf(server).getService(workspaceId, serviceId);
    expect(parsed.version_sets.a?.llm_model_preferences?.x?.params).toEqual({ deep: [{}] });
    expect(JSON.stringify(parsed)).not.toContain("polluted");
  });

  it("may have version sets named like parts of every object", async () => {
    const version_sets = { constructor: { agent_version_number: 1 }, toString: {} };
    const server = await serve((response) => json(response, 200, { ...service, version_sets }));
    expect((await clientOf(server).getService(workspaceId, serviceId)).version_sets).toEqual(version_sets);
  });

  it("may call their JSON by a longer name", async () => {
    const server = await serve((response) => {
      response
        .writeHead(200, { "content-type": "application/vnd.api+json; charset=utf-8" })
        .end(JSON.stringify(workspace));
    });
    expect(await clientOf(server).getWorkspace(workspaceId)).toEqual(workspace);
  });
});
