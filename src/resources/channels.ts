import * as pulumi from "@pulumi/pulumi";
import { knownValue } from "../engine/program/inspect.js";

/** The channels that are calls. What else a service of each type takes, the contract does not say: the API decides. */
const CALLS = ["inbound_voice", "outbound_voice", "ringless_voicemail"];

interface ServiceFacts {
  channelType: pulumi.Input<string> | undefined;
  /** Whether the program makes the service anew, so that what it does not declare is the contract's default. */
  isMade: boolean;
}

const facts = new WeakMap<pulumi.Resource, ServiceFacts>();

/** Keeps what a service declares, since a preview does not show the outputs of what is yet to be made. */
export function rememberChannelType(service: pulumi.Resource, declared: ServiceFacts): void {
  facts.set(service, declared);
}

/** Why the API would refuse to bind a use case of this channel to the service; undefined where it would not, or nothing tells. */
export async function misfit(
  service: pulumi.CustomResource & { readonly channelType: pulumi.Output<string> },
  channel: string,
): Promise<string | undefined> {
  return channelMisfit(await channelTypeOf(service), channel);
}

/** The same of a service of this type. */
export function channelMisfit(type: string | undefined, channel: string): string | undefined {
  if (type !== "text" || !CALLS.includes(channel)) return undefined;
  return `found a use case of the channel ${channel} and a text service, which takes no calls; bind it to a voice service, or change the service's channelType`;
}

async function channelTypeOf(
  service: pulumi.CustomResource & { readonly channelType: pulumi.Output<string> },
): Promise<string | undefined> {
  const declared = facts.get(service);
  if (declared?.channelType !== undefined) return knownValue(pulumi.output(declared.channelType));
  const exists = await knownValue(service.channelType);
  if (exists !== undefined) return exists;
  const isNew = (await knownValue(service.id)) === undefined;
  return declared?.isMade && isNew ? "voice" : undefined;
}
