import Ajv from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import { expect, it } from "vitest";
import { parse as parseYaml } from "yaml";
import { z } from "zod";
import { configSchema } from "../../src/environment/config.js";
import { referencesSchema } from "../../src/environment/references.js";
import { jsonSchema } from "../../src/environment/schema.js";
import { fleetJsonSchema } from "../../src/fleet/schema.js";
import { withDocstrings } from "../reference/support/document-schema.js";

const schemas: Record<string, () => object> = {
  environment: () => withDocstrings(jsonSchema()),
  fleet: fleetJsonSchema,
  references: () => z.toJSONSchema(referencesSchema, { io: "input", unrepresentable: "any" }),
  amigo: () => z.toJSONSchema(configSchema, { io: "input", unrepresentable: "any" }),
};

it.each(
  Object.keys(schemas),
)("schemas/%s.schema.json is what the source says (npm run docs writes it)", async (name) => {
  const text = `${JSON.stringify(schemas[name]?.(), undefined, 2)}\n`;
  await expect(text).toMatchFileSnapshot(`../../schemas/${name}.schema.json`);
});

it("lets editors check a document as the commands do", () => {
  const check = addFormats(new Ajv({ strict: false })).compile(jsonSchema());
  const document = parseYaml(`version: 1
services:
  Front desk:
    agent: front-desk
    contextGraph: scheduling
    tags: [{ key: team, value: x }, { key: tier }]
    versionSets:
      release: { agentVersionNumber: 3, llmModelPreferences: { chat: { llmName: m, params: { temperature: 0.2 } } } }
useCases:
  - { channel: inbound_voice, entityName: Riverside, name: Reception, setup: main-line, service: Front desk }
testCallerNumbers: ["+14155550100"]
incomplete: [useCases.service]
`);
  expect(check(document), JSON.stringify(check.errors)).toBe(true);
  for (const wrong of [{ version: 2 }, { version: 1, service: {} }, { version: 1, services: { A: { agent: "a" } } }]) {
    expect(check(wrong)).toBe(false);
  }
});
