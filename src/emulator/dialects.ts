import { z } from "zod";
import { historyMs } from "./table.js";

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
  /**
   * true: answers carry keys and, on things the caller did not make, enum members that the contract lacks.
   * `kept` and `refused`: answers carry `x_internal` inside the voice config and each version set. A request with that
   * key there is taken, and one without it loses what stood there; or a request with it is a 422.
   */
  extraKeys: z.union([z.boolean(), z.enum(["kept", "refused"])]),
  /** Names of workspaces and services are stored as sent, in Unicode NFC, or with `&` as `&amp;`. */
  nameForm: z.enum(["sent", "nfc", "entities"]),
  /** Ids in answers: small letters or capitals. In requests their case never matters. */
  idCase: z.enum(["lower", "upper"]),
  /** Times in answers end in `Z`, or have no zone. */
  timeZone: z.enum(["utc", "none"]),
  /** Repeated keyterms and tags of a service are kept, or dropped. */
  keyterms: z.enum(["kept", "deduplicated"]),
  /** true: use cases come in pages of 20 with `has_more`, `continuation_token` and `total`, as services do. */
  useCasePages: z.boolean(),
  /** true: before each page of a paged list comes an empty one with `has_more` and a token of its own. */
  emptyPages: z.boolean(),
  /** true: the tokens of paged lists fall instead of rising. */
  fallingTokens: z.boolean(),
  /** Paged lists name their `total`, or leave it out. */
  listTotal: z.enum(["present", "absent"]),
  /** Milliseconds for which a create with the name of a deleted service, or the key of a deleted use case, is a 409. */
  freesNameAfter: z.number().min(0).max(historyMs),
  /** Milliseconds for which every other write that names a new workspace, service or use case is a 404. */
  showsAfter: z.number().nonnegative(),
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

export const dialectSchema = z.strictObject(dialectShape);

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
    nameForm: "sent",
    idCase: "lower",
    timeZone: "utc",
    keyterms: "kept",
    useCasePages: false,
    emptyPages: false,
    fallingTokens: false,
    listTotal: "present",
    freesNameAfter: 0,
    showsAfter: 0,
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
