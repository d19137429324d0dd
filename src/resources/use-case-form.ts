import { z } from "zod";
import { type CreateUseCaseBody, type UseCaseResponse, wholeOf } from "../api/index.js";
import { matchesIn } from "../api/listed.js";
import { asText } from "../engine/compare.js";
import type { DocumentForm } from "../engine/document-form.js";
import { type Existing, inputsSchema, type Properties, type Recovery, type Values } from "../engine/lifecycle.js";
import { fromWire, toWire } from "../engine/wire.js";
import * as fields from "./fields.js";

/** The one table of what a use case declares. */
export const properties = {
  workspaceId: { schema: fields.uuid, change: "replace", isId: true },
  channel: { schema: z.enum(["outbound_voice", "inbound_voice", "ringless_voicemail", "email"]), change: "replace" },
  entityName: { schema: fields.useCaseName, change: "replace" },
  name: { schema: fields.useCaseName, change: "replace" },
  setupId: { schema: fields.uuid, change: "replace", isId: true },
  description: {
    schema: fields.description.optional(),
    change: "replace",
    normalise: (value) => asText(value) || undefined,
  },
  senderEmailAddress: {
    schema: z.email({ error: "must be an email address" }).optional(),
    change: "replace",
    normalise: (value) => String(value ?? "").toLowerCase(),
  },
  emailType: { schema: z.enum(["transactional", "marketing"]).optional(), change: "replace" },
  adopt: { schema: z.boolean().optional(), change: "local", default: false },
} as const satisfies Properties;

const remote = inputsSchema(properties)
  .omit({ workspaceId: true, adopt: true })
  .extend({ channel: z.string(), emailType: z.string().optional() });

export const NATURAL_KEY = ["workspaceId", "channel", "entityName", "name"] as const;

/** @internal */
export function existing(useCase: UseCaseResponse, workspaceId: string): Existing {
  const inputsThere = fromWire(remote, useCase) as Values;
  return {
    id: useCase.id,
    live: {
      ...inputsThere,
      workspaceId,
      configurationSetName: useCase.configuration_set_name,
      tier: useCase.tier,
      createdAt: useCase.created_at,
      updatedAt: useCase.updated_at,
    },
  };
}

export function sameKey(useCase: UseCaseResponse, values: Values): boolean {
  return (
    useCase.channel === values.channel && useCase.entity_name === values.entityName && useCase.name === values.name
  );
}

export function sameState(state: Values, news: Values): boolean {
  return NATURAL_KEY.every((name) => state[name] === news[name]);
}

export function bodyOf(values: Values): CreateUseCaseBody {
  return toWire(remote, values) as CreateUseCaseBody;
}

export const recovery: Recovery = {
  keyOf: ({ channel, entityName, name }) => [channel, entityName, name],
  inputsOf: ([channel, entityName, name]) => ({ channel, entityName, name }),
  find: async ({ client }, inputs) => {
    const workspaceId = String(inputs.workspaceId);
    const found = matchesIn(await client.listUseCases(workspaceId), (useCase) => sameKey(useCase, inputs));
    return found.map((useCase) => existing(useCase, workspaceId));
  },
  // A description that is not declared is empty.
  firstSent: (inputs) => ({ description: "", ...inputs }),
};

/** How use cases stand in an environment document. */
export const document: DocumentForm = {
  place: 4,
  section: "useCases",
  guarded: true,
  shape: "list",
  key: ["channel", "entityName", "name"],
  fields: ["channel", "entityName", "name", "setupId", "service", "description", "senderEmailAddress", "emailType"],
  references: { setupId: { as: "setup", aliases: "setups", mustBe: "approved" } },
  list: async (context, workspaceId) =>
    wholeOf(await context.client.listUseCases(workspaceId)).map((useCase) => existing(useCase, workspaceId)),
};
