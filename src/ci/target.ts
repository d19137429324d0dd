import { readFileSync } from "node:fs";
import { registerSecret } from "../api/redact.js";
import { isLoopback, parsedUrl } from "../api/url.js";

/** Where to write, as the command line and GitHub's environment give it. */
export interface Target {
  repository: string;
  apiUrl: string;
  token: string;
  tokenEnv: string;
  /** The page that shows this run and its whole output. */
  link: string | undefined;
  subject: Subject;
}

/** What a comment or an issue is about; each has one of its own. */
export interface Subject {
  project: string | undefined;
  stack: string;
}

export interface TargetFlags {
  stack: string;
  project?: string;
  repository?: string;
  tokenEnv: string;
  apiUrl?: string;
  link?: string;
}

/** Reads the target; throws with everything that is missing or wrong, before any request. */
export function readTarget(flags: TargetFlags, environment: NodeJS.ProcessEnv): Target {
  const problems: string[] = [];
  const { stack, project, tokenEnv } = flags;
  if (!/^[\w.-]+(\/[\w.-]+){0,2}$/.test(stack)) {
    problems.push(`--stack: found ${JSON.stringify(stack)}; give a name such as prod, or organization/project/prod`);
  }
  if (project !== undefined && !/^[\w.-]+$/.test(project)) {
    problems.push(`--project: found ${JSON.stringify(project)}; a name has letters, digits, ., _ and -`);
  }
  const repository = flags.repository ?? environment.GITHUB_REPOSITORY ?? "";
  if (repository === "") {
    problems.push("no repository: give --repository OWNER/NAME (GitHub Actions sets GITHUB_REPOSITORY)");
  } else if (!/^[\w.-]+\/[\w.-]+$/.test(repository) || /(^|\/)\.{1,2}(\/|$)/.test(repository)) {
    problems.push(`--repository: found ${JSON.stringify(repository)}; give OWNER/NAME`);
  }
  const token = environment[tokenEnv]?.trim() ?? "";
  if (token === "") {
    problems.push(`no token: the environment variable ${tokenEnv} is not set; --token-env names another one`);
  } else if (!/^[\x21-\x7e]+$/.test(token)) {
    problems.push(`the environment variable ${tokenEnv} holds white space or other characters that no token has`);
  }
  const apiUrl = (flags.apiUrl || environment.GITHUB_API_URL || "https://api.github.com").replace(/\/+$/, "");
  const problem = problemOfUrl(apiUrl);
  if (problem) problems.push(`--api-url: ${problem}; give an address such as https://api.github.com`);
  if (flags.link !== undefined && !isWebAddress(flags.link)) {
    problems.push("--link: give a complete http(s) address without white space");
  }
  if (problems.length > 0) throw new Error(`${problems.join("\n")}\nNothing was sent.`);
  registerSecret(token);
  for (const [name, value = ""] of Object.entries(environment))
    if (isSecretVariable(name, value)) registerSecret(value);
  const link = flags.link ?? runPage(environment);
  return { repository, apiUrl, token, tokenEnv, link, subject: { project, stack } };
}

/** Keys of other accounts are in a pipeline's environment, too; so short a value may be an ordinary word. */
function isSecretVariable(name: string, value: string): boolean {
  return /(^|_)(KEY|TOKEN|SECRET|PASSWORD|PASSPHRASE|CREDENTIALS?)$/i.test(name) && value.length >= 8;
}

function problemOfUrl(text: string): string | undefined {
  if (!isWebAddress(text)) return "it is no complete http(s) address";
  const url = new URL(text);
  if (url.username || url.password || url.search || url.hash) return "it holds a user, a query or a fragment";
  if (url.protocol === "http:" && !isLoopback(url.hostname)) return "plain http would show the token on the way";
  return undefined;
}

function isWebAddress(text: string): boolean {
  return /^https?:\/\/[^\s<>"'`()\\]+$/i.test(text) && parsedUrl(text) !== undefined;
}

function runPage({
  GITHUB_SERVER_URL: server,
  GITHUB_REPOSITORY: repository,
  GITHUB_RUN_ID: run,
  ...more
}: NodeJS.ProcessEnv) {
  if (!server || !repository || !run) return undefined;
  const attempt = more.GITHUB_RUN_ATTEMPT ? `/attempts/${more.GITHUB_RUN_ATTEMPT}` : "";
  const page = `${server}/${repository}/actions/runs/${run}${attempt}`;
  return isWebAddress(page) ? page : undefined;
}

export interface PullRequest {
  number: number;
  /** The commit at its head, where the event names it. */
  commit: string | undefined;
}

/** The pull request that is given, or that this run of GitHub Actions belongs to. */
export function readPullRequest(given: string | undefined, environment: NodeJS.ProcessEnv): PullRequest {
  const event = given === undefined ? readEvent(environment.GITHUB_EVENT_PATH) : {};
  const ofReference = /^refs\/pull\/(\d+)\//.exec(environment.GITHUB_REF ?? "")?.[1];
  const ofEvent = event.pull_request?.number ?? (event.issue?.pull_request && event.issue.number);
  const text = String(given ?? ofEvent ?? ofReference);
  const number = Number(text);
  // Not 1e3, which would be another one's number.
  if (/^\d+$/.test(text) && Number.isSafeInteger(number) && number > 0) {
    const commit = event.pull_request?.head?.sha;
    return { number, commit: /^[0-9a-f]{40}$/.test(String(commit)) ? commit : undefined };
  }
  throw new Error(
    given === undefined
      ? "this run belongs to no pull request that could be found in GITHUB_EVENT_PATH or GITHUB_REF: give --pull-request NUMBER. Nothing was sent."
      : `--pull-request: found ${JSON.stringify(given)}; give its number. Nothing was sent.`,
  );
}

interface Event {
  pull_request?: { number?: number; head?: { sha?: string } };
  issue?: { number?: number; pull_request?: object };
}

function readEvent(file: string | undefined): Event {
  if (!file) return {};
  try {
    return (JSON.parse(readFileSync(file, "utf8")) ?? {}) as Event;
  } catch (error) {
    throw new Error(`cannot read GITHUB_EVENT_PATH (${file}): ${(error as Error).message}. Nothing was sent.`);
  }
}
