import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import type { Dialect } from "./dialects.js";
import type { ValidationIssue } from "./errors.js";
import { isInternalKey } from "./internal-key.js";
import { type ParameterObject, parametersSchema, readParameters } from "./parameters.js";
import { issuesOf, type JsonSchema, withoutUnknownKeys } from "./validation.js";

interface OperationObject {
  operationId: string;
  parameters?: ParameterObject[];
  requestBody?: { content: { "application/json": { schema: JsonSchema } } };
  responses: Record<string, { description: string; content?: { "application/json": { schema: JsonSchema } } }>;
}

interface ContractDocument {
  components: { schemas: Record<string, JsonSchema> };
  paths: Record<string, Record<string, OperationObject>>;
}

/** What a request carries, as it came. */
export interface UncheckedRequest {
  path: Record<string, string>;
  query: Record<string, string>;
  body: unknown;
}

/** The same, checked and converted. */
export interface CheckedRequest {
  path: Record<string, string>;
  query: Record<string, unknown>;
  body: unknown;
}

type KeyRules = Pick<Dialect, "unknownKeys" | "extraKeys">;
type Compile = (schema: JsonSchema) => ValidateFunction;

/** One operation of the contract: where it is served and what may go in and out. */
export class Operation {
  readonly id: string;
  readonly method: string;
  /** As in the contract: `/v1/{workspace_id}/services`. */
  readonly path: string;
  readonly writes: boolean;
  readonly #object: OperationObject;
  readonly #document: ContractDocument;
  readonly #compile: Compile;
  readonly #parameters: Record<"path" | "query", { list: ParameterObject[]; schema: JsonSchema }>;

  constructor(method: string, path: string, object: OperationObject, document: ContractDocument, compile: Compile) {
    this.id = object.operationId;
    this.method = method.toUpperCase();
    this.path = path;
    this.writes = this.method !== "GET";
    this.#object = object;
    this.#document = document;
    this.#compile = compile;
    this.#parameters = { path: this.#parametersIn("path"), query: this.#parametersIn("query") };
  }

  get hasBody(): boolean {
    return this.#object.requestBody !== undefined;
  }

  /** What the contract says about a status of this operation. */
  describe(status: number): string | undefined {
    return this.#object.responses[String(status)]?.description;
  }

  /** Checks a request against the contract and drops body keys that it does not know, or reports them. */
  checkRequest(request: UncheckedRequest, dialect: KeyRules): CheckedRequest | ValidationIssue[] {
    const path = this.#checkParameters("path", request.path);
    const query = this.#checkParameters("query", request.query);
    const body = this.#checkBody(request.body, dialect);
    const issues = [...path.issues, ...query.issues, ...body.issues];
    return issues.length > 0 ? issues : { path: request.path, query: query.values, body: body.body };
  }

  /** Says how an answer breaks the contract; undefined where it does not. Statuses from 400 may be undocumented. */
  checkAnswer(status: number, body: unknown): string | undefined {
    const response = this.#object.responses[String(status)];
    if (response === undefined) return status >= 400 ? undefined : `status ${status} is not in the contract`;
    const schema = response.content?.["application/json"].schema;
    if (body === undefined) return schema === undefined || status >= 400 ? undefined : "the body is missing";
    if (schema === undefined) return status >= 400 ? undefined : "the contract has no body here";
    const validate = this.#compile(schema);
    if (validate(body)) return undefined;
    return issuesOf(validate.errors ?? [], "answer", body)
      .map((issue) => `${issue.loc.join(".")}: ${issue.msg}`)
      .join("; ");
  }

  #parametersIn(place: "path" | "query"): { list: ParameterObject[]; schema: JsonSchema } {
    const list = (this.#object.parameters ?? []).filter((parameter) => parameter.in === place);
    return { list, schema: parametersSchema(list) };
  }

