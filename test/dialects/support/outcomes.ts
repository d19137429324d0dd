import type { Setting } from "./values.js";

/** What comes of the steps of a lifecycle on which servers may rightly differ. */
export interface Outcomes {
  /** Withdrawing a persona and a voice config: gone, or the update fails by name and state keeps them. */
  readonly clearing: "cleared" | "refused";
  /** A version set that is taken out: gone, or kept by the server, which is a warning. */
  readonly removedSets: "gone" | "kept";
  /** Whether a version set that was taken out still shows right after, which is a warning too. */
  readonly removals: "at once" | "late";
  /** White space at the ends of a model's parameter, where it means something: kept, or the update fails by name. */
  readonly parameters: "kept" | "refused";
  /** Another region: written, or the update fails by name and state keeps the old one. */
  readonly region: "changed" | "refused";
  /** Somebody deletes a service to which our use case is bound. */
  readonly foreignDeletion: "leaves the binding" | "is refused" | "takes the binding along";
  /** Deleting a workspace that is archived already. */
  readonly archivedAgain: "done" | "refused";
  /** White space at the ends of texts, as the server holds it. */
  readonly ends: "kept" | "stripped";
  /** The version sets that the server adds to a new service. */
  readonly madeSets: readonly string[];
  /** Requests that are answered with 429, and sent again. */
  readonly throttled: boolean;
  /** Requests to the self-service route that find none, for the first workspace and for each later one. */
  readonly missedRoutes: 0 | 1;
}

export const byDefault: Outcomes = {
  clearing: "refused",
  removedSets: "gone",
  removals: "at once",
  parameters: "kept",
  region: "changed",
  foreignDeletion: "leaves the binding",
  archivedAgain: "done",
  ends: "kept",
  madeSets: ["edge", "release"],
  throttled: false,
  missedRoutes: 0,
};

/** In what each setting differs from the default; `{}` where its requests differ and the outcome must not. */
export const differences: Readonly<Record<string, Partial<Outcomes>>> = {
  "putNull=clears": { clearing: "cleared" },
  "putAbsent=default": {},
  "putVersionSets=merges": { removedSets: "kept" },
  "regionImmutable=true": { region: "refused" },
  "archivedStatus=403": { archivedAgain: "refused" },
  "selfServiceRoute=me": { missedRoutes: 1 },
  "defaultsInAnswers=false": {},
  "trimStrings=true": { ends: "stripped", parameters: "refused" },
  "unknownKeys=refused": {},
  "extraKeys=true": {},
  "versionSetLagMs=120": { removals: "late" },
  "listLagMs=150": {},
  "getLagMs=140": {},
  "deleteBoundService=refused": { foreignDeletion: "is refused" },
  "deleteBoundService=cascades": { foreignDeletion: "takes the binding along" },
  "useCaseUnique=false": {},
  "rateLimit=seconds": { throttled: true },
  "rateLimit=date": { throttled: true },
  "rateLimit=absent": { throttled: true },
  "serverMadeSets=false": { madeSets: [] },
  "validationBodies=empty": {},
  "errorBodies=object": {},
  "errorBodies=empty": {},
};

/** No two settings of different switches decide the same outcome, so a combination is the sum of its parts. */
export function outcomesOf(chosen: readonly Setting[]): Outcomes {
  return Object.assign({}, byDefault, ...chosen.map(({ label }) => differences[label] ?? {}));
}
