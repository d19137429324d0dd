import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { loadOperations } from "../../src/emulator/contract.js";
import { handlers } from "../../src/emulator/operations.js";
import { demo, missingId, newService, newWorkspace, servicesPath, startApi, useCasesPath } from "./support.js";

const document = JSON.parse(readFileSync(join(__dirname, "../../contract/openapi.json"), "utf8"));

test("every operation of the contract is played, and nothing else", () => {
  const ids = Object.values(document.paths as Record<string, Record<string, { operationId: string }>>).flatMap((path) =>
    Object.values(path).map((operation) => operation.operationId),
  );
  expect(ids).toHaveLength(21);
  expect(Object.keys(handlers).sort()).toEqual(ids.sort());
});

test("every operation but the bootstrap wants a key it knows", async () => {
  const api = await startApi();
  for (const operation of loadOperations()) {
    const path = operation.path.replaceAll(/\{\w+_id\}/g, missingId).replace("{name}", "pilot");
    for (const key of [undefined, "Bearer wrong", "Basic amigo-demo-key"]) {
      const headers: Record<string, string> = key === undefined ? {} : { authorization: key };
      const response = await fetch(api.emulator.url + path, { method: operation.method, headers });
      const expected = operation.id === "create-workspace" && key === undefined ? 422 : 401;
      expect([operation.id, key, response.status]).toEqual([operation.id, key, expected]);
    }
  }
  expect(new Set(api.emulator.requests.map((entry) => entry.operation)).size).toBe(21);
});

describe("requests", () => {
  test("all problems come at once, with place, kind and input", async () => {
    const api = await startApi();
    const body = newService({
      name: "",
      agent_id: "front-desk",
      tool_capacity: 11,
      channel_type: "fax",
      keyterms: ["a", 1],
    });
    const { status, body: answer } = await api.post(servicesPath, { ...body, context_graph_id: undefined });
    expect(status).toBe(422);
    const problems = answer.detail.map((issue: { loc: unknown[]; type: string }) => [issue.loc.join("."), issue.type]);
    expect(problems.sort()).toEqual([
      ["body.agent_id", "uuid_parsing"],
      ["body.channel_type", "literal_error"],
      ["body.context_graph_id", "missing"],
      ["body.keyterms.1", "string_type"],
      ["body.name", "string_too_short"],
      ["body.tool_capacity", "less_than_equal"],
    ]);
    expect(answer.detail.find((issue: { type: string }) => issue.type === "uuid_parsing").input).toBe("front-desk");
  });

  test.each([
    ["path", "get", "/v1/workspaces/42", ["path", "workspace_id"]],
    ["query", "get", `${servicesPath}?is_active=maybe`, ["query", "is_active"]],
    ["empty search", "get", `${servicesPath}?search=`, ["query", "search"]],
  ] as const)("%s parameters are checked", async (_, method, path, loc) => {
    const api = await startApi();
    const { status, body } = await api[method](path);
    expect([status, body.detail[0].loc]).toEqual([422, loc]);
  });

  test("formats are checked: email and slug", async () => {
    const api = await startApi();
    const fields = { channel: "email", entity_name: "A", name: "B", setup_id: demo.setups.emailApproved };
    const useCase = { ...fields, sender_email_address: "nobody", email_type: "marketing" };
    expect((await api.post(useCasesPath, useCase)).body.detail[0].loc).toEqual(["body", "sender_email_address"]);
    const workspace = await api.post("/v1/workspaces/self-service", newWorkspace({ slug: "North" }));
    expect(workspace.body.detail[0].type).toBe("string_pattern_mismatch");
  });

  test("a body must be JSON and called JSON", async () => {
    const api = await startApi();
    const send = (body: string | undefined, type: string) =>
      fetch(api.emulator.url + servicesPath, {
        method: "POST",
        headers: { authorization: "Bearer amigo-demo-key", "content-type": type },
        body,
      });
    expect((await send(JSON.stringify(newService()), "text/plain")).status).toBe(422);
    expect((await send("{", "application/json")).status).toBe(422);
    expect((await send(undefined, "application/json")).status).toBe(422);
    expect((await send(JSON.stringify(newService()), "application/json; charset=utf-8")).status).toBe(201);
  });

  test("keys that the contract does not know are dropped at every depth", async () => {
    const api = await startApi();
    const body = await api.service({
      colour: "red",
      tags: [{ key: "a", colour: "red" }],
      voice_config: { colour: "red" },
    });
    expect(JSON.stringify(api.emulator.store.services.get(body.id))).not.toContain("colour");
  });
});

describe("answers", () => {
  test("carry a request id, errors in their body too", async () => {
    const api = await startApi();
    const found = await api.get("/v1/workspaces");
    expect(found.headers.get("x-request-id")).toBe(api.emulator.requests[0]?.requestId);
    const missing = await api.get(`/v1/workspaces/${missingId}`);
    expect(missing.body).toEqual({
      detail: "Workspace not found.",
      request_id: missing.headers.get("x-request-id"),
      error_code: "not_found",
    });
    expect((await api.get("/v2/elsewhere")).status).toBe(404);
  });

  test("one that breaks the contract is a 500 and an error in the log", async () => {
    const api = await startApi();
    const { id } = await api.service();
    api.emulator.store.services.update(id, { channel_type: "fax" as "voice" });
    expect((await api.get(`${servicesPath}/${id}`)).status).toBe(500);
    expect(api.emulator.requests.at(-1)?.error).toContain("channel_type");
    api.emulator.clearRequests();
    expect(api.emulator.requests).toEqual([]);
  });

  test("checks see wrong statuses, missing and surplus bodies", () => {
    const operation = (id: string) => loadOperations().find((candidate) => candidate.id === id);
    expect(operation("delete-service")?.checkAnswer(204, undefined)).toBeUndefined();
    expect(operation("delete-service")?.checkAnswer(204, {})).toContain("no body");
    expect(operation("delete-service")?.checkAnswer(200, {})).toContain("not in the contract");
    expect(operation("get-service")?.checkAnswer(200, undefined)).toContain("missing");
    expect(operation("get-service")?.checkAnswer(200, { id: 1 })).toContain("workspace_id");
    expect(operation("create-use-case")?.checkAnswer(422, { detail: "text" })).toContain("detail");
    expect(operation("list-use-cases")?.checkAnswer(429, {})).toBeUndefined();
  });
});
