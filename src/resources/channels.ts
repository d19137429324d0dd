import * as pulumi from "@pulumi/pulumi";
import { knownValue } from "../engine/program/inspect.js";

/** The channels of use cases that the API binds to a service of each type. */
const CHANNELS: Readonly<Record<string, readonly string[]>> = {
  voice: ["inbound_voice", "outbound_voice", "ringless_voicemail"],
  text: ["email"],
  scribe: [],
};

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
  const type = await channelTypeOf(service);
  const fitting = type === undefined ? undefined : CHANNELS[type];
  if (!fitting || fitting.includes(channel)) return undefined;
  const takes = fitting.length > 0 ? `takes use cases of ${fitting.join(", ")} only` : "takes no use case";
  return `found a use case of the channel ${channel} and a ${type} service, which ${takes}; bind it to another service, or change the service's channelType`;
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
