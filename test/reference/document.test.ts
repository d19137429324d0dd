import { readdirSync, readFileSync } from "node:fs";
import * as path from "node:path";
import { expect, test } from "vitest";
import { repositoryRoot } from "../../lab/root.js";
import { clinicalProduction } from "../../policies/index.js";
import * as others from "./support/others.js";
import { resourcePages } from "./support/resources.js";
import { functions, publicNames } from "./support/source.js";

const folder = path.join(repositoryRoot, "docs", "reference");

test("docs/reference is what the source says (npm run docs writes it)", async () => {
  const pages = {
    ...resourcePages(),
    "README.md": others.indexPage(),
    "functions.md": others.functionsPage(),
    "provider.md": others.providerPage(),
    "commands.md": others.commandsPage(),
    "errors.md": others.errorsPage(),
    "policies.md": others.policiesPage(clinicalProduction),
  };
  for (const [file, text] of Object.entries(pages)) {
    await expect(text, file).toMatchFileSnapshot(path.join(folder, file));
  }
  expect(readdirSync(folder).filter((file) => !Object.hasOwn(pages, file))).toEqual([]);
});

test("the reference names each function, and each variable that the source reads", () => {
  const twins = publicNames().filter((name) => /^(get|list)\w+Output$/.test(name));
  expect(
    functions()
      .map(({ name }) => `${name}Output`)
      .sort(),
  ).toEqual(twins.sort());
  const page = others.providerPage();
  for (const variable of variablesInSource()) expect(page).toContain(`\`${variable}\``);
});

function variablesInSource(): Set<string> {
  const source = path.join(repositoryRoot, "src");
  const files = readdirSync(source, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".ts"));
  const found = files.flatMap(
    (file) => readFileSync(path.join(source, file), "utf8").match(/\bAMIGO_[A-Z]+(_[A-Z]+)*/g) ?? [],
  );
  expect(found.length).toBeGreaterThan(10);
  return new Set(found);
}
