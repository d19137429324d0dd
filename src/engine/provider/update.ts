import { bothValues, type Differences, isRemote, isSecret, merged, same, show } from "../compare.js";
import { HIDDEN } from "../hidden.js";
import type { Change, Lifecycle, Property, Values } from "../lifecycle.js";

/** That somebody changed what no program declares. */
export function besideText(name: string, before: string, now: string): string {
  return (
    `${name} is not declared and was changed by somebody else: it was ${before}, it is ${now}. ` +
    "It is left as it is; declare it to set it from here"
  );
}

/**
 * One update. It owns the one rule for all kinds: what the program changed is written over what is live; what it did not change
 * is neither written nor verified, and named in a warning where somebody else changed it.
 */
export class Update implements Change {
  /** What `over` has answered: what must be there afterwards. */
  written: Values = {};
  private readonly touched: ReadonlySet<string>;

  constructor(
    private readonly lifecycle: Lifecycle,
    readonly id: string,
    readonly olds: Values,
    readonly news: Values,
    { changed, withdrawn }: Differences,
    private readonly warn: (message: string) => void,
  ) {
    const resets = withdrawn.filter((name) => (lifecycle.properties[name]?.withdrawn ?? "reset") === "reset");
    this.touched = new Set([...changed, ...resets]);
  }

  /** Whether anything changed that the API or an action of the provider must know of. */
  get asksForWork(): boolean {
    return [...this.touched].some((name) => ["update", "action"].includes(this.property(name).change));
  }

  readonly over = (live: Values): Values => {
    this.written = {};
    for (const [name, property] of Object.entries(this.lifecycle.properties)) {
      if (!isRemote(property)) continue;
      const isTouched = this.touched.has(name);
      if (isTouched && property.change === "update") this.lay(name, property, live[name]);
      else if (!isTouched) this.look(name, property, live[name]);
    }
    return this.written;
  };

  /** What was not written, of an update that failed: it stays in state as it was, so that the next run sees it again. */
  get unwritten(): readonly string[] {
    return Object.keys(this.lifecycle.properties).filter((name) => name in this.news && !this.touched.has(name));
  }

  private lay(name: string, property: Property, live: unknown): void {
    const before = this.olds[name] ?? property.default;
    const wanted = this.news[name] === undefined ? (property.default ?? null) : merged(before, this.news[name], live);
    if (same(property, wanted, live)) return;
    this.written[name] = wanted;
    if (same(property, before, live) || same(property, before, this.news[name])) return;
    this.warnOf(
      `${name} was changed by somebody else since the last run: it was ${this.text(name, before)}, ` +
        `was ${this.text(name, live)} just now, and is written as ${this.text(name, wanted)}`,
    );
  }

  private look(name: string, property: Property, live: unknown): void {
    if (this.isIgnored(name)) return;
    const declared = this.news[name] ?? undefined;
    const known = declared ?? this.olds[name] ?? property.default;
    if ((declared === undefined && property.declaredOnly) || same(property, known, live)) return;
    this.warnOf(
      declared === undefined
        ? besideText(name, this.text(name, known), this.text(name, live))
        : `${name}: ${bothValues(this.news, name, declared, live)}. Somebody else changed it; this update does not, so it ` +
            "is left as it is. `pulumi refresh` brings it into state, and the `pulumi up` after that puts it back",
    );
  }

  private warnOf(what: string): void {
    this.warn(`${this.lifecycle.describe(this.news)} (${this.id}): ${what}.`);
  }

  private text(name: string, value: unknown): string {
    return isSecret(this.news, name) ? "a secret" : show(value);
  }

  private isIgnored(name: string): boolean {
    const names = (this.news[HIDDEN.ignore] as string[] | undefined) ?? [];
    return names.includes(name) || names.includes("*");
  }

  private property(name: string): Property {
    return this.lifecycle.properties[name] as Property;
  }
}
