import { type DriftReport, differencesOf, mostKeys, readSeen, seenLine } from "./drift.js";
import type { Host } from "./host.js";
import { isMarked, linesOf, type Post } from "./marker.js";
import { issueBody, issueMarker, issueTitle } from "./report.js";
import type { Target } from "./target.js";

const label = "pulumi-amigo-drift";
/** Why an issue is closed that only remembers. */
const neverOpened = "not_planned";

interface Issue extends Post {
  number: number;
  html_url?: string;
  state: "open" | "closed";
  state_reason?: string | null;
  pull_request?: object;
  labels?: (string | { name?: string })[];
}

export interface IssueResult {
  action: "none" | "noted" | "opened" | "updated" | "reopened" | "closed";
  number?: number;
  url?: string;
  /** How many differences two runs in a row have seen. */
  reported: number;
  /** How many differences were seen for the first time. */
  waiting: number;
  notes: string[];
  /** The text of the issue; undefined where there is nothing to write. */
  body?: string;
}

/**
 * Keeps the one issue of a stack. The issue itself remembers what the run before has seen, also while it is closed;
 * so a first sighting makes an issue and closes it at once.
 */
export async function keepIssue(
  host: Host,
  target: Target,
  report: DriftReport,
  dryRun: boolean,
): Promise<IssueResult> {
  const differences = differencesOf(report);
  const notes: string[] = [];
  const issue = await find(host, target, differences.length > 0, notes);
  if (!issue && differences.length === 0) return { action: "none", reported: 0, waiting: 0, notes };

  const before = issue && readSeen(linesOf(issue)[1]);
  const isUnreadable = issue !== undefined && before === undefined;
  if (isUnreadable) notes.push("the issue no longer says what the last run has seen, so this run counts as the first");
  const reported = differences.filter(({ key }) => before?.has(key));
  const waiting = differences.length - reported.length;
  // What an incomplete run has not seen may be there all the same, and the text about it stays.
  const seen = new Set([...differences.map(({ key }) => key), ...(report.complete ? [] : (before ?? []))]);
  if (seen.size > mostKeys)
    notes.push(
      `${seen.size - mostKeys} of the differences cannot be remembered in the issue, so they are not reported`,
    );
  const keepsText = issue?.state === "open" && before !== undefined && reported.length === 0 && !report.complete;
  const body = keepsText
    ? linesOf(issue).with(1, seenLine(seen)).join("\n")
    : issueBody({ target, reported, waiting, complete: report.complete, seen });

  const isOver = reported.length === 0 && report.complete && !(isUnreadable && waiting > 0);
  const state = reported.length > 0 ? "open" : isOver ? "closed" : (issue?.state ?? "closed");
  if (issue?.state === "closed" && state === "closed" && before && sameKeys(before, seen)) {
    return { action: "none", number: issue.number, url: issue.html_url, reported: 0, waiting, notes };
  }
  const action = actionOf(issue, state);
  const result = { action, reported: reported.length, waiting, notes, body };
  if (dryRun) return { ...result, number: issue?.number, url: issue?.html_url };
  const written = await write(host, target, issue, body, state);
  return { ...result, number: written.number, url: written.html_url ?? issue?.html_url };
}

function sameKeys(a: ReadonlySet<string>, b: ReadonlySet<string>): boolean {
  return a.size === b.size && [...a].every((key) => b.has(key));
}

function actionOf(issue: Issue | undefined, state: Issue["state"]): IssueResult["action"] {
  if (state === "open" && issue?.state === "open") return "updated";
  if (state === "open") return issue?.state_reason === neverOpened ? "opened" : "reopened";
  return issue?.state === "open" ? "closed" : "noted";
}

async function write(
  host: Host,
  target: Target,
  issue: Issue | undefined,
  body: string,
  state: Issue["state"],
): Promise<Issue> {
  const issues = `/repos/${target.repository}/issues`;
  if (!issue) {
    const made = await host.send<Issue>("POST", issues, { title: issueTitle(target), body, labels: [label] });
    const closed = { state: "closed", state_reason: neverOpened };
    return { ...made, ...(await host.send<Issue>("PATCH", `${issues}/${made.number}`, closed)) };
  }
  if (issue.state === "open" && state === "closed") {
    const run = target.link ? `[This run](${target.link})` : "The last run";
    const text = `${run} no longer sees any of the reported differences.`;
    await host.send("POST", `${issues}/${issue.number}/comments`, { body: text });
  }
  const change = issue.state === state ? {} : { state, state_reason: state === "open" ? "reopened" : "completed" };
  const written = await host.send<Issue>("PATCH", `${issues}/${issue.number}`, { body, ...change });
  return { ...issue, ...written };
}

/** The stack's issue, open or closed; by its label, and where somebody took that away among all. */
async function find(host: Host, target: Target, mayCreate: boolean, notes: string[]): Promise<Issue | undefined> {
  const issues = `/repos/${target.repository}/issues`;
  const marker = issueMarker(target);
  const ofStack = (all: Issue[]) =>
    all.filter((issue) => !issue.pull_request && isMarked(issue, marker)).sort((a, b) => a.number - b.number);
  const labelled = ofStack(await host.all<Issue>(`${issues}?state=all&labels=${label}&per_page=100`));
  const state = mayCreate ? "all" : "open";
  const found =
    labelled.length > 0 ? labelled : ofStack(await host.all<Issue>(`${issues}?state=${state}&per_page=100`));
  const [first, ...others] = found;
  if (others.length > 0) {
    const numbers = others.map(({ number }) => `#${number}`).join(", ");
    notes.push(
      `${found.length} issues have this stack's marker. #${first?.number} is used; close the others: ${numbers}`,
    );
  }
  return first;
}
