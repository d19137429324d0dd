import { spawnSync } from "node:child_process";
import { readdirSync, statSync } from "node:fs";
import * as path from "node:path";
import { repositoryRoot as root } from "./root.js";

/** Compiles the library where `dist` is missing or older than `src`; throws with the compiler's words when it fails. */
export function ensureDist(log: (line: string) => void): void {
  if (!sources().some(isStale)) return;
  log("Compiling the library ...");
  const compiler = require.resolve("typescript/bin/tsc");
  const built = spawnSync(process.execPath, [compiler, "-p", "tsconfig.build.json"], { cwd: root, encoding: "utf8" });
  if (built.status !== 0) throw new Error(`The library does not compile:\n${built.stdout}${built.stderr}`);
}

/** The set-up of tests that run what is compiled. */
export function setup(): void {
  ensureDist((line) => console.error(line));
}

function sources(): string[] {
  const files = readdirSync(path.join(root, "src"), { recursive: true, encoding: "utf8" });
  return files.filter((file) => file.endsWith(".ts") && !file.endsWith(".d.ts"));
}

function isStale(source: string): boolean {
  const built = statSync(path.join(root, "dist", source.replace(/\.ts$/, ".js")), { throwIfNoEntry: false });
  return !built || built.mtimeMs < statSync(path.join(root, "src", source)).mtimeMs;
}
