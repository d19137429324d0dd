import type { Guard } from "../traps/guards/guard.js";

/**
 * A wrong implementation that a default server does not show: a smallest change of the source, under which everything
 * passes by default and a test fails under the setting.
 */
export interface DialectGuard extends Omit<Guard, "trap" | "guard"> {
  /** The label of the setting under which it is noticed. */
  readonly setting: string;
  /** What the wrong implementation does, in a clause. */
  readonly wrong: string;
  /** The label of another setting that has to come along. */
  readonly together?: string;
}

type Take = (setting: string, wrong: string, find: string, replace?: string) => DialectGuard;

function wrongIn(file: string): Take {
  return (setting, wrong, find, replace = "") => ({ setting, wrong, file, find, replace });
}

const writes = wrongIn("src/resources/service-writes.ts");
const service = wrongIn("src/resources/service.ts");
const workspace = wrongIn("src/resources/workspace.ts");
const children = wrongIn("src/resources/children.ts");
const client = wrongIn("src/api/client.ts");
const schemas = wrongIn("src/api/schemas.ts");
const fields = wrongIn("src/resources/fields.ts");
const versionSet = wrongIn("src/resources/version-set.ts");
const useCase = wrongIn("src/resources/use-case.ts");
const binding = wrongIn("src/resources/service-binding.ts");
const retryAfter = wrongIn("src/api/retry-after.ts");
const failureBody = wrongIn("src/api/failure-body.ts");

const wholeBody = "{ ...fullBody(current), ...changes }";

export const dialectGuards: readonly DialectGuard[] = [
  writes(
    "putNull=clears",
    "sends `null` for every field that stays",
    wholeBody,
    "{ ...Object.fromEntries(Object.keys(fullBody(current)).map((name) => [name, null])), ...changes }",
  ),
  writes(
    "putAbsent=default",
    "leaves out what is false or empty",
    ".filter(([, value]) => value !== null)",
    ".filter(([, value]) => Boolean(value))",
  ),
  service(
    "putVersionSets=merges",
    "believes that an inline set is gone once it was left out",
    "of dropped.filter(",
    "of dropped.slice(dropped.length).filter(",
  ),
  workspace(
    "regionImmutable=true",
    "repeats every declared field once one differs",
    "const values = Object.fromEntries(differing.map(",
    "const values = Object.fromEntries(Object.keys(updateBody.shape).filter((name) => wanted[name] !== undefined).map(",
  ),
  children(
    "archivedStatus=403",
    "looks at the workspace after a 404 only",
    "    if (!NotFoundError.isInstance(error) && !PermissionError.isInstance(error)) throw error;\n    await workspace",
    "    if (!NotFoundError.isInstance(error)) throw error;\n    await workspace",
  ),
  client(
    "selfServiceRoute=me",
    "takes only a 405 for a missing route",
    "(error.status === 404 || error.status === 405)",
    "error.status === 405",
  ),
  schemas(
    "defaultsInAnswers=false",
    "wants optional keys to be spelt out as null",
    "const nullableText = z.string().nullable().default(null);",
    "const nullableText = z.string().nullable();",
  ),
  fields(
    "trimStrings=true",
    "compares a model's parameters without their ends, so that a stripped one passes for what was declared",
    "[purpose, { params: {}, ...preference }]",
    '[purpose, JSON.parse(JSON.stringify({ params: {}, ...preference }, (_, part) => (typeof part === "string" ? part.trim() : part)))]',
  ),
  writes(
    "unknownKeys=refused",
    "sends back what it read, computed keys included",
    wholeBody,
    "{ ...current, ...changes }",
  ),
  schemas(
    "extraKeys=true",
    "refuses an answer with a key that the contract lacks",
    "export const serviceBindingSchema = z.object({",
    "export const serviceBindingSchema = z.strictObject({",
  ),
  writes(
    "versionSetLagMs=120",
    "takes an inline set for written once its name shows",
    "sameSet(set, setOf({ version_sets }, name))",
    "setOf({ version_sets }, name) !== undefined",
  ),
  useCase(
    "listLagMs=150",
    "takes what this run has deleted, and a list still shows, for something that stands in the way",
    '(useCase) => sameKey(useCase, news) && context.memory.wasRemoved("UseCase", useCase.id) === undefined,',
    "(useCase) => sameKey(useCase, news),",
  ),
  versionSet(
    "getLagMs=140",
    "reads the service before the first write of a version set, made in this run or not",
    'if (!context.memory.wasMade("Service", serviceId)) {',
    "if (true) {",
  ),
  versionSet(
    "getLagMs=140",
    "gives up where the read after a write does not know the new service yet",
    '!context.memory.wasMade("Service", serviceId)) throw error;',
    "true) throw error;",
  ),
  children(
    "deleteBoundService=refused",
    "takes a 409 to a deletion for done",
    "    if (!NotFoundError.isInstance(error) && !PermissionError.isInstance(error)) throw error;\n    await workspace",
    "    if (!NotFoundError.isInstance(error) && !PermissionError.isInstance(error) && (error as { status?: number }).status !== 409) throw error;\n    await workspace",
  ),
  binding(
    "deleteBoundService=cascades",
    "cannot remove a binding that is gone",
    "await removeFromWorkspace(context, workspaceId, async () => {",
    "await ((...[, , work]: [unknown, unknown, () => Promise<void>]) => work())(context, workspaceId, async () => {",
  ),
  useCase(
    "useCaseUnique=false",
    "leaves it to the API to refuse what exists",
    "const before = await reads.useCasesBefore();",
    "const before: UseCaseResponse[] = [];",
  ),
  retryAfter(
    "rateLimit=seconds",
    "takes the seconds of `Retry-After` for milliseconds",
    "Number(asked) * 1000",
    "Number(asked)",
  ),
  retryAfter(
    "rateLimit=date",
    "does not understand a date in `Retry-After`",
    ": untilDate(asked, reply, now);",
    ": undefined;",
  ),
  retryAfter(
    "rateLimit=absent",
    "takes a 429 without `Retry-After` for leave to try again at once",
    'if (reply.status !== 429 || header(reply, "x-ratelimit-remaining") !== "0") return undefined;',
    "return undefined;",
  ),
  versionSet(
    "serverMadeSets=false",
    "does not write an empty `release`, since every service has one",
    "return write(context, news, news);",
    // biome-ignore lint/suspicious/noTemplateCurlyInString: text of the source
    'return name === "release" && Object.values(pickBody(news)).every((value) => value === undefined) ? { id: `${serviceId}/${name}`, live: { workspaceId, serviceId, name } } : write(context, news, news);',
  ),
  {
    ...workspace(
      "validationBodies=empty",
      "knows the refusal of a region by its words",
      "(error as { status?: number }).status !== 422",
      "!/region cannot be changed|region of a workspace/i.test(String((error as { problems?: { message: string }[] }).problems?.[0]?.message))",
    ),
    together: "regionImmutable=true",
  },
  failureBody(
    "errorBodies=object",
    "takes `detail` for text and shows an object as JSON",
    "const inner = isRecord(detail) ? detail : body;",
    "const inner = body;",
  ),
  useCase(
    "errorBodies=empty",
    "knows by the words of a 409 that the use case exists",
    "if (ConflictError.isInstance(error)) {",
    "if (ConflictError.isInstance(error) && /exist/i.test(error.detail)) {",
  ),
];
