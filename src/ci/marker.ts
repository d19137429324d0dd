import type { Subject } from "./target.js";

/** The hidden first line by which a comment or an issue is found again: the same for the same subject, and for no other. */
export function markerOf(what: string, { project, stack }: Subject, command?: string): string {
  const names = { project: project ?? "", stack, ...(command !== undefined && { command }) };
  const shown = Object.entries(names).map(([name, value]) => `${name}="${value}"`);
  return `<!-- pulumi-amigo ${what} ${shown.join(" ")} -->`;
}

/** Of what GitHub says of a comment or an issue. */
export interface Post {
  body?: string | null;
  author_association?: string;
  user?: { type?: string } | null;
}

/** The lines of a text that may have been edited in a browser. */
export function linesOf({ body }: Post): string[] {
  return (body ?? "").split(/\r?\n/);
}

/**
 * Whether this is ours: the marker is its first line, so nothing inside an output counts, and its author may write to the
 * repository, so a stranger's copy of a marker counts for nothing.
 */
export function isMarked(post: Post, marker: string): boolean {
  const { user, author_association: association = "OWNER" } = post;
  const isStranger = user?.type === "User" && !["OWNER", "MEMBER", "COLLABORATOR"].includes(association);
  return linesOf(post)[0]?.trim() === marker && !isStranger;
}
