import { existsSync, readFileSync } from "node:fs";
import * as path from "node:path";
import { expect, test } from "vitest";
import { licenceProblems } from "../../lab/package/licences.js";
import { repositoryRoot } from "../../lab/root.js";

test("a dependency whose licence nobody has looked at is named, one for development is not", () => {
  const packages = {
    "": { license: "Apache-2.0" },
    "node_modules/good": { license: "MIT" },
    "node_modules/bad": { license: "AGPL-3.0" },
    "node_modules/none": {},
    "node_modules/tool": { license: "AGPL-3.0", dev: true },
  };
  expect(licenceProblems(JSON.stringify({ packages })).map((problem) => problem.split(";")[0])).toEqual([
    "node_modules/bad: AGPL-3.0",
    "node_modules/none: no licence",
  ]);
});

test("this package's own lock file is clean", () => {
  expect(licenceProblems(readFileSync(path.join(repositoryRoot, "package-lock.json"), "utf8"))).toEqual([]);
});

test("the README names files that are not in the package by whole addresses, and each of them exists", () => {
  const readme = readFileSync(path.join(repositoryRoot, "README.md"), "utf8");
  const inline = [...readme.matchAll(/\]\(([^)]+)\)/g)].map(([, target]) => target);
  const defined = [...readme.matchAll(/^\[([^\]]+)\]: (\S+)$/gm)];
  const targets = [...inline, ...defined.map(([, , target]) => target)];
  const pages = targets.flatMap(
    (target) => /amigo-ai\/pulumi-amigo\/(?:blob|tree)\/main\/(.+)$/.exec(target ?? "")?.[1] ?? [],
  );
  expect(pages.length).toBeGreaterThan(10);
  expect(targets.filter((target) => !target?.startsWith("https://"))).toEqual([]);
  expect(pages.filter((page) => !existsSync(path.join(repositoryRoot, page)))).toEqual([]);
  const used = [...readme.matchAll(/\]\[([^\]]+)\]/g)].map(([, name]) => name);
  expect(used.filter((name) => !defined.some(([, own]) => own === name))).toEqual([]);
});
