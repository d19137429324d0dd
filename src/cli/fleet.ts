import * as path from "node:path";
import { Command } from "commander";
import { COMMAND } from "../command.js";
import type { FleetOptions } from "../fleet/commands.js";
import type { WrittenFiles } from "../fleet/manifest-files.js";
import type { FleetReport } from "../fleet/report.js";
import type { FleetRun } from "../fleet/runs.js";
import type { FleetStatus } from "../fleet/status.js";
import { action, asked, EXIT, warn } from "./common.js";
import type { FleetDisplay } from "./fleet-progress.js";

interface Flags {
  select?: string;
  config?: string;
  json: boolean;
}

interface UpFlags extends Flags {
  resume?: string;
  refresh: boolean;
  yes: boolean;
}

interface ManifestFlags extends Flags {
  out: string;
  repository?: string;
  branch: string;
  namespace: string;
  backend?: string;
  dryRun: boolean;
}

const fleetHelp = `
FILE names stacks, and the waves in which they run. Each stack runs in a process
of its own; all keep to one budget of requests. What happened is kept in
.pulumi-amigo/fleet beside FILE: a report and a log for each stack.

Examples:
  $ ${COMMAND} fleet preview fleet.yaml
  $ ${COMMAND} fleet up fleet.yaml --yes
  $ ${COMMAND} fleet up fleet.yaml --resume last
`;

const upHelp = `
Nothing is started where a stack is locked. After each wave its gate is checked:
lines are read back as declared, their services are active, nothing differs from
what exists, and the file's own command ends with 0. A wave that fails, or whose
gate does not pass, is the last one.

Ctrl-C lets finish what is under way and starts nothing more. --resume does
again only what did not succeed.

Exit code: 0 all done, 1 an error, 2 stopped by a gate

Examples:
  $ ${COMMAND} fleet up fleet.yaml
  $ ${COMMAND} fleet up fleet.yaml --select env=staging --yes
  $ ${COMMAND} fleet up fleet.yaml --resume last --yes --json > report.json
`;

const previewHelp = `
Shows for each stack which resources its run would change, and which of their
properties: ten at most, the rest is in the stack's log. Waves do not count
here: each stack is compared with its own state, and not with what the waves
before its own will change. Of a document whose stack is new, it also says what
is in the way in the workspace.

Exit code: 0 all previewed, 1 an error

Example:
  $ ${COMMAND} fleet preview fleet.yaml --select env=production
`;

const driftHelp = `
Compares each stack with what exists, and reads its lines back. Writes nothing.

Exit code: 0 no drift, 1 an error, 2 something differs

Example:
  $ ${COMMAND} fleet drift fleet.yaml --json
`;

const statusHelp = `
Shows the last \`fleet up\` of FILE, whether it still runs, since when and in
which process, and which stacks are locked. Runs nothing.

Exit code: 0 shown, 1 an error

Example:
  $ ${COMMAND} fleet status fleet.yaml
`;

const matrixHelp = `
Prints the stacks as a matrix for a GitHub Actions job: stack, wave, environment
or project, workspace and labels. Paths are relative to this folder. The order
is that of the waves.

Exit code: 0 printed, 1 an error

Example:
  $ echo "matrix=$(${COMMAND} fleet matrix fleet.yaml --json)" >> "$GITHUB_OUTPUT"
`;

const manifestsHelp = `
Writes files for the Pulumi Kubernetes Operator: for each stack a Stack that
deploys each new commit, and one that looks for drift each hour. Stacks with a
document share one program, in DIR/program. Commit all of it. The label
pulumi-amigo/wave names the wave of a Stack; the operator itself knows no waves
and no gates. Keys stand in Secrets, which the files name.

Says of each file whether it is new, changed or the same, and which files were
written before for stacks that the fleet has no more (left). It deletes none.

Exit code: 0 written, 1 an error

Examples:
  $ ${COMMAND} fleet manifests fleet.yaml --out operator --dry-run
  $ ${COMMAND} fleet manifests fleet.yaml --out operator --backend "s3://our-state?region=eu-central-1"
  $ kubectl apply -f operator -l pulumi-amigo/wave=canary
`;

