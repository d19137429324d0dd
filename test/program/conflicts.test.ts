import * as pulumi from "@pulumi/pulumi";
import { beforeAll, expect, test } from "vitest";
import { seedIds } from "../../src/emulator/index.js";
import { HIDDEN } from "../../src/engine/hidden.js";
import * as amigo from "../../src/index.js";

const { agents, contextGraphs, setups } = seedIds;
// Of this file only: other programs of this process may have claimed what they declare.
const workspaceId = "7d1f0c3a-1111-4222-8333-444455556666";
/** What the constructors found, by the resource's name. */
const found = new Map<string, unknown>();

beforeAll(async () => {
  await pulumi.runtime.setMocks({
    newResource: ({ name, inputs, id, type }) => {
      found.set(`${type.split(":").at(-1)} ${name}`, inputs[HIDDEN.conflicts]);
      return { id: id ?? `${name} in conflicts`, state: inputs };
    },
    call: ({ inputs }) => inputs,
  });
});

const value = <T>(output: pulumi.Output<T>) => new Promise<T>((resolve) => output.apply(resolve));
const service = (name: string, more: Partial<amigo.ServiceArgs> = {}) =>
  new amigo.Service(name, {
    ...{ workspaceId, name: "Desk", agentId: agents.frontDesk, contextGraphId: contextGraphs.scheduling, ...more },
  });
const line = (name: string, more: object = {}) =>
  new amigo.UseCase(name, {
    ...{ workspaceId, channel: "inbound_voice", entityName: "Clinic", name: "Line", setupId: setups.voiceApproved },
    ...more,
  } as amigo.UseCaseArgs);
const set = (name: string, serviceId: pulumi.Input<string>, more: object = {}) =>
  new amigo.VersionSet(name, { workspaceId, serviceId, name: "canary", ...more });
const bind = (name: string, useCaseId: pulumi.Input<string>, serviceId: pulumi.Input<string>) =>
  new amigo.ServiceBinding(name, { workspaceId, useCaseId, serviceId });
const numbers = (name: string, id = workspaceId) => new amigo.TestCallerNumbers(name, { workspaceId: id, numbers: [] });
const other = "0a1b2c3d-aaaa-4bbb-8ccc-ddddeeeeffff";

test("two resources of a program that cannot both be are found, each at its property, and no others", async () => {
  const all: pulumi.CustomResource[] = [service("desk", { versionSets: { inline: {} } })];
  const desk = all[0] as amigo.Service;
  const ward = service("ward", { name: "Ward", channelType: "text" });
  all.push(ward, service("desk again"), service("desk elsewhere", { workspaceId: other }));
  all.push(set("canary", desk.id), set("canary again", desk.id), set("canary of ward", ward.id));
  all.push(set("night", desk.id, { name: "night" }), set("inline", desk.id, { name: "inline" }));
  all.push(set("by id", other), set("by id again", other), set("inline of ward", ward.id, { name: "inline" }));
  const [a, b] = [line("a"), line("b", { name: "Other" })];
  const mail = line("mail", { channel: "email", senderEmailAddress: "desk@clinic.example", emailType: "marketing" });
  all.push(a, b, mail, line("a again"), line("a of ward", { entityName: "Ward" }));
  all.push(line("a there", { workspaceId: other }));
  all.push(bind("a", a.id, desk.id), bind("a again", a.id, ward.id));
  all.push(bind("b", b.id, desk.id), bind("mail", mail.id, desk.id));
  all.push(bind("known", other, desk.id), bind("known again", other, desk.id));
  all.push(numbers("qa"), numbers("qa too"), numbers("qa there", other));
  await Promise.all(all.map(({ urn }) => value(urn)));
  const second = (what: string, holder: string) => expect.stringMatching(`^found a second ${what}.*: "${holder}" `);
  const inline = "the service declares this version set inline in its versionSets: declare it in one place only";
  const own = [...found].flatMap(([name, conflicts]) => {
    const { "": _ofOthers, ...its } = (conflicts ?? {}) as Record<string, string>;
    return Object.keys(its).length > 0 ? [[name, its]] : [];
  });
  expect(Object.fromEntries(own)).toEqual({
    "Service desk again": { name: second("service of this name in the workspace", "desk") },
    "VersionSet canary again": { name: second("version set of this name on the service", "canary") },
    "VersionSet by id again": { name: second("version set of this name on the service", "by id") },
    "VersionSet inline": { name: inline },
    "UseCase a again": { name: second("use case of this channel, entity name and name in the workspace", "a") },
    "ServiceBinding a again": {
      useCaseId: second("binding of this use case", "a"),
      serviceId: expect.stringContaining("a text service, which takes no calls"),
    },
    "ServiceBinding known again": { useCaseId: second("binding of this use case", "known") },
    "ServiceBinding b": { serviceId: second("binding of this channel on the service", "a") },
    "TestCallerNumbers qa too": { numbers: second("list for the workspace", "qa") },
  });
});

test("what exists is looked up by its id, and told from other kinds", async () => {
  const id = "an-id";
  const { Workspace, Service, VersionSet, UseCase, ServiceBinding, TestCallerNumbers } = amigo;
  const classes = [Workspace, Service, VersionSet, UseCase, ServiceBinding, TestCallerNumbers];
  for (const Class of classes) {
    const got = Class.get("got", id, undefined, { protect: true });
    expect(await value(got.id)).toBe(id);
    expect(classes.filter((other) => other.isInstance(got))).toEqual([Class]);
    expect(Class.isInstance({})).toBe(false);
  }
});
