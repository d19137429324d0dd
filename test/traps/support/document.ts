import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { prose } from "./prose.js";

const folder = join(__dirname, "..");

export function trapsDocument(): string {
  const sections = Object.entries(prose).map(([trap, { title, api }]) =>
    [`## ${trap}. ${title}`, "", api, "", ...testNamesOf(Number(trap)).map((name) => `- ${name}`)].join("\n"),
  );
  return `${[INTRODUCTION, ...sections].join("\n\n")}\n`;
}

const INTRODUCTION = `# Traps of the API

Each section says where the API is silent or surprising, and lists what the provider does about it.
Each line is the name of a test in \`test/traps/trap-NN-*.test.ts\`. \`npm run docs\` writes this page.`;

/** The names of a trap's tests, without the number of the trap. */
function testNamesOf(trap: number): string[] {
  const start = `trap-${String(trap).padStart(2, "0")}-`;
  const [file, ...more] = readdirSync(folder).filter((name) => name.startsWith(start));
  if (file === undefined || more.length > 0) throw new Error(`trap ${trap} needs one test file`);
  const text = readFileSync(join(folder, file), "utf8");
  const tests = text.match(/\b(?:test|it)(?:\.\w+)*\(/g) ?? [];
  const names = [...text.matchAll(/^test\("trap (\d+): ([^"]+)",/gm)].flatMap(([, number, name]) =>
    Number(number) === trap && name ? [name] : [],
  );
  if (names.length !== tests.length) throw new Error(`${file}: each test must be test("trap ${trap}: NAME", ...)`);
  return names;
}
