import { expect, it } from "vitest";
import { allowedSenderDomains } from "../../policies/allowed-sender-domains.js";
import { judge, UNKNOWN_ON_WIRE } from "./support.js";

const email = (senderEmailAddress: string, type = "UseCase") => ({
  type,
  name: "mail",
  args: { channel: "email", senderEmailAddress },
});
const domains = ["clinic.example", "Mail.Clinic.Example"];

it("passes senders at an allowed domain, whatever its case", async () => {
  expect(await judge(allowedSenderDomains, [email("desk@clinic.example")], { domains })).toEqual([]);
  expect(await judge(allowedSenderDomains, [email("Desk@MAIL.clinic.example")], { domains })).toEqual([]);
});

it.each([
  "desk@elsewhere.example",
  "desk@sub.clinic.example",
  "desk@notclinic.example",
  "clinic.example@evil.example",
])("finds %s", async (sender) => {
  expect(await judge(allowedSenderDomains, [email(sender)], { domains })).toEqual([
    {
      on: "mail",
      message:
        `UseCase "mail": senderEmailAddress is "${sender}"; allowed: senders at clinic.example, mail.clinic.example. ` +
        "Use an address at an allowed domain, or add the domain to the configuration's `domains`.",
    },
  ]);
});

it("finds every email use case where no domains are configured", async () => {
  const [finding] = await judge(allowedSenderDomains, [email("desk@clinic.example")]);
  expect(finding?.message).toContain("none, since no domains are configured");
  expect(await judge(allowedSenderDomains, [email("desk@clinic.example")], { domains: [] })).toHaveLength(1);
});

it("asks nothing of calls, of other resources, and of an address that is not known yet", async () => {
  const calls = { type: "UseCase", name: "calls", args: { channel: "inbound_voice" } };
  expect(await judge(allowedSenderDomains, [calls])).toEqual([]);
  expect(await judge(allowedSenderDomains, [email("desk@elsewhere.example", "aws:ses:Identity")])).toEqual([]);
  expect(await judge(allowedSenderDomains, [email(UNKNOWN_ON_WIRE)], { domains })).toEqual([]);
});
