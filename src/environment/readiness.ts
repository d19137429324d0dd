import { stackOf, stackParts } from "../engine/owner.js";
import { firstNames } from "../first-names.js";
import { describe, type Environment, type Item, keyOf } from "./environment.js";
import { problemsOf } from "./export.js";
import { fieldsOf, type Kind, kinds } from "./kinds.js";
import type { Inventory } from "./live.js";
import type { References } from "./references.js";

/** What is known of one condition before anything is written. */
export interface Check {
  /**
   * - `verified`: it holds.
   * - `to be learnt`: this API cannot be asked; the run will show it.
   * - `blocked`: it does not hold, and nothing may be written.
   */
  readonly class: "verified" | "to be learnt" | "blocked";
  readonly sentence: string;
}

export interface Target {
  /** How messages name it. */
  readonly name: string;
  /** What exists there; undefined where the workspace is yet to be made. */
  readonly inventory?: Inventory;
  readonly environment?: Environment;
  /** Aliases that are missing and can be found by name are added. */
  readonly references: References;
  readonly referencesFile: string;
  /** The ids of what the stack manages already, by `kind id`. */
  readonly managed: ReadonlySet<string>;
  /** How what exists and is nobody's comes under a stack, as a part of a sentence. */
  readonly adoptAdvice: string;
  /** How what another stack has given up comes under this one, as a part of a sentence. */
  readonly takeOverAdvice?: (stack: string) => string;
  /** The stack itself, as its owner marks name it: what it made and its state does not hold. */
  readonly self?: { readonly project: string; readonly stack: string };
  /** What else to do where another stack owns something, as a part of a sentence. */
  readonly ownerAdvice: (stack: string, project: string) => string;
}

/** All conditions for bringing `wanted` into the target. */
export function readinessOf(wanted: Environment, target: Target): Check[] {
  return [
    ...aliasChecks(wanted, target),
    ...versionChecks(wanted, target),
    ...nameChecks(wanted, target),
    ...completenessChecks(wanted, target),
    ...limitChecks(wanted),
    ...approvalChecks(wanted),
    { class: "to be learnt", sentence: `whether the key of ${target.name} may write: the API has no way to ask` },
  ];
}

export function isBlocked(checks: readonly Check[]): boolean {
  return checks.some((check) => check.class === "blocked");
}

/** The checks by class, for a terminal or a log. */
export function checkLines(checks: readonly Check[]): string[] {
  return (["verified", "to be learnt", "blocked"] as const).flatMap((name) => {
    const found = checks.filter((check) => check.class === name);
    return found.length === 0 ? [] : [`${name}:`, ...found.map(({ sentence }) => `  ${sentence}`)];
  });
}

export function managedKey(kind: string, id: string): string {
  return `${kind} ${id.toLowerCase()}`;
}

interface UsedAlias {
  readonly table: string;
  readonly word: string;
  readonly alias: string;
  /** What it must be, and nothing but a create shows. */
  readonly mustBe?: string;
  readonly items: readonly Item[];
}

/** The aliases of a document, each with the entries that use it. */
export function aliasesIn({ items }: Environment): UsedAlias[] {
  const used = new Map<string, UsedAlias & { items: Item[] }>();
  for (const item of items) {
    for (const { name, reference } of fieldsOf(item.kind)) {
      const alias = item.fields[name];
      if (!reference || !("aliases" in reference) || alias === undefined) continue;
      const key = `${reference.aliases} ${String(alias)}`;
      const found = used.get(key) ?? {
        table: reference.aliases,
        word: name,
        alias: String(alias),
        mustBe: reference.mustBe,
        items: [],
      };
      found.items.push(item);
      used.set(key, found);
    }
  }
  return [...used.values()];
}

function limitChecks(wanted: Environment): Check[] {
  const problems = problemsOf(wanted);
  if (problems.length === 0) return [{ class: "verified", sentence: "every entry keeps the API's limits" }];
  return problems.map((problem) => ({ class: "blocked", sentence: `${wanted.name} is ${problem}` }));
}

function aliasChecks(wanted: Environment, target: Target): Check[] {
  return aliasesIn(wanted).map(({ table, word, alias, items }): Check => {
    const { references, referencesFile } = target;
    const mapped = references.get(table, alias);
    if (mapped) return { class: "verified", sentence: `${word} ${alias} is ${mapped.id} in ${target.name}` };
    const name = wanted.references.get(table, alias)?.name;
    const ids = name === undefined ? [] : idsOfName(target, table, name);
    if (ids.length === 1 && ids[0] !== undefined) {
      references.set(table, alias, { id: ids[0], name });
      return {
        class: "verified",
        sentence: `${word} ${alias} is ${ids[0]} in ${target.name}: a service there shows that id with the name "${name}"`,
      };
    }
    const why =
      ids.length > 1
        ? `${target.name} shows the name "${name}" with ${ids.length} ids (${ids.join(", ")})`
        : `nothing in ${target.name} shows ${name === undefined ? "it" : `the name "${name}"`}`;
    return {
      class: "blocked",
      sentence: `${word} ${alias}, used by ${listed(items)}, has no id in ${target.name}: ${why}. Add ${table}.${alias}.id to ${referencesFile}`,
    };
  });
}

