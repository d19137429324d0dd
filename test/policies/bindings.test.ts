import { expect, it } from "vitest";
import { bindingChannelFitsService } from "../../policies/binding-channel-fits-service.js";
import { oneUseCasePerChannel } from "../../policies/one-use-case-per-channel.js";
import { type Described, judge, UNKNOWN_ON_WIRE } from "./support.js";

const service = (channelType?: string, name = "desk"): Described => ({ type: "Service", name, args: { channelType } });
const useCase = (channel: string, name = "calls"): Described => ({ type: "UseCase", name, args: { channel } });
const binding = (name = "line", from = "calls", to = "desk", more: Partial<Described> = {}): Described => ({
  type: "ServiceBinding",
  name,
  args: { useCaseId: UNKNOWN_ON_WIRE, serviceId: UNKNOWN_ON_WIRE },
  from: { useCaseId: [from], serviceId: [to] },
  ...more,
});
const byId = (name: string, useCaseId: string, serviceId: string, outputs?: object): Described => {
  const args = { useCaseId, serviceId };
  return { type: "ServiceBinding", name, args, outputs: { ...args, ...outputs } };
};

const channels = ["inbound_voice", "outbound_voice", "ringless_voicemail", "email"];

it.each([
  [undefined, "inbound_voice outbound_voice ringless_voicemail"],
  ["voice", "inbound_voice outbound_voice ringless_voicemail"],
  ["text", "email"],
  ["scribe", ""],
])("binding-channel-fits-service lets a service of channel type %s answer for: %s", async (channelType, fitting) => {
  for (const channel of channels) {
    const stack = [service(channelType), useCase(channel), binding()];
    const findings = await judge(bindingChannelFitsService, stack);
    expect(findings.map(({ on }) => on)).toEqual(fitting.split(" ").includes(channel) ? [] : ["line"]);
  }
});

it("binding-channel-fits-service says what was found, what is allowed and what to do", async () => {
  const [finding] = await judge(bindingChannelFitsService, [service("scribe"), useCase("email"), binding()]);
  expect(finding?.message).toBe(
    'ServiceBinding "line": channel of UseCase "calls" is "email"; ' +
      'allowed: no binding on a scribe service (Service "desk"). ' +
      "Bind the use case to a service of the other channel type, or change the service's channelType.",
  );
});

it("binding-channel-fits-service takes the channel of a use case that others keep from the binding", async () => {
  const kept = binding("line", "calls", "desk", {
    args: { useCaseId: "u1", serviceId: "s1" },
    outputs: { useCaseId: "u1", serviceId: "s1", channel: "email" },
    from: { serviceId: ["desk"] },
  });
  const existing = { ...service(), outputs: { createdAt: "2026-01-01T00:00:00Z" } };
  expect(await judge(bindingChannelFitsService, [existing, kept])).toHaveLength(1);
});

it("binding-channel-fits-service says nothing where it cannot tell", async () => {
  for (const stack of [
    [service(UNKNOWN_ON_WIRE), useCase("email"), binding()],
    [service("voice"), useCase(UNKNOWN_ON_WIRE), binding()],
    [service("voice"), useCase("email"), { ...binding(), from: {} }],
    [useCase("email"), byId("line", "u1", "s1")],
    // Looked up without its properties being known: the default does not hold for it.
    [{ ...service(), declared: false }, useCase("email"), binding()],
  ]) {
    expect(await judge(bindingChannelFitsService, stack)).toEqual([]);
  }
});

it("one-use-case-per-channel passes one binding per use case, and one use case per channel and service", async () => {
  const stack = [
    service("voice"),
    service("voice", "other"),
    useCase("inbound_voice"),
    useCase("outbound_voice", "reminders"),
    useCase("inbound_voice", "more"),
    binding(),
    binding("second", "reminders"),
    binding("third", "more", "other"),
  ];
  expect(await judge(oneUseCasePerChannel, stack)).toEqual([]);
});

it("one-use-case-per-channel finds a second binding of a use case, before and after ids are known", async () => {
  const others = [service(), service("voice", "other"), useCase("inbound_voice")];
  const expected = [
    {
      on: "second",
      message:
        'ServiceBinding "second": useCaseId is "UseCase \\"calls\\""; allowed: a use case that no other binding has; ' +
        'ServiceBinding "line" has this one. Remove one of the two bindings.',
    },
  ];
  expect(await judge(oneUseCasePerChannel, [...others, binding(), binding("second", "calls", "other")])).toEqual(
    expected,
  );
  // One finding, though it is a second one of the channel on the service as well.
  expect(await judge(oneUseCasePerChannel, [...others, binding(), binding("second")])).toEqual(expected);
  const known = binding("line", "calls", "desk", { args: { useCaseId: "U1", serviceId: "s1" } });
  expect(await judge(oneUseCasePerChannel, [...others, known, byId("second", "u1", "s2")])).toEqual(expected);
});

it("one-use-case-per-channel finds a second use case of a channel on a service", async () => {
  const stack = [service(), useCase("inbound_voice"), useCase("inbound_voice", "more"), binding()];
  const findings = await judge(oneUseCasePerChannel, [...stack, binding("second", "more")]);
  expect(findings).toEqual([
    { on: "second", message: expect.stringContaining('ServiceBinding "line" has bound one to it') },
  ]);
  const email = { channel: "email" };
  const kept = [byId("line", "u1", "s1", email), byId("second", "u2", "s1", email), byId("third", "u3", "s2", email)];
  expect((await judge(oneUseCasePerChannel, kept)).map(({ on }) => on)).toEqual(["second"]);
});

it("one-use-case-per-channel says nothing where it cannot tell", async () => {
  const nowhere = (name: string) => ({ ...binding(name), from: {} });
  expect(await judge(oneUseCasePerChannel, [nowhere("line"), nowhere("second")])).toEqual([]);
  const unknown = [service(), useCase(UNKNOWN_ON_WIRE), useCase(UNKNOWN_ON_WIRE, "more")];
  expect(await judge(oneUseCasePerChannel, [...unknown, binding(), binding("second", "more")])).toEqual([]);
});
