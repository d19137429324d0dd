import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import * as path from "node:path";
import { Command } from "commander";
import { repositoryRoot } from "../root.js";
import { apiReports } from "./api-report.js";
import { licenceProblems } from "./licences.js";

/** Bytes that a release may have. More is a decision: raise it in the change that needs it. */
const BUDGET = { size: 475_000, unpackedSize: 1_800_000 };

/** Each check returns what is wrong, a sentence each. */
type Check = (packed: Packed) => string[];

interface Packed {
  tarball: string;
  size: number;
  unpackedSize: number;
}

function checks(write: boolean): Record<string, Check> {
  return {
    size: ({ size, unpackedSize }) => {
      console.log(`  ${size} bytes packed, ${unpackedSize} unpacked`);
      return [
        ...(size > BUDGET.size ? [`packed it has ${size} bytes; the budget is ${BUDGET.size}`] : []),
        ...(unpackedSize > BUDGET.unpackedSize
          ? [`unpacked it has ${unpackedSize} bytes; the budget is ${BUDGET.unpackedSize}`]
          : []),
      ];
    },
    licences: () => licenceProblems(readFileSync(path.join(repositoryRoot, "package-lock.json"), "utf8")),
    publint: ({ tarball }) => tool("publint", ["run", tarball, "--strict"]),
    attw: ({ tarball }) => tool("attw", [tarball, "--no-color", "--no-emoji"]),
    "API report": () => {
      const changed = apiReports(write);
      if (write) return [];
      return changed.map(
        (file) => `${file} is stale: run \`npm run package:check -- --write\` and look at the difference`,
      );
    },
  };
}

function tool(name: string, args: string[]): string[] {
  try {
    execFileSync("npx", ["--no-install", name, ...args], { cwd: repositoryRoot, encoding: "utf8", stdio: "pipe" });
    return [];
  } catch (error) {
    const { stdout = "", stderr = "" } = error as { stdout?: string; stderr?: string };
    return [`${stdout}${stderr}`.trim()];
  }
}

function withPackage(run: (packed: Packed) => void): void {
  mkdirSync(path.join(repositoryRoot, "state"), { recursive: true });
  const folder = mkdtempSync(path.join(repositoryRoot, "state", "package-"));
  try {
    const pack = ["pack", "--json", "--ignore-scripts", "--pack-destination", folder];
    const [{ filename, size, unpackedSize }] = JSON.parse(
      execFileSync("npm", pack, { cwd: repositoryRoot, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }),
    );
    run({ tarball: path.join(folder, filename), size, unpackedSize });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const command = new Command("package:check")
  .description("checks the package as it would be published: size, licences, entry points, types, public surface")
  .option("--write", "write the reports of the public surface in api/ instead of comparing them")
  .action(({ write = false }: { write?: boolean }) =>
    withPackage((packed) => {
      for (const [name, check] of Object.entries(checks(write))) {
        const problems = check(packed);
        console.log(`${problems.length === 0 ? "ok    " : "FAILED"} ${name}`);
        for (const problem of problems) console.log(problem.replaceAll(/^/gm, "  "));
        if (problems.length > 0) process.exitCode = 1;
      }
    }),
  );

command.parse();
