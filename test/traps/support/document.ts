import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { guards } from "../guards.js";
import { type Prose, prose } from "./prose.js";

const root = join(__dirname, "..", "..", "..");
const folder = join(root, "test", "traps");

/** Where the document stands, from the package's root. */
export const documentFile = "docs/traps.md";

export interface TestResult {
  readonly name: string;
  /** What it asserts about requests. */
  readonly requests: readonly string[];
}

export interface GuardResult {
  /** Tests that fail without the guard, of all tests of its trap. */
  readonly failed: number;
  readonly of: number;
}

export function trapNumbers(): number[] {
  return Object.keys(prose).map(Number);
}

/** The one test file of a trap, from the package's root. */
export function testFileOf(trap: number): string {
  const start = `trap-${String(trap).padStart(2, "0")}-`;
  const found = readdirSync(folder).filter((file) => file.startsWith(start));
  if (found.length !== 1 || found[0] === undefined) throw new Error(`trap ${trap}: found ${found.length} test files`);
  return `test/traps/${found[0]}`;
}

/** The names of a trap's tests as its file writes them; each is a plain string. */
export function testNamesOf(trap: number): string[] {
  const text = readFileSync(join(root, testFileOf(trap)), "utf8");
  const names = [...text.matchAll(/^test\("([^"]+)",/gm)].map(([, name]) => String(name));
  const calls = text.match(/\b(?:test|it)(?:\.\w+)*\(/g) ?? [];
  if (calls.length !== names.length)
    throw new Error(`${testFileOf(trap)}: every test must be test("a plain name", ...)`);
  const strange = names.filter((name) => !name.startsWith(`trap ${trap}: `));
  if (strange.length > 0) throw new Error(`${testFileOf(trap)}: ${strange.join("; ")} is not of trap ${trap}`);
  return names;
}

export function renderDocument(
  tests: ReadonlyMap<number, readonly TestResult[]>,
  results: readonly GuardResult[],
): string {
  const sections = trapNumbers().map((trap) => {
    const { title, api, provider } = prose[trap] as Prose;
    return [
      `## ${trap}. ${title}`,
      `**The API:** ${api}`,
      `**The provider:** ${provider}`,
      `Tests (\`${testFileOf(trap)}\`), each with the requests that it asserts:`,
      (tests.get(trap) ?? []).map(testLine).join("\n"),
      "Guards, each with what taking it away does:",
      guards.flatMap((guard, index) => (guard.trap === trap ? guardLine(index, results[index]) : [])).join("\n"),
    ].join("\n\n");
  });
  return `${[INTRODUCTION, ...sections].join("\n\n")}\n`;
}

const INTRODUCTION = `# Traps of the API, and what guards against each

Where the API's contract is silent or surprising, the provider must be right under every plausible reading. Each trap
has tests that run against the emulator, with the readings switched on that matter, and each guard in the source has
been taken away once to see that a test of its trap fails.

This page is written by \`npm run traps\`, which runs all of that anew; \`npm test\` checks that it names the current tests
and guards.`;

function testLine({ name, requests }: TestResult): string {
  const asserted = requests.length === 0 ? "not asserted here" : requests.map((one) => `\`${one}\``).join("; ");
  return `- ${name}\n  - requests: ${asserted}`;
}

function guardHead(index: number): string {
  const { guard, file } = guards[index] as (typeof guards)[number];
  return `- ${guard} (\`${file}\`)`;
}

function guardLine(index: number, result: GuardResult | undefined): string {
  return `${guardHead(index)}: removed, ${result?.failed} of ${result?.of} tests fail`;
}

/** What the document says of a guard, as it was when that was last tried; undefined where it says nothing. */
export function documentedResult(index: number): GuardResult | undefined {
  const line = readFileSync(join(root, documentFile), "utf8")
    .split("\n")
    .find((one) => one.startsWith(`${guardHead(index)}: `));
  const [, failed, of] = /: removed, (\d+) of (\d+) tests fail$/.exec(line ?? "") ?? [];
  return of === undefined ? undefined : { failed: Number(failed), of: Number(of) };
}

/** Everything in which the document is not true of the tests, the guards and the source as they stand. */
export function documentProblems(): string[] {
  const document = readFileSync(join(root, documentFile), "utf8");
  const lines = document.split("\n");
  const documented = lines.filter((line) => line.startsWith("- trap ")).map((line) => line.slice(2));
  const current = trapNumbers().flatMap(testNamesOf);
  const heads = guards.map((_, index) => guardHead(index));
  const documentedGuards = lines.flatMap((line) => /^(- .*\)): removed, \d+ of \d+ tests fail$/.exec(line)?.[1] ?? []);
  return [
    ...differences("test", documented, current),
    ...differences("guard", documentedGuards, heads),
    ...guards.flatMap((_, index) => misplaced(index)),
    ...trapNumbers().flatMap((trap) =>
      guards.some((guard) => guard.trap === trap) ? [] : [`trap ${trap} has no guard`],
    ),
  ];
}

function differences(what: string, documented: readonly string[], current: readonly string[]): string[] {
  return [
    ...current.filter((one) => !documented.includes(one)).map((one) => `${what} not in ${documentFile}: ${one}`),
    ...documented.filter((one) => !current.includes(one)).map((one) => `${what} only in ${documentFile}: ${one}`),
    ...(documented.length === new Set(documented).size ? [] : [`a ${what} stands in ${documentFile} twice`]),
  ];
}

/** A guard whose text does not stand exactly once in its file. */
export function misplaced(index: number): string[] {
  const { trap, guard, file, find } = guards[index] as (typeof guards)[number];
  const times = readFileSync(join(root, file), "utf8").split(find).length - 1;
  return times === 1 ? [] : [`guard of trap ${trap} (${guard}): its text stands ${times} times in ${file}`];
}