  #checkParameters(
    place: "path" | "query",
    texts: Record<string, string>,
  ): { values: Record<string, unknown>; issues: ValidationIssue[] } {
    const { list, schema } = this.#parameters[place];
    const values = readParameters(list, texts);
    const validate = this.#compile(schema);
    return { values, issues: validate(values) ? [] : issuesOf(validate.errors ?? [], place, values) };
  }

  #checkBody(body: unknown, { unknownKeys, extraKeys }: KeyRules): { body: unknown; issues: ValidationIssue[] } {
    const declared = this.#object.requestBody?.content["application/json"].schema;
    if (declared === undefined) return { body: undefined, issues: [] };
    const schema = chosenSchema(declared, body);
    if (schema === undefined) {
      const field = declared.discriminator?.propertyName ?? "";
      const msg = `Input tag '${field}' is missing or none of the expected tags`;
      return { body, issues: [{ loc: ["body", field], msg, type: "union_tag_invalid", input: body }] };
    }
    const validate = this.#compile(schema);
    const issues = validate(body) ? [] : issuesOf(validate.errors ?? [], "body", body);
    const known = withoutUnknownKeys(this.#document.components.schemas, schema, body, (path) => {
      return extraKeys === "kept" && isInternalKey(path);
    });
    for (const path of known.unknown) {
      if (unknownKeys === "ignored" && !(extraKeys === "refused" && isInternalKey(path))) continue;
      issues.push({ loc: ["body", ...path], msg: "Extra inputs are not permitted", type: "extra_forbidden" });
    }
    return { body: known.value, issues };
  }
}

let loaded: readonly Operation[] | undefined;

/** The operations of `contract/openapi.json`, read once per process. */
export function loadOperations(): readonly Operation[] {
  loaded ??= readOperations(join(__dirname, "..", "..", "contract", "openapi.json"));
  return loaded;
}

function readOperations(file: string): Operation[] {
  const document = JSON.parse(readFileSync(file, "utf8")) as ContractDocument;
  const compile = compilerOf(document);
  return Object.entries(document.paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, object]) => new Operation(method, path, object, document, compile)),
  );
}

function compilerOf(document: ContractDocument): Compile {
  // The contract is no stranger's and each process compiles it anew: checking and optimising cost more than they save.
  const quick = { validateSchema: false, code: { optimize: false } };
  const ajv = new Ajv2020({ allErrors: true, strict: false, verbose: true, ...quick });
  addFormats(ajv, ["uuid", "email", "date-time"]);
  for (const [name, schema] of Object.entries(document.components.schemas)) {
    ajv.addSchema(absolute(schema), componentsPrefix + name);
  }
  const compiled = new Map<JsonSchema, ValidateFunction>();
  return (schema) => {
    const known = compiled.get(schema);
    if (known !== undefined) return known;
    const validate = ajv.compile(absolute(schema));
    compiled.set(schema, validate);
    return validate;
  };
}

const componentsPrefix = "contract:/components/";

/** References inside the document start at its root; as schemas of their own they need a name. */
function absolute(schema: JsonSchema): JsonSchema {
  return JSON.parse(JSON.stringify(schema).replaceAll("#/components/schemas/", componentsPrefix)) as JsonSchema;
}

const references = new Map<string, JsonSchema>();

/** The member of a discriminated union that a body names; other schemas as they are. */
function chosenSchema(schema: JsonSchema, body: unknown): JsonSchema | undefined {
  if (schema.discriminator === undefined) return schema;
  const tag =
    typeof body === "object" && body !== null ? Reflect.get(body, schema.discriminator.propertyName) : undefined;
  const { mapping } = schema.discriminator;
  const reference = typeof tag === "string" && Object.hasOwn(mapping, tag) ? mapping[tag] : undefined;
  if (reference === undefined) return undefined;
  const chosen = references.get(reference) ?? { $ref: reference };
  references.set(reference, chosen);
  return chosen;
}