/** The ids that the target's own resources show under a name. */
function idsOfName({ inventory }: Target, table: string, name: string): string[] {
  const ids = (inventory?.found ?? []).flatMap(({ kind, live }) =>
    Object.entries(kind.form.references ?? {}).flatMap(([property, reference]) =>
      "aliases" in reference && reference.aliases === table && reference.nameFrom && live[reference.nameFrom] === name
        ? [String(live[property])]
        : [],
    ),
  );
  return [...new Set(ids)];
}

/** A number without a mapping stands for itself, and whether that version exists cannot be asked. */
function versionChecks(wanted: Environment, { references, referencesFile, name }: Target): Check[] {
  const seen = new Set<string>();
  return wanted.items.flatMap((item) =>
    Object.entries(item.kind.form.versions ?? {}).flatMap(([property, of]): Check[] => {
      const number = item.fields[property];
      const above = wanted.items.find((one) => one.kind === item.kind.above && isUnder(item, one));
      const reference = above?.kind.form.references?.[of];
      if (number === undefined || !reference || !("aliases" in reference)) return [];
      const alias = String(above?.fields[reference.as]);
      const key = `${reference.aliases} ${alias} ${String(number)}`;
      if (seen.has(key)) return [];
      seen.add(key);
      const here = references.workspaceNumber(reference.aliases, alias, Number(number));
      const subject = `version ${String(number)} of ${reference.as} ${alias}`;
      if (here !== undefined) return [{ class: "verified", sentence: `${subject} is version ${here} in ${name}` }];
      return [
        {
          class: "to be learnt",
          sentence: `${subject} stands for itself: whether ${name} has that version cannot be asked. Where it has another number, write it to ${reference.aliases}.${alias}.versions in ${referencesFile}`,
        },
      ];
    }),
  );
}

type Advice = "adoptAdvice" | "takeOverAdvice" | "self" | "ownerAdvice";

/** What has a name of the document already, or one that an entry had before, must be the stack's own. */
export function nameChecks(
  wanted: Environment,
  { environment, managed, name, ...advice }: Pick<Target, "environment" | "managed" | "name" | Advice>,
): Check[] {
  if (!environment) return [];
  const there = new Map(environment.items.map((item) => [keyOf(item.kind, item.path), item]));
  const own = wanted.items.filter((item) => item.kind.form.shape !== "object");
  const foreign = (kind: Kind, path: readonly string[]) => {
    const found = there.get(keyOf(kind, path));
    if (!found?.id || managed.has(managedKey(found.kind.name, found.id)) || isEmpty(found)) return undefined;
    // It goes with the entry that it stands in, which is said already, or is part of what the stack manages.
    return isChildOfExisting(found, there) ? undefined : found;
  };
  const named = own.flatMap((item) => foreign(item.kind, item.path) ?? []);
  const renamed = own.flatMap((item) => {
    const found = item.former && !there.has(keyOf(item.kind, item.path)) ? foreign(item.kind, item.former) : undefined;
    return found ? [[item, found] as const] : [];
  });
  const inTheWay = [...named, ...renamed.map(([, found]) => found)];
  const others = environment.items.filter(
    (item) =>
      item.kind.above === undefined &&
      item.kind.form.key.length > 0 &&
      !inTheWay.includes(item) &&
      // What the stack has would be deleted.
      !(item.id && managed.has(managedKey(item.kind.name, item.id))) &&
      !wanted.items.some((one) => keyOf(one.kind, one.path) === keyOf(item.kind, item.path)),
  );
  return [
    ...named.map(
      (found): Check => ({
        class: "blocked",
        sentence: `in the way in ${name}, and not of this stack: ${describe(found)} (${found.id})`,
      }),
    ),
    ...renamed.map(
      ([item, found]): Check => ({
        class: "blocked",
        sentence: `${describe(item)} exists in ${name} under its formerName, and is not of this stack: ${describe(found)} (${found.id}). A run would make a second one`,
      }),
    ),
    ...adviceOn(inTheWay, new Set(renamed.map(([, found]) => found)), advice),
    ...(inTheWay.length === 0
      ? [{ class: "verified" as const, sentence: `nothing foreign in ${name} has a name of the document` }]
      : []),
    ...(others.length > 0
      ? [
          {
            class: "verified" as const,
            sentence: `${others.length} other ${others.length === 1 ? "entry" : "entries"} in ${name} (${listed(others)}) ${others.length === 1 ? "is" : "are"} left alone`,
          },
        ]
      : []),
  ];
}

