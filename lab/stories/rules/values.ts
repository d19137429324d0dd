import type { Kind, Values } from "../../engine/program.js";
import type { Entry } from "../../engine/state.js";
import { means, PROPERTIES, type Property, SECRET } from "../kinds.js";
import {
  complete,
  type Declared,
  inPreview,
  movedMeanwhile,
  type Observation,
  stepOf,
  writes,
} from "../observation.js";
import type { Rule } from "../violation.js";
import { aSetIsDeclaredTwice, writtenIdIsStale } from "./outcome.js";

const lower = (id: unknown) => String(id).toLowerCase();
const show = (value: unknown) => JSON.stringify(value) ?? "nothing";

/** The resources that existed before the run and are the same thing after it. */
function kept(seen: Observation): (Declared & { live: Values; was: Values })[] {
  return seen.declared.flatMap((declared) => {
    const { draft, before, after } = declared;
    if (!after) return [];
    const live = seen.after.live(draft.kind, after.id);
    const was = seen.before.live(draft.kind, after.id);
    if (!live || !was || boundMeanwhile(seen, draft.kind, after.id)) return [];
    if (before && before.id.toLowerCase() !== after.id.toLowerCase()) return [];
    return [{ ...declared, live, was }];
  });
}

/** Whether somebody else bound this binding's use case while the run did. */
function boundMeanwhile(seen: Observation, kind: Kind, id: string): boolean {
  return kind === "serviceBinding" && movedMeanwhile(seen).includes(lower(id));
}

/** The whole run went through, or this resource's own step did. */
function isAcknowledged(seen: Observation, declared: Declared): boolean {
  return complete(seen) || (seen.run === "up" && !inPreview(seen) && stepOf(seen, declared)?.ok === true);
}

function eachProperty(declared: Declared): [string, Property][] {
  return Object.entries(PROPERTIES[declared.draft.kind]);
}

/**
 * Whether this run is what wrote the property: the program says something else than state did. Declaring the default where
 * nothing was declared says nothing else.
 */
function isChanged({ before, wanted }: Declared, name: string, property: Property): boolean {
  const former = before?.outputs[name];
  return !means(property, former, wanted[name]) || (former === undefined && Boolean(property.partial));
}

/** What the run changes holds afterwards: the declared value, or the contract's default for one that was withdrawn. */
const whatChangedIsWritten: Rule = (seen) =>
  kept(seen).flatMap((declared) => {
    const { draft, before, wanted, ignored, live } = declared;
    if (!before || !isAcknowledged(seen, declared)) return [];
    return eachProperty(declared).flatMap(([name, property]) => {
      if (ignored.includes(name)) return [];
      // A replacement finds its own set there, and leaves what it does not declare.
      if (draft.kind === "versionSet" && wanted[name] === undefined && seen.options.replace) return [];
      // A default that was declared later than made was no change, so state never held it.
      const stood = before.inputs[name] !== undefined && before.outputs[name] !== undefined;
      const withdrawn = wanted[name] === undefined && stood && !property.stays;
      const concerns = wanted[name] === undefined ? withdrawn : isChanged(declared, name, property);
      if (!concerns || means(property, wanted[name], live[name])) return [];
      return [
        `${draft.kind} "${draft.name}": ${name} should be ${show(wanted[name] ?? property.default)}, is ${show(live[name])}`,
      ];
    });
  });

/** What is new holds every declared value, and the contract's default for all others. */
const whatIsNewIsAsDeclared: Rule = (seen) =>
  seen.declared.flatMap((declared) => {
    const { draft, after, wanted, ignored } = declared;
    const live = after && isAcknowledged(seen, declared) && seen.after.live(draft.kind, after.id);
    if (!live || seen.before.live(draft.kind, after.id) || boundMeanwhile(seen, draft.kind, after.id)) return [];
    return eachProperty(declared)
      .filter(([name, property]) => !ignored.includes(name) && !means(property, wanted[name], live[name]))
      .map(
        ([name]) => `${draft.kind} "${draft.name}": ${name} should be ${show(wanted[name])}, is ${show(live[name])}`,
      );
  });

