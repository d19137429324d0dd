import type * as pulumi from "@pulumi/pulumi";

/** A model for one purpose of a version set. */
export interface ModelPreference {
  /** The model's name, as the platform knows it: 1 to 256 characters, without white space at the ends. */
  llmName: pulumi.Input<string>;
  /** Parameters of the model by name, any JSON values. They are sent on as they are. @default {} */
  params?: pulumi.Input<Record<string, unknown>>;
}

/** Which versions of its agent and context graph a service runs (contract: VersionSet). */
export interface VersionSetBodyArgs {
  /** The number of the agent version that runs, a whole number. The service stays with it when a newer one appears. @default the newest */
  agentVersionNumber?: pulumi.Input<number>;
  /** The same for the context graph: the number of the version that runs, a whole number. @default the newest */
  contextGraphVersionNumber?: pulumi.Input<number>;
  /** The language model for each purpose. The keys name the purposes; the API's contract lists none. @default {} */
  llmModelPreferences?: pulumi.Input<Record<string, pulumi.Input<ModelPreference>>>;
}

/**
 * How a voice service speaks and listens (contract: ServiceVoiceConfig). It is written as a whole: what is left out goes back to its default.
 * The contract gives names, types and defaults; it bounds no number, so the API may refuse one that the preview lets pass.
 */
export interface VoiceConfigArgs {
  /** The text-to-speech model that makes the service's voice. @default the platform's choice */
  ttsModel?: pulumi.Input<"sonic-turbo" | "sonic-3">;
  /**
   * The most milliseconds that text of an answer waits for more text before it is spoken; the first word may come that much later.
   * @default the platform's choice
   */
  maxBufferDelayMs?: pulumi.Input<number>;
  /**
   * How sure the service must be that the caller has ended the turn (EOT: end of turn) before it acts on that early. The contract
   * gives no scale. @default the platform's choice
   */
  eagerEotThreshold?: pulumi.Input<number>;
  /**
   * The milliseconds after which the caller's turn counts as ended (EOT: end of turn). The contract does not say from when they
   * count. @default the platform's choice
   */
  eotTimeoutMs?: pulumi.Input<number>;
  /**
   * What a caller hears while the service works on an answer: a short sign of listening (`backchannel`), a phrase (`phrase`), or
   * nothing (`silent`). @default "backchannel"
   */
  fillerStyle?: pulumi.Input<"backchannel" | "phrase" | "silent">;
  /** The texts that may be spoken as filler, each without white space at its ends. @default the platform's choice */
  fillerVocabulary?: pulumi.Input<pulumi.Input<string>[]>;
  /** How many milliseconds the service waits before a backchannel, a short word such as "mhm" that shows it listens. @default 400 */
  backchannelDelayMs?: pulumi.Input<number>;
  /** The most sentences of one answer. The contract does not say what becomes of a longer one. @default the platform's choice */
  maxResponseSentences?: pulumi.Input<number>;
  /** The most words of one answer. The contract does not say what becomes of a longer one. @default the platform's choice */
  maxResponseWords?: pulumi.Input<number>;
  /**
   * How many seconds a caller must speak while the service speaks before that interrupts it (barge-in). It may be a fraction.
   * @default the platform's choice
   */
  bargeInMinSpeechS?: pulumi.Input<number>;
  /**
   * For how many seconds after an interruption (barge-in) the caller cannot interrupt again. It may be a fraction.
   * @default the platform's choice
   */
  bargeInCooldownS?: pulumi.Input<number>;
  /** Whether the service may forward a call. @default false */
  forwardCallEnabled?: pulumi.Input<boolean>;
}

/** A label on a service. The key `pulumi-owner` is reserved. */
export interface ServiceTagArgs {
  /** The label's key: 1 to 256 characters, without white space at the ends. */
  key: pulumi.Input<string>;
  /** The label's value, without white space at the ends. @default none, the label has a key only */
  value?: pulumi.Input<string>;
}
