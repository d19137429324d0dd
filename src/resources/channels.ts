import * as pulumi from "@pulumi/pulumi";
import { knownValue } from "../engine/program/inspect.js";

/** The channels that are calls. What else a service of each type takes, the contract does not say: the API decides. */
const CALLS = ["inbound_voice", "outbound_voice", "ringless_voicemail"];

const channelTypes = new WeakMap<pulumi.Resource, pulumi.Input<string>>();

/** Keeps what a service declares, since a preview does not show the outputs of what is yet to be made. */
export function rememberChannelType(service: pulumi.Resource, declared: pulumi.Input<string> | undefined): void {
  if (declared !== undefined) channelTypes.set(service, declared);
}

/** Why the API would refuse to bind a use case of this channel to the service; undefined where it would not, or nothing tells. */
export async function misfit(
  service: pulumi.CustomResource & { readonly channelType: pulumi.Output<string> },
  channel: string,
): Promise<string | undefined> {
  const type = channelTypes.get(service) ?? service.channelType;
  return channelMisfit(await knownValue(pulumi.output(type)), channel);
}

/** The same of a service of this type. */
export function channelMisfit(type: string | undefined, channel: string): string | undefined {
  if (type !== "text" || !CALLS.includes(channel)) return undefined;
  return `found a use case of the channel ${channel} and a text service, which takes no calls; bind it to a voice service, or change the service's channelType`;
}
