import { type Guard, guardsOf } from "./guard.js";

const adapter = guardsOf("src/engine/adapter.ts");
const check = guardsOf("src/engine/check.ts");
const compare = guardsOf("src/engine/compare.ts");
const outputs = guardsOf("src/engine/outputs.ts");
const fields = guardsOf("src/resources/fields.ts");
const form = guardsOf("src/resources/service-form.ts");
const operations = guardsOf("src/api/operations.ts");
const schemas = guardsOf("src/api/schemas.ts");
const pages = guardsOf("src/api/pages.ts");
const answers = guardsOf("src/api/interceptors/answers.ts");
const retry = guardsOf("src/api/interceptors/retry.ts");
const limit = guardsOf("src/api/interceptors/limit.ts");
const refusedKey = guardsOf("src/api/interceptors/refused-key.ts");

export const commonGuards: Guard[] = [
  adapter(1, "the answer of an update is compared", "if (!quiet) verify(lifecycle, id, wanted, live);"),
  adapter(1, "the answer of a create is compared", "if (!request) verify(lifecycle, id, inputs, live);"),
  adapter(
    1,
    "withdrawn arguments go back to the defaults",
    "const wanted = { ...inputs, ...defaults(lifecycle, withdrawn) };",
    "const wanted: Values = { ...inputs };",
  ),
  check(5, "conflicts of the program are failures", "    ...conflicts(news[HIDDEN.conflicts]),\n"),
  outputs(5, "what is not declared is not compared", "if (inputs[name] === undefined || ", "if ("),
  operations(6, "names are percent-encoded", "return encodeURIComponent(name);", "return name;"),
  operations(6, "names that no path carries are refused", "if (impossibleNames.has(name))", "if (false)"),
  adapter(7, "a partial failure names the provider", "{ ...outs, [HIDDEN.provider]: values[HIDDEN.provider] }", "outs"),
  adapter(
    7,
    "an update without a difference finishes what failed",
    "const quiet = toWrite.length === 0 && changed.length + withdrawn.length > 0;",
    "const quiet = toWrite.length === 0;",
  ),
  fields(
    16,
    "white space at the ends is refused",
    '.regex(/^(\\S([\\s\\S]*\\S)?)?$/, { error: "must not begin or end with white space (the server may strip it)" })',
  ),
  fields(
    16,
    "tag values may not have it",
    "value: plainText(0, Number.MAX_SAFE_INTEGER).optional(),",
    "value: z.string().optional(),",
  ),
  fields(
    16,
    "the filler vocabulary may not have it",
    "fillerVocabulary: z.array(plainText(0, Number.MAX_SAFE_INTEGER)).optional(),",
    "fillerVocabulary: z.array(z.string()).optional(),",
  ),
  schemas(
    17,
    "unknown enum members are read",
    'environment: z.string().default("production"),',
    'environment: z.enum(["sandbox", "production"]).default("production"),',
  ),
  schemas(
    17,
    "optional keys may be missing",
    "safety_filters_enabled: z.boolean().default(true),",
    "safety_filters_enabled: z.boolean(),",
  ),
  schemas(17, "needed keys may not", "  agent_id: id,\n", '  agent_id: id.default(""),\n'),
  form(17, "inputs are strict", "export const inputs = z.strictObject({", "export const inputs = z.object({"),
  operations(
    17,
    "ids are checked before they enter a path",
    "if (isUuid(value)) return canonicalId(value);",
    "return value;",
  ),
  compare(
    19,
    "null is absent",
    'if (value === null || typeof value !== "object") return value ?? undefined;',
    'if (value === null || typeof value !== "object") return value;',
  ),
  pages(20, "a token that was seen ends a list", "this.#tokens.has(token)", "false"),
  pages(20, "pages that bring nothing new end a list", "this.#repeated >= mostRepeatedPages", "false"),
  pages(20, "a list that breaks off is an error", "total === undefined ? isLast : this.#seen >= total", "true"),
  pages(20, "an empty page does not end a list", "if (!has_more)", "if (!has_more || this.#empty > 0)"),
  answers(21, "a 429 was not carried out", 'reply.status === 429 ? "not-sent" : '),
  retry(21, "a 429 is tried again", "new Set([408, 429, 500,", "new Set([408, 500,"),
  refusedKey(
    21,
    "a refused key is not tried again",
    'if (earlier !== undefined) throw keyRefused(request, earlier, "not tried");',
  ),
  limit(21, "Retry-After holds everybody back", "    waitMs: retryAfterMs(reply, Date.now()),\n"),
];
