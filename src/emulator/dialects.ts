import { z } from "zod";

/**
 * Where the contract is silent the real server may behave in more than one way. Each member is one such question;
 * the first answer is the default. All can be changed while the emulator runs.
 */
export const dialectShape = {
  /** `null` in PUT service: the field keeps its value, or goes back to its default (persona and voice: none). */
  putNull: z.enum(["unchanged", "clears"]),
  /** A field left out of PUT service: keeps its value, or goes back to its default (full replacement). */
  putAbsent: z.enum(["unchanged", "default"]),
  /** `version_sets` in PUT service: the whole map, or only the named sets are written. `edge` and `release` stay. */
  putVersionSets: z.enum(["replaces", "merges"]),
  /** true: a `region` in PATCH workspace is a 422. */
  regionImmutable: z.boolean(),
  /** What every request to an archived workspace is answered with. */
  archivedStatus: z.union([z.literal(404), z.literal(403)]),
  /** Self-service route: `POST /v1/workspaces/self-service`, or `POST /v1/me/workspaces`; the other is a 404. */
  selfServiceRoute: z.enum(["v1", "me"]),
  /** true: answers spell out nested defaults and nulls; false: they show what was sent, optional nulls left out. */
  defaultsInAnswers: z.boolean(),
  /** true: every string of a request body loses its leading and trailing white space, then is validated. */
  trimStrings: z.boolean(),
  /** Body keys that the contract does not know: dropped, or a 422. */
  unknownKeys: z.enum(["ignored", "refused"]),
  /** true: answers carry keys and, on things the caller did not make, enum members that the contract lacks. */
  extraKeys: z.boolean(),
  /** Milliseconds until a written version set shows in answers. */
  versionSetLagMs: z.number().nonnegative(),
  /** Lists show the state of that many milliseconds ago (at most a minute). */
  listLagMs: z.number().nonnegative(),
  /** Single GETs show the state of that many milliseconds ago (at most a minute). */
  getLagMs: z.number().nonnegative(),
  /** Deleting a bound service: its bindings stay and point nowhere; it is a 409; its bindings go with it. */
  deleteBoundService: z.enum(["dangling", "refused", "cascades"]),
  /** false: an identical use case (channel, entity, name) is made a second time instead of a 409. */
  useCaseUnique: z.boolean(),
  /** Requests per window, per organisation and operation; beyond that 429. Off when undefined. */
  rateLimit: z
    .strictObject({
      requests: z.int().positive(),
      perMs: z.int().positive(),
      retryAfter: z.enum(["seconds", "date", "absent"]),
    })
    .optional(),
  /** true: a new service gets the version sets `edge` and `release` by itself. */
  serverMadeSets: z.boolean(),
  /** Body of a 422: the list of problems, or none. */
  validationBodies: z.enum(["list", "empty"]),
  /** Body of other errors: `detail` is a string; `detail` is an object; no body. */
  errorBodies: z.enum(["detail", "object", "empty"]),
};

const dialectSchema = z.strictObject(dialectShape);

export type Dialect = z.infer<typeof dialectSchema>;

/** The names of all dialect switches. */
export const dialectNames = Object.keys(dialectShape) as (keyof Dialect)[];

export function defaultDialect(): Dialect {
  return {
    putNull: "unchanged",
    putAbsent: "unchanged",
    putVersionSets: "replaces",
    regionImmutable: false,
    archivedStatus: 404,
    selfServiceRoute: "v1",
    defaultsInAnswers: true,
    trimStrings: false,
    unknownKeys: "ignored",
    extraKeys: false,
    versionSetLagMs: 0,
    listLagMs: 0,
    getLagMs: 0,
    deleteBoundService: "dangling",
    useCaseUnique: true,
    rateLimit: undefined,
    serverMadeSets: true,
    validationBodies: "list",
    errorBodies: "detail",
  };
}

/** Checks some dialect settings; throws an error that names every wrong one. `rateLimit: null` switches it off. */
export function parseDialect(settings: unknown): Partial<Dialect> {
  const given = isRecord(settings) && settings.rateLimit === null ? { ...settings, rateLimit: undefined } : settings;
  const parsed = dialectSchema.partial().safeParse(given);
  if (parsed.success) return parsed.data;
  throw new Error(parsed.error.issues.map((issue) => `dialect ${issue.path.join(".")}: ${issue.message}`).join("\n"));
}

/** Reads `name=value` as typed on a command line; values are JSON or bare words, `rateLimit` may be `10/1000/seconds`. */
export function parseDialectSetting(text: string): Partial<Dialect> {
  const separator = text.indexOf("=");
  const name = text.slice(0, Math.max(separator, 0));
  if (!(dialectNames as string[]).includes(name)) {
    throw new Error(`"${text}" is no dialect setting; write name=value with one of: ${dialectNames.join(", ")}`);
  }
  const value = text.slice(separator + 1);
  const rate = name === "rateLimit" ? /^(\d+)\/(\d+)(?:\/(\w+))?$/.exec(value) : null;
  if (rate !== null) {
    const [, requests, perMs, retryAfter = "seconds"] = rate;
    return parseDialect({ rateLimit: { requests: Number(requests), perMs: Number(perMs), retryAfter } });
  }
  return parseDialect({ [name]: jsonOrWord(value) });
}

function jsonOrWord(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
