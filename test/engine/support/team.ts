import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import * as path from "node:path";
import { testEngine } from "../../../lab/cli/environment.js";
import type { TestStack } from "../../../lab/cli/stack.js";
import { commandFile, repositoryRoot } from "../../../lab/root.js";

/** The repository of a team that has copied the example, on a server of its own, and the machine that its workflows run on. */
export async function makeTeam(stack: TestStack, example: string) {
  const { folder } = stack;
  const [origin, source] = [path.join(folder, "origin.git"), path.join(folder, "source")];
  const identity = ["-c", "user.name=team", "-c", "user.email=team@clinic.example"];
  const git = (cwd: string, ...args: string[]) =>
    execFileSync("git", [...identity, ...args], { cwd, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] }).trim();
  const write = (base: string, name: string, text: string, mode = 0o644) => {
    mkdirSync(path.dirname(path.join(base, name)), { recursive: true });
    writeFileSync(path.join(base, name), text, { mode });
  };
  const commit = (message: string, changes: Record<string, string>) => {
    for (const [name, text] of Object.entries(changes)) write(source, name, text);
    git(source, "add", "-A");
    git(source, "commit", "-qm", message);
    return git(source, "rev-parse", "HEAD");
  };

  git(folder, "init", "-q", "--bare", "--initial-branch=main", origin);
  git(folder, "clone", "-q", origin, source);
  cpSync(example, source, { recursive: true });
  for (const name of ["Pulumi.yaml", "Pulumi.production.yaml", "package.json", "index.js"]) {
    cpSync(path.join(folder, name), path.join(source, name));
  }

  // What `npm ci` would install, an `npm` that does so, and an `npx` that starts it.
  const modules = path.join(folder, "node_modules");
  const executable = (file: string, text: string) => write(folder, file, text, 0o755);
  executable("node_modules/.bin/pulumi-amigo", `#!/bin/sh\nexec node ${commandFile} "$@"\n`);
  const policies = path.join(repositoryRoot, "policies");
  const [loader, pack] = [require.resolve("tsx/cjs"), path.join(policies, "pack.ts")].map((file) =>
    JSON.stringify(file),
  );
  executable(
    "node_modules/.bin/pulumi-amigo-policies",
    `#!/usr/bin/env node\nprocess.chdir(${JSON.stringify(policies)});\nrequire(${loader});\nrequire(${pack});\n`,
  );
  executable("bin/npx", '#!/bin/sh\ntest "$1" = "--no-install" && shift && exec "node_modules/.bin/$@"\n');
  executable("bin/npm", `#!/bin/sh\ntest "$*" = "ci --ignore-scripts" && ln -s ${modules} node_modules\n`);

  const engine = await testEngine();
  return {
    git: (...args: string[]) => git(source, ...args),
    commit,
    /** The server refuses what would be written to this branch. */
    protect(branch: string) {
      executable("origin.git/hooks/update", `#!/bin/sh\ntest "$1" != "refs/heads/${branch}"\n`);
    },
    unprotect: () => rmSync(path.join(origin, "hooks", "update")),
    runner: {
      workspace: () => mkdtempSync(path.join(folder, "work-")),
      checkout(target: string, { ref, "fetch-depth": depth = "1" }: Record<string, unknown>) {
        const wanted = String(ref ?? git(source, "rev-parse", "HEAD"));
        git(target, "init", "-q");
        git(target, "remote", "add", "origin", `file://${origin}`);
        const what = depth === "0" ? ["+refs/heads/*:refs/remotes/origin/*"] : [`--depth=${depth}`, wanted];
        git(target, "fetch", "-q", "origin", ...what);
        git(target, "checkout", "-q", "--detach", /^[0-9a-f]{40}$/.test(wanted) ? wanted : `origin/${wanted}`);
      },
      env: {
        ...engine.env,
        PATH: `${path.join(folder, "bin")}${path.delimiter}${engine.env.PATH}`,
        AMIGO_BASE_URL: stack.env.AMIGO_BASE_URL ?? "",
      },
    },
  };
}
