import { expect, test } from "vitest";
import { bindingPath, demo, missingId, newEmailUseCase, startApi } from "./support.js";

test("bind, read, unbind", async () => {
  const api = await startApi();
  const useCase = await api.useCase();
  const service = await api.service();
  expect((await api.get(bindingPath(useCase.id))).status).toBe(404);
  const bound = await api.put(bindingPath(useCase.id), { service_id: service.id });
  expect(bound.status).toBe(200);
  expect(bound.body).toMatchObject({
    use_case_id: useCase.id,
    service_id: service.id,
    workspace_id: demo.workspace,
    channel: "inbound_voice",
  });
  expect((await api.get(bindingPath(useCase.id))).body).toEqual(bound.body);
  expect((await api.delete(bindingPath(useCase.id))).status).toBe(204);
  expect((await api.delete(bindingPath(useCase.id))).status).toBe(404);
  expect((await api.get(bindingPath(useCase.id))).status).toBe(404);
});

test("binding again moves the use case without a word", async () => {
  const api = await startApi();
  const useCase = await api.useCase();
  const [first, second] = [await api.service({ name: "First" }), await api.service({ name: "Second" })];
  const before = await api.put(bindingPath(useCase.id), { service_id: first.id });
  const after = await api.put(bindingPath(useCase.id), { service_id: second.id });
  expect([after.status, after.body.service_id, after.body.created_at]).toEqual([
    200,
    second.id,
    before.body.created_at,
  ]);
  expect(api.emulator.store.bindings.list()).toHaveLength(1);
});

test("one use case per service and channel", async () => {
  const api = await startApi();
  const service = await api.service();
  const [first, second] = [await api.useCase(), await api.useCase({ name: "Follow up" })];
  const outbound = await api.useCase({ channel: "outbound_voice" });
  await api.put(bindingPath(first.id), { service_id: service.id });
  const taken = await api.put(bindingPath(second.id), { service_id: service.id });
  expect([taken.status, taken.body.error_code]).toEqual([409, "channel_taken"]);
  expect((await api.put(bindingPath(outbound.id), { service_id: service.id })).status).toBe(200);
  expect((await api.put(bindingPath(first.id), { service_id: service.id })).status).toBe(200);
});

test("use case and service must exist in the workspace", async () => {
  const api = await startApi();
  const useCase = await api.useCase();
  const service = await api.service();
  expect((await api.put(bindingPath(missingId), { service_id: service.id })).status).toBe(404);
  expect((await api.put(bindingPath(useCase.id), { service_id: missingId })).status).toBe(404);
  expect((await api.put(bindingPath(useCase.id), { service_id: "service" })).status).toBe(422);
});

test.each([
  ["voice", "email", 422],
  ["text", "inbound_voice", 422],
  ["scribe", "inbound_voice", 422],
  ["scribe", "email", 422],
  ["voice", "ringless_voicemail", 200],
  ["text", "email", 200],
])("a %s service and %s: %i", async (channel_type, channel, status) => {
  const api = await startApi();
  const service = await api.service({ channel_type });
  const useCase = await api.useCase(channel === "email" ? newEmailUseCase() : { channel });
  const reply = await api.put(bindingPath(useCase.id), { service_id: service.id });
  expect(reply.status).toBe(status);
  if (status === 422) expect(reply.body.detail[0].msg).toContain("Unsupported use case channel");
});
