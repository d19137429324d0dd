import { readFileSync } from "node:fs";
import { Command } from "commander";
import type { HostOptions } from "../ci/host.js";
import type { Target } from "../ci/target.js";
import { COMMAND } from "../command.js";
import { EXIT, errorText } from "./common.js";

interface Flags {
  stack: string;
  input: string;
  project?: string;
  repository?: string;
  tokenEnv: string;
  apiUrl?: string;
  link?: string;
  maxWait: string;
  json: boolean;
  dryRun: boolean;
}

interface CommentFlags extends Flags {
  command: string;
  pullRequest?: string;
}

const commentHelp = `
Writes one comment for each project, stack and command, and writes over it the
next time. The output stands in a code block that it cannot leave. Where it is
too long for GitHub, the comment has its beginning, its end and a link to the
run.

The token needs \`pull-requests: write\`. The pull request is the one of the
event that started the run (GITHUB_EVENT_PATH).

Exit code: 0 done, 1 an error.

Examples:
  $ pulumi preview --stack prod > preview.txt
  $ ${COMMAND} ci comment --stack prod --command preview --input preview.txt
  $ ${COMMAND} compare staging prod > compare.txt
  $ ${COMMAND} ci comment --stack prod --command compare --input compare.txt
  $ ${COMMAND} ci comment --stack prod --command preview --input preview.txt --pull-request 12 --dry-run
`;

const issueHelp = `
Keeps one issue for each stack, with what two runs in a row have seen. It is
opened, brought up to date, opened again and closed as the drift comes and goes.
What a run sees for the first time is noted in a hidden line of the issue; where
there is no issue yet, one is made for that and closed at once. Names that end
in key, token, secret or password show no values.

FILE holds what \`${COMMAND} drift --json\` prints. The token needs \`issues:
write\`.

Exit code: 0 done, 1 an error.

Examples:
  $ ${COMMAND} drift --stack prod --json > drift.json
  $ ${COMMAND} ci issue --stack prod --input drift.json
  $ ${COMMAND} ci issue --stack prod --input drift.json --repository clinic/infrastructure --json
`;

/** `pulumi-amigo ci`: what a pipeline writes into pull requests and issues on GitHub. */
export function ciCommand(): Command {
  const comment = withFlags(new Command("comment"), "a file with the output; - reads standard input")
    .description("put the output of a command into the one comment of a pull request")
    .requiredOption("-c, --command <name>", "what printed the output, such as preview")
    .option("--pull-request <number>", "the pull request (default: that of the event in GITHUB_EVENT_PATH)")
    .addHelpText("after", commentHelp)
    .action(runComment);
  const issue = withFlags(new Command("issue"), "a file with the drift report; - reads standard input")
    .description("keep the one issue of a stack about its drift")
    .addHelpText("after", issueHelp)
    .action(runIssue);
  return new Command("ci")
    .description("write comments and issues on GitHub, from a pipeline")
    .addCommand(comment)
    .addCommand(issue);
}

function withFlags(command: Command, input: string): Command {
  return command
    .requiredOption("-s, --stack <name>", "the stack")
    .requiredOption("-i, --input <file>", input)
    .option("-p, --project <name>", "the Pulumi project (default: that of the folder, where it has one)")
    .option("--repository <owner/name>", "the repository (default: GITHUB_REPOSITORY)")
    .option("--token-env <variable>", "the environment variable that holds the token", "GITHUB_TOKEN")
    .option("--api-url <url>", "the REST API (default: GITHUB_API_URL, else https://api.github.com)")
    .option("--link <url>", "the page with the full output (default: the run of GitHub Actions)")
    .option("--max-wait <seconds>", "how long to wait where GitHub limits requests, in all", "120")
    .option("--json", "print the result as JSON; messages go to standard error", false)
    .option("--dry-run", "read, write nothing, and print the text", false);
}

async function runComment(flags: CommentFlags, command: Command): Promise<void> {
  await reported(command, async () => {
    const { readPullRequest } = await import("../ci/target.js");
    const { placeComment } = await import("../ci/comment.js");
    const target = await targetOf(flags);
    if (!/^[\w][\w .-]{0,39}$/.test(flags.command)) {
      throw new Error(`--command: found ${JSON.stringify(flags.command)}; give a short name such as preview`);
    }
    const pullRequest = readPullRequest(flags.pullRequest, process.env);
    const wanted = { target, pullRequest, command: flags.command, output: inputOf(flags) };
    const result = await withHost(target, flags, "pull-requests: write", (host) =>
      placeComment(host, wanted, flags.dryRun),
    );
    const what = { created: "written", updated: "written over", unchanged: "as it should be" }[result.action];
    const verb = flags.dryRun ? "would be" : "is";
    show(flags, result, `The comment on pull request ${result.pullRequest} ${verb} ${what}.`);
  });
}

async function runIssue(flags: Flags, command: Command): Promise<void> {
  await reported(command, async () => {
    const { parseDrift } = await import("../ci/drift.js");
    const { keepIssue } = await import("../ci/issue.js");
    const target = await targetOf(flags);
    const report = parseDrift(inputOf(flags), flags.stack);
    const result = await withHost(target, flags, "issues: write", (host) =>
      keepIssue(host, target, report, flags.dryRun),
    );
    const { action, number, reported: count, waiting } = result;
    const issue = `Issue${number ? ` #${number}` : ""}`;
    const said = action === "none" ? "Nothing to write." : `${issue}: ${action}.`;
    const nothing = flags.dryRun ? "Nothing was written (--dry-run). " : "";
    show(flags, result, `${nothing}${said} ${count} reported, ${waiting} seen for the first time.`);
  });
}

async function targetOf(flags: Flags): Promise<Target> {
  const { readTarget } = await import("../ci/target.js");
  const { projectName } = await import("../stack/project.js");
  return readTarget({ ...flags, project: flags.project ?? projectName(process.cwd()) }, process.env);
}

function inputOf({ input }: Flags): string {
  try {
    return readFileSync(input === "-" ? 0 : input, "utf8");
  } catch (error) {
    throw new Error(`--input: ${(error as Error).message}. Nothing was sent.`);
  }
}

async function withHost<Result>(
  target: Target,
  flags: Flags,
  permission: string,
  use: (host: import("../ci/host.js").Host) => Promise<Result>,
): Promise<Result> {
  const maxWait = Number(flags.maxWait);
  if (flags.maxWait.trim() === "" || !(maxWait >= 0 && maxWait <= 3600)) {
    throw new Error(
      `--max-wait: found ${JSON.stringify(flags.maxWait)}; give seconds from 0 to 3600. Nothing was sent.`,
    );
  }
  const { Host } = await import("../ci/host.js");
  const options: HostOptions = {
    ...target,
    permission,
    maxWaitMs: maxWait * 1000,
    tell: (line) => console.error(line),
  };
  const host = new Host(options);
  try {
    return await use(host);
  } finally {
    await host.close();
  }
}

async function reported(command: Command, run: () => Promise<void>): Promise<void> {
  try {
    await run();
  } catch (error) {
    command.error(await errorText(error), { exitCode: EXIT.error });
  }
}

interface Shown {
  notes: string[];
  body?: string;
  url?: string;
}

function show({ json, dryRun }: Flags, result: Shown, line: string): void {
  const { body, ...others } = result;
  for (const note of result.notes) console.error(`warning: ${note}`);
  if (json) {
    console.log(JSON.stringify(dryRun ? result : others, undefined, 2));
    return;
  }
  if (dryRun && body) console.log(body);
  const text = result.url ? `${line} ${result.url}` : line;
  if (dryRun) console.error(text);
  else console.log(text);
}
