import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { Command } from "commander";
import { ensureDist } from "../tools/dist.js";
import { intoPage, tableRows } from "./report/markdown.js";
import { repositoryRoot } from "./subjects/project.js";

/** What of vitest's report goes into the table; times in milliseconds. */
interface Report {
  readonly files: readonly {
    readonly groups: readonly {
      readonly fullName: string;
      readonly benchmarks: readonly { name: string; median: number; p99: number; sampleCount: number }[];
    }[];
  }[];
}

new Command("npm run bench:micro --")
  .description("Times check, diff, schemas, the client and what a process loads, each by itself.")
  .option("--markdown <file>", "writes the table; into a page that marks the place for micro-benchmarks, there")
  .action(run)
  .parse();

function run({ markdown }: { markdown?: string }): void {
  ensureDist(console.error);
  const folder = mkdtempSync(path.join(tmpdir(), "amigo-micro-"));
  const json = path.join(folder, "report.json");
  const vitest = path.join(repositoryRoot, "node_modules", "vitest", "vitest.mjs");
  const args = [vitest, "bench", "--run", "--config", "bench/vitest.config.ts", "--outputJson", json];
  try {
    const { status } = spawnSync(process.execPath, args, { cwd: repositoryRoot, stdio: "inherit" });
    if (status === 0 && markdown)
      writeFileSync(markdown, page(markdown, table(JSON.parse(readFileSync(json, "utf8")))));
    process.exitCode = status ?? 1;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function page(file: string, text: string): string {
  return intoPage(existsSync(file) ? readFileSync(file, "utf8") : "", "micro-benchmarks", text);
}

function table({ files }: Report): string {
  const rows = files.flatMap(({ groups }) =>
    groups.flatMap(({ fullName, benchmarks }) =>
      benchmarks.map(({ name, median, p99, sampleCount }) => [
        fullName.split(" > ").slice(1).join(", "),
        name,
        duration(median),
        duration(p99),
        sampleCount.toLocaleString("en-US"),
      ]),
    ),
  );
  return tableRows({ head: ["what", "of it", "median", "99 %", "samples"], rows });
}

function duration(milliseconds: number): string {
  if (milliseconds < 1) return `${(milliseconds * 1000).toPrecision(3)} µs`;
  return `${milliseconds < 100 ? milliseconds.toPrecision(3) : milliseconds.toFixed(0)} ms`;
}
