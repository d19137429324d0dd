import { execFile } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { dialectGuards } from "../test/dialects/guards.js";
import {
  dialectProblems,
  dialectsFile,
  documentedTrial,
  renderDialects,
  unfit,
  unproven,
} from "../test/dialects/support/document.js";
import { dialectTests, settingsNamed, tryWrong } from "../test/dialects/support/trials.js";
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
 * and writes docs/traps.md. Then does the same for the dialects and docs/dialects.md: puts each wrong implementation in, and
 * sees that it is noticed under its setting and not by default. With numbers of traps, names of switches (`putNull`),
 * of settings (`putNull=clears`) or the word `dialects` it tries these only, and keeps what the documents say of the others. With
 * `--check` it runs nothing and compares the documents with the tests and guards.
 */
const root = join(__dirname, "..");
const copied = [
  "src",
  "contract",
  "test/traps",
  "test/dialects",
  "test/support",
  "package.json",
  "tsconfig.json",
  "vitest.config.ts",
];
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

async function runTests(copy: string, files: readonly string[], pattern?: string): Promise<Outcome> {
  const output = join(copy, "report.json");
  rmSync(output, { force: true });
  const reporters = ["--reporter=json", `--outputFile=${output}`];
  const parameters = ["run", "--project=unit", "--no-cache", ...reporters, ...files];
  if (pattern !== undefined) parameters.push("--testNamePattern", pattern);
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

/** Runs tests while a text of the source is replaced by another. */
async function changed(
  copy: string,
  { file, find, replace }: { readonly file: string; readonly find: string; readonly replace: string },
  files: readonly string[],
  pattern?: string,
): Promise<Outcome> {
  const path = join(copy, file);
  const original = readFileSync(path, "utf8");
  writeFileSync(
    path,
    original.replace(find, () => replace),
  );
  try {
    return await runTests(copy, files, pattern);
  } finally {
    writeFileSync(path, original);
  }
}

async function withoutGuard(copy: string, index: number, expected: number): Promise<GuardResult> {
  const guard = guards[index] as (typeof guards)[number];
  const { passed, failed } = await changed(copy, guard, [testFileOf(guard.trap)]);
  if (passed.length + failed.length !== expected)
    throw new Error(`the change to ${guard.file} keeps the tests from running`);
  return { failed: failed.length, of: expected };
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

async function tryTraps(copies: string[], named: readonly number[]): Promise<string[]> {
  console.log("running the tests of all traps with every guard in place");
  const tests = await baseline(copies[0] as string);
  const results = await takeGuardsAway(copies, tests, named);
  const unnoticed = guards.filter((_, index) => results[index]?.failed === 0);
  if (unnoticed.length === 0) {
    write(documentFile, renderDocument(tests, results));
    console.log(`${guards.length} guards, each noticed; wrote ${documentFile}`);
  }
  return unnoticed.map(({ trap, guard, file }) => `trap ${trap}: no test notices the loss of: ${guard} (${file})`);
}

async function tryDialects(copies: string[], named: readonly string[]): Promise<string[]> {
  console.log("running the tests of all dialects with nothing wrong");
  const { failed } = await runTests(copies[0] as string, dialectTests);
  if (failed.length > 0) return [`these fail with nothing wrong:\n  ${failed.join("\n  ")}`];
  const trials = dialectGuards.map((_, index) => documentedTrial(index));
  const waiting = dialectGuards.flatMap(({ setting }, index) => (named.includes(setting) ? [index] : []));
  const all = waiting.length;
  let done = 0;
  const work = async (copy: string) => {
    for (let index = waiting.shift(); index !== undefined; index = waiting.shift()) {
      const { setting, wrong } = dialectGuards[index] as (typeof dialectGuards)[number];
      const trial = await tryWrong((change, files, pattern) => changed(copy, change, files, pattern), index);
      trials[index] = trial;
      done += 1;
      console.log(
        `${done}/${all} ${setting}: ${wrong}: ${trial.failed} of ${trial.of} fail, by default ${trial.byDefault}`,
      );
    }
  };
  // Every worker ends before the copies are deleted.
  const ended = await Promise.allSettled(copies.map(work));
  for (const one of ended) if (one.status === "rejected") throw one.reason;
  const problems = trials.flatMap((trial, index) => (trial === undefined ? [] : unproven(index, trial)));
  if (problems.length === 0) {
    write(dialectsFile, renderDialects(trials));
    console.log(`${trials.filter(Boolean).length} wrong implementations, each noticed; wrote ${dialectsFile}`);
  }
  return problems;
}

function write(file: string, text: string): void {
  mkdirSync(dirname(join(root, file)), { recursive: true });
  writeFileSync(join(root, file), text);
}

async function main(): Promise<void> {
  const named = process.argv.slice(2);
  if (named.includes("--check")) return report([...documentProblems(), ...dialectProblems()]);
  const traps = named.map(Number).filter((trap) => trapNumbers().includes(trap));
  const dialects = named.flatMap((text) => settingsNamed(text) ?? []);
  const strange = named.filter((text) => !trapNumbers().includes(Number(text)) && settingsNamed(text) === undefined);
  if (strange.length > 0)
    return report([
      `${strange.join(", ")}: usage: tsx tools/traps.ts [--check | numbers of traps, switches, settings]`,
    ]);
  const everything = named.length === 0;
  const withTraps = everything || traps.length > 0;
  const withDialects = everything || dialects.length > 0;
  const lost = [
    ...(withTraps ? guards.flatMap((_, index) => misplaced(index)) : []),
    ...(withDialects ? dialectGuards.flatMap((_, index) => unfit(index)) : []),
  ];
  if (lost.length > 0) return report(lost);
  const copies = Array.from({ length: WORKERS }, (_, worker) => makeCopy(worker));
  try {
    const problems = [
      ...(withTraps ? await tryTraps(copies, everything ? trapNumbers() : traps) : []),
      ...(withDialects ? await tryDialects(copies, everything ? (settingsNamed("dialects") ?? []) : dialects) : []),
    ];
    if (problems.length > 0) report(problems);
  } finally {
    for (const copy of copies) rmSync(copy, { recursive: true, force: true });
  }
}

function report(problems: readonly string[]): void {
  if (problems.length === 0) console.log(`${documentFile} and ${dialectsFile} are as they should be`);
  else process.exitCode = 1;
  for (const problem of problems) console.error(problem);
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
