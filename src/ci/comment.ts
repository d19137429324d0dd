import type { Host } from "./host.js";
import { isMarked, markerOf, type Post } from "./marker.js";
import type { PullRequest, Target } from "./target.js";
import { cut, fenceCharacters, fenced, mostCharacters, plain } from "./text.js";

export interface CommentRequest {
  target: Target;
  pullRequest: PullRequest;
  /** What printed the output: `preview`, `compare`. */
  command: string;
  output: string;
}

interface Comment extends Post {
  id: number;
  html_url?: string;
}

export interface CommentResult {
  action: "created" | "updated" | "unchanged";
  pullRequest: number;
  id?: number;
  url?: string;
  /** Characters of the output that the host's limit left out. */
  leftOut: number;
  notes: string[];
  body: string;
}

const mostOpenLines = 40;

/** The text of the comment. */
export function commentBody({ target, pullRequest, command, output }: CommentRequest): {
  body: string;
  leftOut: number;
} {
  const { project, stack } = target.subject;
  const marker = markerOf("comment", target.subject, command);
  const commit = pullRequest.commit ? ` for ${pullRequest.commit.slice(0, 12)}` : "";
  const title = `### \`${command}\` of stack \`${stack}\`${project ? ` (project \`${project}\`)` : ""}${commit}`;
  const text = plain(output);
  if (text === "") return { body: [marker, title, "The command printed nothing."].join("\n\n"), leftOut: 0 };

  const link = target.link ? `[Full output](${target.link})` : "";
  const rest = marker.length + title.length + link.length + fenceCharacters + 500;
  const shown = cut(text, mostCharacters - rest);
  const block = fenced(shown.text);
  const lines = shown.text.split("\n").length;
  const folded = `<details><summary>Output, ${lines} lines</summary>\n\n${block}\n\n</details>`;
  const cutNote =
    shown.leftOut > 0
      ? `**The output is too long for a comment: ${shown.leftOut} characters are left out.** ${link || "The log of the run has all of it."}`
      : link;
  const parts = [marker, title, lines > mostOpenLines ? folded : block, ...(cutNote ? [cutNote] : [])];
  return { body: parts.join("\n\n"), leftOut: shown.leftOut };
}

/** Writes the one comment of this project, stack and command: a new one, or over the one that is there. */
export async function placeComment(host: Host, wanted: CommentRequest, dryRun: boolean): Promise<CommentResult> {
  const { target, pullRequest, command } = wanted;
  const { body, leftOut } = commentBody(wanted);
  const issues = `/repos/${target.repository}/issues`;
  const comments = await host.all<Comment>(`${issues}/${pullRequest.number}/comments?per_page=100`);
  const marker = markerOf("comment", target.subject, command);
  const [first, ...others] = comments.filter((comment) => isMarked(comment, marker)).sort((a, b) => a.id - b.id);
  const notes = others.length > 0 ? [moreThanOne(first, others)] : [];
  const result = { pullRequest: pullRequest.number, leftOut, notes, body };
  if (first?.body === body) return { action: "unchanged", id: first.id, url: first.html_url, ...result };
  const action = first ? "updated" : "created";
  if (dryRun) return { action, id: first?.id, url: first?.html_url, ...result };
  const written = first
    ? await host.send<Comment>("PATCH", `${issues}/comments/${first.id}`, { body })
    : await host.send<Comment>("POST", `${issues}/${pullRequest.number}/comments`, { body });
  return { action, id: written?.id ?? first?.id, url: written?.html_url ?? first?.html_url, ...result };
}

function moreThanOne(first: Comment | undefined, others: Comment[]): string {
  const ids = others.map(({ id, html_url }) => html_url ?? id).join(", ");
  return `${others.length + 1} comments have this marker. The first one (${first?.html_url ?? first?.id}) is used; delete the others: ${ids}`;
}