/** Once for each stack that owns something which is in the way, and once for all that is nobody's. */
function adviceOn(
  inTheWay: readonly Item[],
  renamed: ReadonlySet<Item>,
  { adoptAdvice, takeOverAdvice, self, ownerAdvice }: Pick<Target, Advice>,
): Check[] {
  const isSelf = (parts: { project: string; stack: string } | undefined) =>
    parts !== undefined && parts.stack === self?.stack && parts.project === self.project;
  const owners = [...new Set(inTheWay.map(ownerOf))];
  return owners.map((owner): Check => {
    const items = inTheWay.filter((item) => ownerOf(item) === owner);
    const them = items.length === 1 ? "it" : "them";
    if (owner === undefined) {
      // Services alone carry marks.
      const [other] = owners.flatMap((one) => stackParts(one) ?? []).filter((parts) => !isSelf(parts));
      const also = other
        ? `if stack ${other.stack} has ${them} too, ${ownerAdvice(other.stack, other.project)}; else `
        : "";
      // Who says how a thing was called before wants to keep it.
      const others = items.every((item) => renamed.has(item)) ? "" : `; or rename or delete ${them}`;
      const sentence = `nobody's mark is on ${listed(items)}: ${also}${adoptAdvice}${others}`;
      return { class: "blocked", sentence };
    }
    const { stack, project } = stackParts(owner) ?? {};
    if (isSelf(stackParts(owner))) {
      const sentence = `this very stack made ${listed(items)}, and its state does not hold ${them}: ${adoptAdvice}`;
      return { class: "blocked", sentence };
    }
    const who = stack === undefined ? owner : `stack ${stack} (project ${project})`;
    const use = stack === undefined ? "" : `${ownerAdvice(stack, project ?? "")}, or `;
    const takeOver = takeOverAdvice ?? ((from: string) => `\`adopt\` ${them} here with \`--from-stack ${from}\``);
    const then = stack === undefined ? "" : ` and ${takeOver(stack)}`;
    return {
      class: "blocked",
      sentence: `${who} owns ${listed(items)}: ${use}give ${them} up there (\`pulumi state delete\`)${then}, or rename ${them}`,
    };
  });
}

/** The stack, where the mark names one. */
function ownerOf({ owner }: Item): string | undefined {
  return stackOf(owner) ?? owner;
}

function isEmpty({ kind, fields }: Item): boolean {
  return (
    kind.form.shape === "value" && Object.values(fields).every((value) => Array.isArray(value) && value.length === 0)
  );
}

function isChildOfExisting(item: Item, there: ReadonlyMap<string, Item>): boolean {
  const { above } = item.kind;
  if (!above) return false;
  return [...there.values()].some((one) => one.kind === above && isUnder(item, one));
}

function isUnder(item: Item, above: Item): boolean {
  return above.path.every((step, index) => item.path[index] === step);
}

function completenessChecks(wanted: Environment, { environment, name }: Target): Check[] {
  const sections = (incomplete: ReadonlySet<string> = new Set()) =>
    kinds.filter((kind) => incomplete.has(kind.name)).map(({ section }) => section);
  const notRead = sections(wanted.incomplete);
  const notThere = sections(environment?.incomplete);
  return [
    ...(notRead.length > 0
      ? [
          {
            class: "blocked" as const,
            sentence: `${wanted.name} is incomplete: ${notRead.join(", ")} could not be read, so a clone would leave it out. Use a key that may read it`,
          },
        ]
      : []),
    ...(notThere.length > 0
      ? [
          {
            class: "blocked" as const,
            sentence: `${notThere.join(", ")} of ${name} could not be read, so nobody can say what is in the way. Use a key that may read it`,
          },
        ]
      : []),
  ];
}

function approvalChecks(wanted: Environment): Check[] {
  return aliasesIn(wanted).flatMap(({ word, alias, mustBe, items }) =>
    mustBe === undefined
      ? []
      : [
          {
            class: "to be learnt" as const,
            sentence: `whether ${word} ${alias} is ${mustBe} (for ${listed(items)}): what needs it is made first, so that a refusal comes before the rest is written`,
          },
        ],
  );
}

export function listed(items: readonly Item[]): string {
  return firstNames(items.map(describe), 3);
}
