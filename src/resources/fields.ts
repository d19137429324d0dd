import { z } from "zod";
import { compact, show } from "../engine/compare.js";
import type { Problem } from "../engine/lifecycle.js";
import { containsUnknown } from "../engine/unknown.js";

/** Ids of agents, context graphs, personas, setups and of the API's own things (contract: `format: uuid`). */
export const uuid = z.string().regex(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i, {
  error: "must be a UUID, such as 6f0c1d52-94a7-4c1e-8f3b-0d2a5b7c9e10",
});

/** Text that the server may strip at its ends, where it would then differ for ever. */
export function plainText(least: number, most: number) {
  return z
    .string()
    .min(least)
    .max(most)
    .regex(/^(\S([\s\S]*\S)?)?$/, { error: "must not begin or end with white space (the server may strip it)" });
}

/** Free text; the server may strip its ends, so those are not compared (contract: DescriptionString). */
export const description = z.string().max(2000);

/** Names and entity names of use cases (contract: `^[A-Za-z\- ]+$`, 1 to 31 characters). */
export const useCaseName = plainText(1, 31).regex(/^[A-Za-z\- ]*$/, {
  error: "must consist of letters, spaces and hyphens",
});

const modelPreference = z.strictObject({
  llmName: plainText(1, 256),
  params: z.record(z.string(), z.unknown()).optional(),
});

const versionNumber = z.int();

export const versionSet = z.strictObject({
  agentVersionNumber: versionNumber.optional(),
  contextGraphVersionNumber: versionNumber.optional(),
  llmModelPreferences: z.record(z.string().min(1), modelPreference).optional(),
});

/** At most 40 characters (contract); letters, digits, `_` and `-` (the pattern of the vendor's sister API). */
export const versionSetName = z
  .string()
  .max(40)
  .regex(/^[A-Za-z0-9_-]+$/, { error: "must consist of letters, digits, _ and -" })
  .refine((name) => name !== "__proto__", { error: "must not be __proto__, which no JSON object can bring back" })
  .refine((name) => name !== "edge", {
    error: "must not be edge: the platform keeps that set at the newest versions, and it cannot be changed or deleted",
  });

export const voiceConfig = z.strictObject({
  ttsModel: z.enum(["sonic-turbo", "sonic-3"]).optional(),
  maxBufferDelayMs: z.int().optional(),
  eagerEotThreshold: z.number().optional(),
  eotTimeoutMs: z.int().optional(),
  fillerStyle: z.enum(["backchannel", "phrase", "silent"]).optional(),
  fillerVocabulary: z.array(plainText(0, Number.MAX_SAFE_INTEGER)).optional(),
  backchannelDelayMs: z.int().optional(),
  maxResponseSentences: z.int().optional(),
  maxResponseWords: z.int().optional(),
  bargeInMinSpeechS: z.number().optional(),
  bargeInCooldownS: z.number().optional(),
  forwardCallEnabled: z.boolean().optional(),
});

/** The defaults that the contract gives inside a voice config; the server may or may not fill them in. */
export const VOICE_CONFIG_DEFAULTS = {
  fillerStyle: "backchannel",
  backchannelDelayMs: 400,
  forwardCallEnabled: false,
} as const;

/** 500 terms of 1 to 128 characters (the vendor's documentation; the contract has no bound). */
export const keyterms = z.array(plainText(1, 128)).max(500);

/** Reserved for the owner mark. */
export const OWNER_TAG = "pulumi-owner";

/** 50 tags (the vendor's documentation; the contract has no bound), one of which the owner mark may take. */
export const tags = z
  .array(
    z.strictObject({
      key: plainText(1, 256).refine((key) => key !== OWNER_TAG, {
        error: `must not be ${OWNER_TAG}: that tag is reserved for the stack that owns the service`,
      }),
      value: plainText(0, Number.MAX_SAFE_INTEGER).optional(),
    }),
  )
  .max(49);

/** A version set with the contract's defaults filled in; the server may or may not do so. */
export function withSetDefaults(set: unknown): unknown {
  if (!set || typeof set !== "object") return set;
  const preferences = (set as z.infer<typeof versionSet>).llmModelPreferences ?? {};
  return {
    ...set,
    llmModelPreferences: Object.fromEntries(
      Object.entries(preferences).map(([purpose, preference]) => [purpose, { params: {}, ...preference }]),
    ),
  };
}

/** Items that stand twice in a list in which each may stand once: the server may drop the second, which would differ for ever. */
export function repeated(property: string, items: unknown): Problem[] {
  if (!Array.isArray(items)) return [];
  const texts = items.map((item) => JSON.stringify(compact(item)));
  return texts.flatMap((text, index) =>
    texts.indexOf(text) < index && !containsUnknown(items[index])
      ? [
          {
            property: `${property}[${index}]`,
            reason: `found ${show(items[index], 60)} a second time; each may stand once`,
          },
        ]
      : [],
  );
}

/** Whether two names are the same text, also where the server keeps it in another Unicode form or without its edges. */
export function sameText(a: unknown, b: unknown): boolean {
  return String(a).normalize("NFC").trim() === String(b).normalize("NFC").trim();
}