/** `pulumi-amigo fleet`: many stacks. */
export function fleetCommand(): Command {
  return new Command("fleet")
    .description("run many stacks in waves")
    .addHelpText("after", fleetHelp)
    .addCommand(
      subcommand("preview", "show what the stacks' runs would change", previewHelp).action(action(runPreview)),
    )
    .addCommand(
      subcommand("up", "run the stacks in waves, with a gate after each", upHelp)
        .option("--resume <run>", "go on with a run: its id, or last")
        .option("--refresh", "read what exists first, and put back what was changed", false)
        .option("-y, --yes", "ask nothing", false)
        .action(action(runUp)),
    )
    .addCommand(subcommand("drift", "show which stacks differ from what exists", driftHelp).action(action(runDrift)))
    .addCommand(
      subcommand("status", "show the last run, and which stacks are locked", statusHelp).action(action(runStatus)),
    )
    .addCommand(subcommand("matrix", "print the stacks as a job matrix", matrixHelp).action(action(runMatrix)))
    .addCommand(
      subcommand("manifests", "write the stacks for the Pulumi Kubernetes Operator", manifestsHelp)
        .requiredOption("--out <folder>", "the folder to write to, in the repository")
        .option("--repository <url>", "the repository that the operator fetches (default: git's origin)")
        .option("--branch <name>", "its branch", "main")
        .option("--namespace <name>", "the namespace of the Stacks", "amigo")
        .option("--backend <url>", "where state is kept (default: Pulumi Cloud)")
        .option("--dry-run", "write nothing, and say what would be written", false)
        .action(action(runManifests)),
    );
}

function subcommand(name: string, description: string, help: string): Command {
  return new Command(name)
    .description(description)
    .argument("<file>", "the fleet file")
    .option("--select <labels>", "these stacks only: key=value or key!=value, with commas between them")
    .option("--config <file>", "amigo.yaml (default: in the file's folder or the nearest above)")
    .option("--json", "print the result as JSON; messages go to standard error", false)
    .addHelpText("after", help);
}

async function runPreview(file: string, flags: Flags): Promise<number> {
  const { lookAt } = await import("../fleet/commands.js");
  return interruptible(flags, async (options) => lookAt(await read(file, flags), "preview", { ...options, ...flags }));
}

async function runDrift(file: string, flags: Flags): Promise<number> {
  const { lookAt } = await import("../fleet/commands.js");
  return interruptible(flags, async (options) => lookAt(await read(file, flags), "drift", { ...options, ...flags }));
}

async function runUp(file: string, flags: UpFlags): Promise<number> {
  const { fleetUp } = await import("../fleet/commands.js");
  const { select, resume, refresh, yes } = flags;
  const confirm = async (question: string) =>
    yes || (await asked(question, `\`${COMMAND} fleet preview\` shows what it would change`));
  return interruptible(flags, async (options) =>
    fleetUp(await read(file, flags), { ...options, select, resume, refresh, confirm }),
  );
}

async function runStatus(file: string, { select, config, json }: Flags): Promise<number> {
  const { fleetStatus } = await import("../fleet/status.js");
  const status = await fleetStatus(file, { select, config, warn });
  console.log(json ? JSON.stringify(status, undefined, 2) : await statusText(status));
  return EXIT.done;
}

async function runMatrix(file: string, { json, ...flags }: Flags): Promise<number> {
  const { selectFrom } = await import("../fleet/file.js");
  const { matrixOf } = await import("../fleet/matrix.js");
  const matrix = matrixOf(selectFrom(await read(file, flags), flags.select), process.cwd());
  const most = 256;
  if (matrix.include.length > most)
    warn(
      `a matrix of GitHub Actions has ${most} jobs at most, and this one has ${matrix.include.length}: narrow it with --select`,
    );
  // On one line, as the output of a step must be.
  if (json) console.log(JSON.stringify(matrix));
  else
    for (const { wave, stack, environment, project } of matrix.include)
      console.log(`${wave}  ${stack}  ${environment ?? project}`);
  return EXIT.done;
}

async function runManifests(file: string, flags: ManifestFlags): Promise<number> {
  const { selectFrom } = await import("../fleet/file.js");
  const { manifestsOf, markedFilesOf } = await import("../fleet/manifests.js");
  const { realFolder, repositoryOf, writeManifests } = await import("../fleet/manifest-files.js");
  const { json, select, out, branch, namespace, backend, dryRun } = flags;
  const whole = await read(file, flags);
  const fleet = selectFrom(whole, select);
  const folder = realFolder(out);
  const repository = repositoryOf(fleet.folder, { out: folder, given: flags.repository, warn });
  const options = { repository, out: folder, branch, namespace, backend, sharing: whole.stacks };
  const expected = markedFilesOf(whole.stacks);
  const written = writeManifests(folder, manifestsOf(fleet, options), { expected, dryRun });
  console.log(json ? JSON.stringify(written, undefined, 2) : await manifestsText(written));
  return EXIT.done;
}

