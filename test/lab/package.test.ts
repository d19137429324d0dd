import { readFileSync } from "node:fs";
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