function isSetOf({ kind, id }: Entry, serviceId: string): boolean {
  return kind === "versionSet" && lower(id).startsWith(lower(serviceId));
}

/** What the run does not change, ignored or drifted or undeclared, stays as the server had it. */
const whatDidNotChangeStays: Rule = (seen) => {
  if (seen.run !== "up" || seen.result.outcome === "killed") return [];
  return kept(seen).flatMap((declared) => {
    const { draft, before, wanted, ignored, live, was } = declared;
    if (
      mayLag(draft.kind, seen) ||
      !before ||
      before.initErrors.length > 0 ||
      stepOf(seen, declared)?.type === "replace" ||
      // Its deletion may have been carried out although it got no answer.
      (seen.faulty && seen.options.replace?.includes(declared.urn)) ||
      // It is to go, and another binding of the program may have its use case already.
      (draft.kind === "serviceBinding" && lower(wanted.useCaseId) !== lower(before.id))
    )
      return [];
    return eachProperty(declared).flatMap(([name, property]) => {
      const quiet =
        ignored.includes(name) ||
        (wanted[name] === undefined ? before.inputs[name] === undefined : !isChanged(declared, name, property));
      // A set that is a resource of its own may go.
      if (name === "versionSets" && seen.before.entries().some((held) => isSetOf(held, before.id))) return [];
      if (!quiet || (seen.options.refresh && !ignored.includes(name) && wanted[name] !== undefined)) return [];
      if (means(property, property.partial ? only(was[name], wanted[name]) : was[name], live[name])) return [];
      return [
        `${draft.kind} "${draft.name}": ${name} was ${show(was[name])} on the server and is ${show(live[name])}; this run did not change it`,
      ];
    });
  });
};

/** Of a map that counts in part only, the keys that the program declares. */
function only(value: unknown, wanted: unknown): unknown {
  return Object.fromEntries(
    Object.entries((value ?? {}) as object).filter(([key]) => Object.hasOwn((wanted ?? {}) as object, key)),
  );
}

/** An update that passes a value which somebody changed by hand says so, with both values. */
const driftBesideAChangeIsReported: Rule = (seen) => {
  if (!complete(seen) || seen.options.refresh) return [];
  const text = seen.result.warnings.join("\n");
  return kept(seen).flatMap((declared) => {
    const { draft, before, wanted, ignored, was, live } = declared;
    if (!before || stepOf(seen, declared)?.type !== "update" || before.initErrors.length > 0) return [];
    if (mayLag(draft.kind, seen) || !wrote(seen, declared)) return [];
    return eachProperty(declared).flatMap(([name, property]) => {
      if (wanted[name] === undefined || ignored.includes(name) || isChanged(declared, name, property)) return [];
      if (means(property, wanted[name], was[name]) || text.includes(name)) return [];
      return [
        `${draft.kind} "${draft.name}": ${name} is declared ${show(wanted[name])}, was ${show(was[name])} on the server, is ${show(live[name])}, and no warning names it`,
      ];
    });
  });
};

function wrote(seen: Observation, { draft, after }: Declared): boolean {
  const id = after?.id.split("/")[0]?.toLowerCase() ?? "";
  const path = draft.kind === "testCallerNumbers" ? "test-caller" : id;
  // A version set stands below its service, and its removal writes the service.
  const ofAnother = draft.kind === "service" ? "upsert-service-version-set" : undefined;
  const sets = (entries: readonly Entry[]) => entries.filter((held) => isSetOf(held, id)).map((held) => held.id);
  const stayed = new Set(sets(seen.after.entries()));
  if (draft.kind === "service" && sets(seen.before.entries()).some((set) => !stayed.has(set))) return false;
  return writes(seen).some((request) => request.path.toLowerCase().includes(path) && request.operation !== ofAnother);
}

