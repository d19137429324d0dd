import type * as pulumi from "@pulumi/pulumi";

/** A model for one purpose of a version set. */
export interface ModelPreference {
  /** The model's name, as the platform knows it: 1 to 256 characters. */
  llmName: pulumi.Input<string>;
  /** Parameters handed to the model as they are. @default {} */
  params?: pulumi.Input<Record<string, unknown>>;
}

/** Which versions of its agent and context graph a service runs (contract: VersionSet). */
export interface VersionSetBodyArgs {
  /** The pinned agent version. @default the newest */
  agentVersionNumber?: pulumi.Input<number>;
  /** The pinned context graph version. @default the newest */
  contextGraphVersionNumber?: pulumi.Input<number>;
  /** Models by purpose. @default {} */
  llmModelPreferences?: pulumi.Input<Record<string, pulumi.Input<ModelPreference>>>;
}

/** How a voice service speaks and listens (contract: ServiceVoiceConfig). */
export interface VoiceConfigArgs {
  /** The model that turns text into speech. @default the platform's choice */
  ttsModel?: pulumi.Input<"sonic-turbo" | "sonic-3">;
  /** How long text is collected before it is spoken, in milliseconds. @default the platform's choice */
  maxBufferDelayMs?: pulumi.Input<number>;
  /** The confidence at which an end of turn is acted on early. @default the platform's choice */
  eagerEotThreshold?: pulumi.Input<number>;
  /** The silence after which a turn counts as ended, in milliseconds. @default the platform's choice */
  eotTimeoutMs?: pulumi.Input<number>;
  /** What fills a pause while the service thinks. @default "backchannel" */
  fillerStyle?: pulumi.Input<"backchannel" | "phrase" | "silent">;
  /** The words that fill a pause. @default the platform's choice */
  fillerVocabulary?: pulumi.Input<pulumi.Input<string>[]>;
  /** The delay of a backchannel, the short word that shows listening, in milliseconds. @default 400 */
  backchannelDelayMs?: pulumi.Input<number>;
  /** How many sentences an answer may have. @default the platform's choice */
  maxResponseSentences?: pulumi.Input<number>;
  /** How many words an answer may have. @default the platform's choice */
  maxResponseWords?: pulumi.Input<number>;
  /** How long a caller must speak to interrupt, in seconds. @default the platform's choice */
  bargeInMinSpeechS?: pulumi.Input<number>;
  /** How long after an interruption the next one is ignored, in seconds. @default the platform's choice */
  bargeInCooldownS?: pulumi.Input<number>;
  /** Whether calls may be forwarded. @default false */
  forwardCallEnabled?: pulumi.Input<boolean>;
}

/** A label on a service. The key `pulumi-owner` is reserved. */
export interface ServiceTagArgs {
  /** The label's key: 1 to 256 characters, without white space at the ends. */
  key: pulumi.Input<string>;
  /** The label's value. @default none, the label has a key only */
  value?: pulumi.Input<string>;
}
