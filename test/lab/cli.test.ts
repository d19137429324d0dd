import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { buildEngine } from "../../lab/cli/build.js";
import { ensureEngine } from "../../lab/cli/engine.js";
import { compareVersions, engineVersion } from "../../lab/cli/places.js";
import { showProgress } from "../../lab/cli/progress.js";

let folder: string;
const home = () => path.join(folder, "home");
const bin = (version: string) => path.join(home(), "versions", version, "bin");
const lines: string[] = [];
const log = (line: string) => lines.push(line);

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "engine-"));
  lines.length = 0;
  // What the scripts below call stays on PATH; an engine or Go of this machine does not.
  mkdirSync(path.join(folder, "path"));
  for (const tool of ["chmod", "sleep"]) symlinkSync(`/bin/${tool}`, path.join(folder, "path", tool));
  vi.stubEnv("PATH", path.join(folder, "path"));
  vi.stubEnv("PULUMI_HOME", home());
  vi.stubGlobal("fetch", () => Promise.reject(new TypeError("fetch failed", { cause: new Error("no route") })));
});

afterEach(() => {
  vi.unstubAllEnvs();
  vi.unstubAllGlobals();
  rmSync(folder, { recursive: true, force: true });
});

function script(file: string, text: string): void {
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, `#!/bin/sh\n${text}\n`, { mode: 0o755 });
}

function placeEngine(where: string, version: string): void {
  script(path.join(where, "pulumi"), `echo v${version}`);
  script(path.join(where, "pulumi-language-nodejs"), "true");
}

/** Writes programs that report the pinned version to wherever `-o` says. */
const fakeGo = `
echo "$@" >> ${"$"}PULUMI_HOME/go.calls
echo "go: downloading example.com/module v1.0.0" >&2
sleep 0.2
while [ "$1" != "-o" ]; do shift; done
printf '#!/bin/sh\\necho v${engineVersion}\\n' > "$2"; chmod 755 "$2"`;

test("PATH comes first, and its folder leads the environment", async () => {
  placeEngine(path.join(folder, "path"), "3.300.1");
  placeEngine(bin("3.259.0"), "3.259.0");
  const engine = await ensureEngine({ log });
  expect(engine).toMatchObject({ source: "path", version: "3.300.1", root: folder });
  expect(engine.env.PATH?.split(path.delimiter)[0]).toBe(path.join(folder, "path"));
});

test.each([
  ["too old", () => placeEngine(path.join(folder, "path"), "3.253.9")],
  ["without its language host", () => script(path.join(folder, "path", "pulumi"), "echo v3.259.0")],
  [
    "broken",
    () => {
      placeEngine(path.join(folder, "path"), "3.259.0");
      script(path.join(folder, "path", "pulumi"), "exit 1");
    },
  ],
])("an engine on PATH that is %s is passed over", async (_, place) => {
  place();
  placeEngine(bin("3.259.0"), "3.259.0");
  expect(await ensureEngine({ log })).toMatchObject({ source: "home", bin: path.join(bin("3.259.0"), "pulumi") });
});

test("in the home the newest engine that works is taken", async () => {
  placeEngine(bin("3.259.0"), "3.259.0");
  placeEngine(bin("3.260.0"), "3.260.0");
  placeEngine(bin("3.1000.0"), "3.1000.0");
  script(path.join(bin("3.1000.0"), "pulumi"), "exit 1");
  placeEngine(bin("3.99.0"), "3.99.0");
  expect((await ensureEngine({ log })).version).toBe("3.260.0");
});

test("with no engine, no network and no Go, the error names all four ways and what was tried", async () => {
  const failure = await ensureEngine({ log }).catch((error: Error) => error.message);
  expect(failure).toMatch(/1\. install Pulumi[\s\S]*2\. unpack[\s\S]*3\. let this machine[\s\S]*4\. install Go/);
  expect(failure).toContain("no route");
  expect(failure).toContain("there is no `go` on PATH");
});

test("Go builds both programs and copies the provider's launcher; the next run finds them", async () => {
  script(path.join(folder, "path", "go"), fakeGo);
  expect(await ensureEngine({ log })).toMatchObject({ source: "built", version: engineVersion });
  expect(readdirSync(bin(engineVersion)).sort()).toEqual([
    "pulumi",
    "pulumi-language-nodejs",
    "pulumi-resource-pulumi-nodejs",
  ]);
  expect(await ensureEngine({ log })).toMatchObject({ source: "home" });
});

test("of two builds at once, one waits for the other", async () => {
  mkdirSync(home());
  script(path.join(folder, "path", "go"), fakeGo);
  await Promise.all([buildEngine(log), buildEngine(log)]);
  expect(readFileSync(path.join(home(), "go.calls"), "utf8").trim().split("\n")).toHaveLength(2);
  expect(lines).toContain("another process is building the Pulumi engine; waiting for it");
});

test("a failed build tells the compiler's words and leaves no program behind", async () => {
  script(path.join(folder, "path", "go"), `${fakeGo}\necho "disk is full: everywhere" >&2; exit 1`);
  mkdirSync(home());
  await expect(buildEngine(log)).rejects.toThrow("disk is full: everywhere");
  expect(readdirSync(bin(engineVersion))).toEqual([]);
});

test("a build that shows no sign of life is passed over", async () => {
  mkdirSync(home());
  script(path.join(folder, "path", "go"), fakeGo);
  const lock = path.join(bin(engineVersion), ".build.lock");
  mkdirSync(lock, { recursive: true });
  const then = Date.now() / 1000 - 60;
  utimesSync(lock, then, then);
  await buildEngine(log);
  expect(lines.join("\n")).not.toContain("waiting");
  expect(existsSync(lock)).toBe(false);
});

test("progress is a rewritten line on a terminal and a plain line every 15 seconds elsewhere", () => {
  vi.useFakeTimers();
  const written: string[] = [];
  const terminal = (isTTY: boolean) =>
    ({ isTTY, write: (text: string) => written.push(text) > 0 }) as NodeJS.WriteStream;
  const plain = showProgress("building", log, terminal(false) as typeof process.stderr);
  plain.detail = "12 packages";
  vi.advanceTimersByTime(75_000);
  plain.stop();
  expect(lines.slice(0, 2)).toEqual(["building ...", "building: 15 s, 12 packages"]);
  expect(lines.at(-1)).toBe("building: 1 min 15 s, 12 packages");
  expect(written).toEqual([]);

  const shown = showProgress("building", log, terminal(true) as typeof process.stderr);
  vi.advanceTimersByTime(1000);
  shown.stop();
  vi.useRealTimers();
  expect(written[0]).toMatch(/^\r.*building: 0 s$/);
  expect(lines).toHaveLength(6);
});

test("versions compare by number", () => {
  expect(compareVersions("v3.259.0", "3.254.0")).toBeGreaterThan(0);
  expect(compareVersions("3.99.0", "3.254.0")).toBeLessThan(0);
  expect(compareVersions("v3.254.0-alpha.1", "3.254.0")).toBe(0);
});