/** What state shows of a thing that the run wrote or read is what exists, declared or not. */
const outputsAreTrue: Rule = (seen) => {
  if (seen.result.outcome === "killed" || inPreview(seen) || seen.run === "destroy") return [];
  const entries = seen.after.states[seen.index] ?? [];
  // After a rename without alias two entries may be of one thing until the run goes through.
  const isAlone = ({ kind, id }: Entry) => entries.filter((other) => other.kind === kind && other.id === id).length < 2;
  return entries.filter(isAlone).flatMap((entry) => {
    const steps = seen.result.steps.filter(({ urn }) => urn === entry.urn);
    const looked =
      steps.every(({ ok }) => ok) && steps.some(({ type }) => ["create", "replace", "read"].includes(type));
    const live = seen.after.live(entry.kind, entry.id);
    if (!looked || !live || entry.pendingDelete || mayLag(entry.kind, seen)) return [];
    if (entry.kind === "versionSet" && aSetIsDeclaredTwice(seen)) return [];
    if (boundMeanwhile(seen, entry.kind, entry.id)) return [];
    return Object.entries(PROPERTIES[entry.kind]).flatMap(([name, property]) => {
      const shown = entry.outputs[name];
      if (means(property, shown, live[name])) return [];
      // It was moved aside for another one's name, and the run failed before its own turn.
      const isAside = name === "name" && live[name] === `${shown} (${entry.id})`;
      if (isAside && seen.result.outcome === "failed") return [];
      return [
        `${entry.kind} "${entry.name}": state shows ${name} ${show(shown)}, the server holds ${show(live[name])}`,
      ];
    });
  });
};

/** Where reads lag, a run does not wait for what it did not write. */
function mayLag(kind: string, { dialect }: Observation): boolean {
  return dialect.listLagMs > 0 || (kind === "versionSet" && dialect.versionSetLagMs > 0);
}

/** What is declared exactly as it exists is not replaced. */
const whatFitsIsNotReplaced: Rule = (seen) => {
  // Nor is what is named by the written id of something that this run replaces.
  if (seen.run !== "up" || seen.result.failedIn === "preview" || writtenIdIsStale(seen)) return [];
  return seen.declared.flatMap((declared) => {
    const { draft, urn, before, wanted, ignored } = declared;
    if (!before || seen.options.replace || before.initErrors.length > 0) return [];
    const was = seen.before.live(draft.kind, before.id);
    if (!was || stepOf(seen, declared)?.type !== "replace") return [];
    const fits = eachProperty(declared).every(
      ([name, property]) => ignored.includes(name) || means(property, wanted[name], was[name]),
    );
    const known = eachProperty(declared).every(
      ([name, property]) =>
        wanted[name] === undefined ||
        before.outputs[name] === undefined ||
        means(property, wanted[name], before.outputs[name]),
    );
    return fits && known ? [`${urn.split("::").at(-1)} (${before.id}) was replaced; it was as declared`] : [];
  });
};

/** A workspace that is to be provisioned is provisioned when the run ends well. */
const whatIsDeclaredIsFinished: Rule = (seen) => {
  if (!complete(seen)) return [];
  return seen.declared.flatMap(({ draft, after, wanted }) => {
    if (draft.kind !== "workspace" || !after || wanted.provision === false) return [];
    const workspace = seen.after.store.workspaces.get(after.id);
    return workspace && workspace.provisioned_at === null ? [`workspace "${draft.name}" is not provisioned`] : [];
  });
};

/** No key and no secret argument shows in a message, in the file of the state, or among the errors in state, and no key anywhere. */
const secretsDoNotShow: Rule = (seen) => {
  const { result, after, key } = seen;
  const messages = [...result.errors, ...result.warnings, ...after.entries().flatMap(({ initErrors }) => initErrors)];
  const inClear = (text: string) => text.includes(SECRET) || text.includes(key);
  return [
    ...messages.filter(inClear).map((text) => `in clear: ${text.slice(0, 300)}`),
    ...after.stateFiles.filter(inClear).map(() => "in clear in the file of the state"),
    ...after
      .entries()
      .filter((entry) => JSON.stringify(entry).includes(key))
      .map(({ kind, name }) => `the key stands in the state of ${kind} "${name}"`),
    ...(seen.log.includes(key) ? ["the key stands in the log"] : []),
  ];
};

export const valueRules = {
  whatChangedIsWritten,
  whatIsNewIsAsDeclared,
  whatDidNotChangeStays,
  driftBesideAChangeIsReported,
  outputsAreTrue,
  whatFitsIsNotReplaced,
  whatIsDeclaredIsFinished,
  secretsDoNotShow,
};
