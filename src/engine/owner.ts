import { HIDDEN } from "./hidden.js";
import type { Values } from "./values.js";

/** The mark as state holds it, twice in each service: without its type, and without the organization of local backends. */
export function shortMark(mark: string, type: string): string {
  const own = mark.indexOf(`${type}/`);
  if (own < 0) return mark;
  const short = `${mark.slice(0, own)}*${mark.slice(own + type.length)}`;
  return short.replace(/^pulumi\/(organization(?=\/))?/, "");
}

/** The mark as the API and the journal hold it. */
export function fullMark(mark: unknown, type: string): string | undefined {
  if (typeof mark !== "string") return undefined;
  const [star, own] = [mark.indexOf("*"), mark.indexOf(`${type}/`)];
  if (star < 0 || (own >= 0 && own < star)) return mark;
  return `pulumi/${mark.startsWith("/") ? "organization" : ""}${mark.replace("*", type)}`;
}

/** The part of a full mark that names the stack; undefined for a text that is no owner mark of a stack. */
export function stackOf(mark: unknown): string | undefined {
  return typeof mark === "string" ? /^pulumi\/[^/]*\/[^/]+\/[^/]+(?=\/)/.exec(mark)?.[0] : undefined;
}

/** The project and the stack that a full mark names, or its part that {@link stackOf} gives. */
export function stackParts(mark: unknown): { readonly project: string; readonly stack: string } | undefined {
  const [, project, stack] = /^pulumi\/[^/]*\/([^/]+)\/([^/]+)(?:\/|$)/.exec(String(mark)) ?? [];
  return project === undefined || stack === undefined ? undefined : { project, stack };
}

/** The resource's name in the program, as a full mark ends with it. */
export function nameIn(mark: string): string {
  return mark.slice(mark.lastIndexOf("dynamic/amigo:")).split("/").slice(2).join("/") || mark;
}

/** The owner mark on the thing, where it is not this resource's. */
export function foreignMark(inputs: Values, live: Values): unknown {
  const mark = live[HIDDEN.owner];
  return mark !== undefined && inputs[HIDDEN.owner] !== undefined && mark !== inputs[HIDDEN.owner] ? mark : undefined;
}