async function manifestsText({ files, left, dryRun }: WrittenFiles): Promise<string> {
  const { fileStateText } = await import("../environment/files.js");
  const shown = (file: string) => path.relative(process.cwd(), file);
  return [
    ...files.map(({ file, state }) => fileStateText(state, shown(file))),
    ...left.map((file) => fileStateText("left", shown(file))),
    ...(left.length > 0
      ? [
          "left: no stack of this fleet has it now. Unless another fleet file wrote it, delete it here and in the cluster.",
        ]
      : []),
    ...(dryRun ? ["Nothing was written (--dry-run)."] : []),
  ].join("\n");
}

async function read(file: string, { config }: Pick<Flags, "config">) {
  const { readFleet } = await import("../fleet/file.js");
  return readFleet(file, config);
}

/** Runs it, and shows its report. Lets Ctrl-C and its like stop it in order. */
async function interruptible(
  flags: Flags,
  run: (options: Pick<FleetOptions, "signal" | "warn" | "listen">) => Promise<FleetReport>,
): Promise<number> {
  const { fleetDisplay } = await import("./fleet-progress.js");
  const { isOneOutput } = await import("./terminal.js");
  // Of two pipes, a log of CI shows both, and another reader one: the report alone has the whole reason.
  const brief = !flags.json && !isOneOutput(process.stderr, process.stdout);
  const display = await fleetDisplay(process.stderr, { plain: flags.json, brief });
  const controller = new AbortController();
  const stop = () => {
    if (!controller.signal.aborted)
      display.line("stopping: what is under way is being finished, nothing more is started");
    controller.abort();
  };
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
  for (const signal of signals) process.on(signal, stop);
  try {
    const listen = (run: FleetRun) => display.listen(run);
    const warn = (line: string) => display.line(`warning: ${line}`);
    return await show(await run({ signal: controller.signal, warn, listen }), flags, display);
  } finally {
    for (const signal of signals) process.off(signal, stop);
  }
}

async function show(report: FleetReport, { json }: Flags, { printed }: FleetDisplay): Promise<number> {
  const { reportText } = await import("../fleet/report-text.js");
  const { isOneOutput, terminal } = await import("./terminal.js");
  const above = isOneOutput(process.stderr, process.stdout) ? printed : new Set<string>();
  console.log(
    json ? JSON.stringify(report, undefined, 2) : reportText(report, { printed: above, width: terminal().width }),
  );
  return exitCodeOf(report);
}

function exitCodeOf({ state, stacks }: FleetReport): number {
  if (state === "stopped") return EXIT.seen;
  if (state !== "done") return EXIT.error;
  return stacks.some(({ differences = [] }) => differences.length > 0) ? EXIT.seen : EXIT.done;
}

export async function statusText(status: FleetStatus): Promise<string> {
  const { reportText } = await import("../fleet/report-text.js");
  const { ownerText } = await import("../fleet/folder-lock.js");
  const { last, running, process: owner, underWay, locked, notes } = status;
  const { isOwn } = await import("../fleet/status.js");
  const isBroken = last?.state === "running" && !isOwn(last, running ? owner : null);
  const others = (locked ?? []).filter(({ stack }) => !underWay.some((one) => one.stack === stack));
  const lines = [
    running
      ? `A run is under way${owner ? `: ${ownerText(owner)}, since ${owner.since}` : ""}.`
      : "No run is under way.",
    last === null
      ? "There was no run yet."
      : `Last run: ${last.run} of ${path.basename(last.file)}\n${reportText(isBroken ? { ...last, state: "interrupted" } : last, { underWay, brief: true })}`,
    ...others.map(({ stack, holder, isGone }) => `${stack} is locked by ${holder}${isGone ? ", which is gone" : ""}`),
    ...(locked?.length === 0 ? ["No stack is locked."] : []),
    ...notes.map((text) => `note: ${text}`),
  ];
  return lines.join("\n");
}
