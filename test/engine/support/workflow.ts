import { readFileSync } from "node:fs";
import * as path from "node:path";
import { parse } from "yaml";
import { cleanEnvironment } from "../../../lab/cli/environment.js";
import { start } from "../../../lab/cli/process.js";

interface Step {
  name?: string;
  uses?: string;
  run?: string;
  with?: Record<string, string | number | boolean>;
  env?: Record<string, string>;
}

interface Job {
  if?: string;
  permissions: Record<string, string>;
  strategy?: { matrix: Record<string, string> };
  environment: string;
  steps: Step[];
}

export interface Workflow {
  on: Record<string, unknown>;
  jobs: Record<string, Job>;
}

export interface Trigger {
  /** The event, which the workflow must wait for. */
  event: "push" | "pull_request" | "schedule" | "workflow_dispatch";
  /** What each expression in the workflow gives. One that is neither here nor a secret is an error. */
  expressions: Record<string, string | boolean>;
  /** The secrets of an environment, as expressions. */
  secrets(environment: string): Record<string, string>;
  /** The variables that GitHub sets. */
  env: Record<string, string>;
}

/** What the machine of a run has. */
export interface Runner {
  /** Makes an empty folder for a job. */
  workspace(): string;
  /** What `actions/checkout` does. */
  checkout(folder: string, options: NonNullable<Step["with"]>): void;
  env: Record<string, string>;
}

export interface WorkflowRun {
  code: number;
  output: string;
  /** How many jobs ran; those whose condition does not hold do not. */
  jobs: number;
}

export function readWorkflow(file: string): Workflow {
  return parse(readFileSync(file, "utf8"));
}

/** Runs the shell parts of a workflow in their order, as GitHub's runner does; the first that fails ends the run. */
export async function runWorkflow(
  file: string,
  { event, expressions, secrets, env }: Trigger,
  runner: Runner,
): Promise<WorkflowRun> {
  const workflow = readWorkflow(file);
  if (!(event in workflow.on)) throw new Error(`${file} does not run on ${event}`);
  const run: WorkflowRun = { code: 0, output: "", jobs: 0 };
  for (const job of Object.values(workflow.jobs)) {
    if (job.if !== undefined && result(job.if, expressions) !== true) continue;
    for (const row of matrixOf(job, expressions)) {
      const given = { ...expressions, ...row };
      const known = { ...given, ...secrets(filled(job.environment, given)) };
      const folder = runner.workspace();
      run.jobs++;
      for (const step of job.steps) {
        await runStep(step, folder, known);
        if (run.code !== 0) return run;
      }
    }
  }
  return run;

  async function runStep(step: Step, folder: string, known: Trigger["expressions"]): Promise<void> {
    const [action = ""] = step.uses?.split("@") ?? [];
    if (step.run !== undefined) {
      const own = Object.fromEntries(Object.entries(step.env ?? {}).map(([name, text]) => [name, filled(text, known)]));
      const whole = { ...cleanEnvironment(), ...runner.env, ...env, ...own };
      const { code, output } = await start("bash", ["-eo", "pipefail", "-c", step.run], { cwd: folder, env: whole })
        .done;
      run.code = code;
      run.output += output;
    } else if (action === "actions/checkout") {
      const entries = Object.entries(step.with ?? {});
      runner.checkout(folder, Object.fromEntries(entries.map(([name, value]) => [name, filled(String(value), known)])));
    } else if (action.startsWith("./")) {
      const text = readFileSync(path.join(folder, action, "action.yml"), "utf8");
      const { runs } = parse(text) as { runs: { steps: Step[] } };
      for (const inner of runs.steps) if (run.code === 0) await runStep(inner, folder, known);
    } else if (!["actions/setup-node", "pulumi/actions"].includes(action)) {
      throw new Error(`${file}: nothing is known of the action ${action}`);
    }
  }
}

function matrixOf({ strategy }: Job, expressions: Trigger["expressions"]): Record<string, string>[] {
  const [[name, text] = [], ...others] = Object.entries(strategy?.matrix ?? {});
  if (name === undefined || text === undefined) return [{}];
  if (others.length > 0) throw new Error("a matrix of more than one dimension is not known here");
  return (JSON.parse(filled(text, expressions)) as string[]).map((value) => ({ [`matrix.${name}`]: value }));
}

function filled(text: string, expressions: Trigger["expressions"]): string {
  return text.replace(/\$\{\{\s*(.*?)\s*\}\}/g, (_, expression: string) => String(result(expression, expressions)));
}

function result(expression: string, expressions: Trigger["expressions"]): string | boolean {
  const value = expressions[expression];
  if (value === undefined) throw new Error(`no value is given for the expression ${expression}`);
  return value;
}
