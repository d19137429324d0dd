import { describe, expect, test } from "vitest";
import { bindingPath, demo, missingId, newEmailUseCase, newUseCase, startApi, useCasesPath } from "./support.js";

describe("create", () => {
  test("voice and email use cases, with what the server adds", async () => {
    const api = await startApi();
    const voice = await api.useCase({ description: "Calls back" });
    expect(voice).toMatchObject({
      channel: "inbound_voice",
      description: "Calls back",
      tier: "standard",
      email_type: null,
    });
    const email = await api.useCase(newEmailUseCase());
    expect(email).toMatchObject({
      description: null,
      sender_email_address: "desk@clinic.example",
      email_type: "transactional",
      configuration_set_name: "clinic-reminders",
    });
  });

  test.each([
    ["an unknown setup", { setup_id: missingId }, 404, "not_found"],
    ["another organisation's setup", { setup_id: demo.second.setups.voiceApproved }, 404, "not_found"],
    ["a setup that is not approved", { setup_id: demo.setups.voiceUnapproved }, 409, "setup_not_approved"],
    ["an email setup for voice", { setup_id: demo.setups.emailApproved }, 422, "validation_error"],
    ["a voice setup for email", newEmailUseCase({ setup_id: demo.setups.voiceApproved }), 422, "validation_error"],
    ["an unknown channel", { channel: "fax" }, 422, "validation_error"],
    ["email without a sender", { channel: "email", setup_id: demo.setups.emailApproved }, 422, "validation_error"],
    ["a name with digits", { name: "Reminders 2" }, 422, "validation_error"],
  ])("refuses %s", async (_, fields, status, code) => {
    const api = await startApi();
    const reply = await api.post(useCasesPath, newUseCase(fields));
    expect([reply.status, reply.body.error_code]).toEqual([status, code]);
    expect(api.emulator.store.useCases.list()).toEqual([]);
  });

  test("ringless voicemail wants a voice setup", async () => {
    const api = await startApi();
    expect((await api.useCase({ channel: "ringless_voicemail" })).channel).toBe("ringless_voicemail");
  });

  test("channel, entity and name are taken once per workspace, and the detail says so", async () => {
    const api = await startApi();
    await api.useCase();
    const again = await api.post(useCasesPath, newUseCase({ description: "another" }));
    expect([again.status, again.body.detail]).toEqual([409, expect.stringContaining("already exists")]);
    expect((await api.post(useCasesPath, newUseCase({ channel: "outbound_voice" }))).status).toBe(201);
    const unapproved = await api.post(useCasesPath, newUseCase({ setup_id: demo.setups.voiceUnapproved }));
    expect(unapproved.body.detail).toContain("not approved");
  });
});

test("list shows all at once and filters", async () => {
  const api = await startApi();
  for (const letter of "ABCDEFGHIJKLMNOPQRSTUVWXY") await api.useCase({ name: `Case ${letter}` });
  await api.useCase(newEmailUseCase({ entity_name: "Lab" }));
  const count = async (query: string) => (await api.get(useCasesPath + query)).body.items.length;
  expect(await count("")).toBe(26);
  expect(await count("?channel=email")).toBe(1);
  expect(await count("?entity_name=Lab")).toBe(1);
  expect(await count(`?setup_id=${demo.setups.voiceApproved}&entity_name=Clinic`)).toBe(25);
  expect((await api.get(`${useCasesPath}?channel=fax`)).status).toBe(422);
  expect((await api.get(`${useCasesPath}?setup_id=1`)).status).toBe(422);
  expect((await api.get(useCasesPath, "amigo-second-key")).status).toBe(404);
});

describe("delete", () => {
  test("removes it once", async () => {
    const api = await startApi();
    const { id } = await api.useCase();
    expect((await api.delete(`${useCasesPath}/${id}`)).status).toBe(204);
    expect((await api.delete(`${useCasesPath}/${id}`)).status).toBe(404);
  });

  test("is a 409 while it is bound or has a phone number", async () => {
    const api = await startApi();
    const { id } = await api.useCase();
    const service = await api.service();
    await api.put(bindingPath(id), { service_id: service.id });
    const bound = await api.delete(`${useCasesPath}/${id}`);
    expect([bound.status, bound.body.error_code]).toEqual([409, "use_case_bound"]);
    await api.delete(bindingPath(id));
    api.emulator.store.assignPhone(id);
    const assigned = await api.delete(`${useCasesPath}/${id}`);
    expect([assigned.status, assigned.body.error_code]).toEqual([409, "phone_assigned"]);
    api.emulator.store.releasePhone(id);
    expect((await api.delete(`${useCasesPath}/${id}`)).status).toBe(204);
  });
});
