import type * as pulumi from "@pulumi/pulumi";

/** A model for one purpose of a version set. */
export interface ModelPreference {
  /** The model's name, as the platform knows it. */
  llmName: pulumi.Input<string>;
  /** Parameters handed to the model as they are. */
  params?: pulumi.Input<Record<string, unknown>>;
}

/** Which versions of its agent and context graph a service runs (contract: VersionSet). */
export interface VersionSetBodyArgs {
  /** The pinned agent version; left out, the newest. */
  agentVersionNumber?: pulumi.Input<number>;
  /** The pinned context graph version; left out, the newest. */
  contextGraphVersionNumber?: pulumi.Input<number>;
  /** Models by purpose. @default {} */
  llmModelPreferences?: pulumi.Input<Record<string, pulumi.Input<ModelPreference>>>;
}

/** How a voice service speaks and listens (contract: ServiceVoiceConfig). */
export interface VoiceConfigArgs {
  ttsModel?: pulumi.Input<"sonic-turbo" | "sonic-3">;
  /** Milliseconds. */
  maxBufferDelayMs?: pulumi.Input<number>;
  /** Confidence at which an end of turn is acted on early. */
  eagerEotThreshold?: pulumi.Input<number>;
  /** Milliseconds. */
  eotTimeoutMs?: pulumi.Input<number>;
  /** @default "backchannel" */
  fillerStyle?: pulumi.Input<"backchannel" | "phrase" | "silent">;
  fillerVocabulary?: pulumi.Input<pulumi.Input<string>[]>;
  /** Milliseconds. @default 400 */
  backchannelDelayMs?: pulumi.Input<number>;
  maxResponseSentences?: pulumi.Input<number>;
  maxResponseWords?: pulumi.Input<number>;
  /** Seconds. */
  bargeInMinSpeechS?: pulumi.Input<number>;
  /** Seconds. */
  bargeInCooldownS?: pulumi.Input<number>;
  /** @default false */
  forwardCallEnabled?: pulumi.Input<boolean>;
}

/** A label on a service. The key `pulumi-owner` is reserved. */
export interface ServiceTagArgs {
  key: pulumi.Input<string>;
  /** Left out, the tag has a key only. */
  value?: pulumi.Input<string>;
}
