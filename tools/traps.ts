import { execFile } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { guards } from "../test/traps/guards.js";
import {
  documentedResult,
  documentFile,
  documentProblems,
  type GuardResult,
  misplaced,
  renderDocument,
  type TestResult,
  testFileOf,
  testNamesOf,
  trapNumbers,
} from "../test/traps/support/document.js";

/**
 * Runs the tests of all traps on a copy of the source, then takes each guard away and sees that a test of its trap fails,
 * and writes docs/traps.md. With numbers of traps it takes away the guards of these only and keeps what the document says
 * of the others. With `--check` it runs nothing and compares the document with the tests and guards.
 */
const root = join(__dirname, "..");
const copied = ["src", "contract", "test/traps", "test/support", "package.json", "tsconfig.json", "vitest.config.ts"];
const WORKERS = 2;

interface Outcome {
  readonly passed: TestResult[];
  readonly failed: string[];
}

function makeCopy(worker: number): string {
  const copy = join(root, "state", "traps", `${process.pid}-${worker}`);
  mkdirSync(copy, { recursive: true });
  for (const path of copied) {
    mkdirSync(dirname(join(copy, path)), { recursive: true });
    cpSync(join(root, path), join(copy, path), { recursive: true });
  }
  symlinkSync(join(root, "node_modules"), join(copy, "node_modules"), "dir");
  return copy;
}

interface JsonReport {
  readonly testResults: readonly {
    readonly message: string;
    readonly assertionResults: readonly {
      readonly title: string;
      readonly status: string;
      readonly meta: { requests?: string[] };
    }[];
  }[];
}

async function runTests(copy: string, files: readonly string[]): Promise<Outcome> {
  const output = join(copy, "report.json");
  rmSync(output, { force: true });
  const reporters = ["--reporter=json", `--outputFile=${output}`];
  const parameters = ["run", "--project=unit", "--no-cache", ...reporters, ...files];
  const said = await new Promise<string>((resolve) => {
    execFile(
      process.execPath,
      [join(root, "node_modules", "vitest", "vitest.mjs"), ...parameters],
      { cwd: copy, maxBuffer: 64 * 1024 * 1024 },
      (_, out, errors) => resolve(out + errors),
    );
  });
  let report: JsonReport;
  try {
    report = JSON.parse(readFileSync(output, "utf8"));
  } catch {
    throw new Error(`vitest left no report: ${said}`);
  }
  const all = report.testResults.flatMap(({ assertionResults }) => assertionResults);
  const ended = (status: string) => all.filter((one) => one.status === status);
  return {
    passed: ended("passed").map(({ title, meta }) => ({ name: title, requests: meta.requests ?? [] })),
    failed: ended("failed").map(({ title }) => title),
  };
}

/** All tests on the unchanged copy; each must pass. */
async function baseline(copy: string): Promise<Map<number, TestResult[]>> {
  const { passed, failed } = await runTests(copy, trapNumbers().map(testFileOf));
  if (failed.length > 0) throw new Error(`these fail with every guard in place:\n  ${failed.join("\n  ")}`);
  return new Map(
    trapNumbers().map((trap) => {
      const names = testNamesOf(trap);
      const results = names.flatMap((name) => passed.filter((test) => test.name === name));
      if (results.length !== names.length) throw new Error(`trap ${trap}: not every test ran`);
      return [trap, results];
    }),
  );
}

async function withoutGuard(copy: string, index: number, expected: number): Promise<GuardResult> {
  const { trap, file, find, replace } = guards[index] as (typeof guards)[number];
  const path = join(copy, file);
  const original = readFileSync(path, "utf8");
  writeFileSync(
    path,
    original.replace(find, () => replace),
  );
  try {
    const { passed, failed } = await runTests(copy, [testFileOf(trap)]);
    if (passed.length + failed.length !== expected)
      throw new Error(`the change to ${file} keeps the tests from running`);
    return { failed: failed.length, of: expected };
  } finally {
    writeFileSync(path, original);
  }
}

async function takeGuardsAway(
  copies: string[],
  tests: Map<number, TestResult[]>,
  traps: readonly number[],
): Promise<GuardResult[]> {
  const results: GuardResult[] = [];
  const waiting: number[] = [];
  for (const [index, { trap }] of guards.entries()) {
    const known = traps.includes(trap) ? undefined : documentedResult(index);
    if (known?.of === tests.get(trap)?.length && known) results[index] = known;
    else waiting.push(index);
  }
  const all = waiting.length;
  let done = 0;
  const work = async (copy: string) => {
    for (let index = waiting.shift(); index !== undefined; index = waiting.shift()) {
      const { trap, guard } = guards[index] as (typeof guards)[number];
      const result = await withoutGuard(copy, index, tests.get(trap)?.length ?? 0);
      results[index] = result;
      done += 1;
      const unnoticed = result.failed === 0 ? "  <- NOT NOTICED" : "";
      console.log(`${done}/${all} trap ${trap}: ${guard}: ${result.failed} of ${result.of} fail${unnoticed}`);
    }
  };
  await Promise.all(copies.map(work));
  return results;
}

async function main(): Promise<void> {
  const named = process.argv.slice(2).map(Number);
  if (process.argv.includes("--check")) return report(documentProblems());
  const strange = named.filter((trap) => !trapNumbers().includes(trap));
  if (strange.length > 0) return report(["usage: tsx tools/traps.ts [--check | numbers of traps]"]);
  const lost = guards.flatMap((_, index) => misplaced(index));
  if (lost.length > 0) return report(lost);
  const copies = Array.from({ length: WORKERS }, (_, worker) => makeCopy(worker));
  try {
    console.log("running the tests of all traps with every guard in place");
    const tests = await baseline(copies[0] as string);
    const results = await takeGuardsAway(copies, tests, named.length > 0 ? named : trapNumbers());
    const unnoticed = guards.filter((_, index) => results[index]?.failed === 0);
    if (unnoticed.length > 0) {
      return report(
        unnoticed.map(({ trap, guard, file }) => `trap ${trap}: no test notices the loss of: ${guard} (${file})`),
      );
    }
    mkdirSync(dirname(join(root, documentFile)), { recursive: true });
    writeFileSync(join(root, documentFile), renderDocument(tests, results));
    console.log(`${guards.length} guards, each noticed; wrote ${documentFile}`);
  } finally {
    for (const copy of copies) rmSync(copy, { recursive: true, force: true });
  }
}

function report(problems: readonly string[]): void {
  if (problems.length === 0) console.log(`${documentFile} is as it should be`);
  else process.exitCode = 1;
  for (const problem of problems) console.error(problem);
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
