import { execFileSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { afterAll, expect, it } from "vitest";
import { parseAllDocuments } from "yaml";
import { engineVersion } from "../../lab/cli/places.js";
import { readFleet, selectFrom } from "../../src/fleet/file.js";
import { repositoryOf, writeManifests } from "../../src/fleet/manifest-files.js";
import { type ManifestOptions, manifestsOf, markedFilesOf } from "../../src/fleet/manifests.js";
import { matrixOf } from "../../src/fleet/matrix.js";

const root = realpathSync(mkdtempSync(path.join(tmpdir(), "amigo-manifests-")));
afterAll(() => rmSync(root, { recursive: true, force: true }));
const write = (name: string, text: string) => {
  mkdirSync(path.dirname(path.join(root, name)), { recursive: true });
  writeFileSync(path.join(root, name), text);
  return path.join(root, name);
};
const id = "7b000000-0000-4000-8000-000000000001";
write(
  "fleets/amigo.yaml",
  `workspaces:
  North_1: { id: ${id}, apiKeyEnv: NORTH_KEY, baseUrl: "https://eu.example.com", references: references/north.yaml }
  slug: { slug: riverside }
`,
);
write("fleets/documents/North_1.yaml", "version: 1\n");
write("special/Pulumi.yaml", "name: special\nruntime: nodejs\n");
const text = `version: 1
stacks:
  - { name: special, labels: { env: production }, project: ../special, workspace: North_1 }
  - { match: documents/*.yaml, labels: { env: staging } }
waves:
  - { name: canary, select: "env=staging" }
  - { name: rest }
`;
const fleet = (changed = text) => readFleet(write("fleets/fleet.yaml", changed));
const options: ManifestOptions = {
  out: path.join(root, "operator"),
  repository: { root, address: "https://github.com/clinic/infrastructure" },
  branch: "main",
  namespace: "amigo",
  backend: "s3://state",
};
type Stack = { metadata: { name: string }; spec: Record<string, unknown> };
const stacks = (name: string): Stack[] =>
  parseAllDocuments(manifestsOf(fleet(), options).get(name) ?? "").map((document) => document.toJS() as Stack);

it("writes a Stack that deploys and one that looks for drift for each stack, with keys by reference", () => {
  const files = manifestsOf(fleet(), options);
  expect([...files.keys()]).toEqual([
    "north-1.yaml",
    "special.yaml",
    "program/Pulumi.yaml",
    "program/settings.json",
    "program/index.js",
    "program/package.json",
  ]);
  const [own, drift] = stacks("north-1.yaml");
  const secret = (name: string, key: string) => ({ type: "Secret", secret: { name, key } });
  const backend = {
    PULUMI_CONFIG_PASSPHRASE: secret("amigo-backend", "passphrase"),
    AWS_ACCESS_KEY_ID: secret("amigo-backend", "accessKeyId"),
    AWS_SECRET_ACCESS_KEY: secret("amigo-backend", "secretAccessKey"),
  };
  expect(own).toMatchObject({
    apiVersion: "pulumi.com/v1",
    kind: "Stack",
    metadata: { name: "north-1", namespace: "amigo", labels: { "pulumi-amigo/wave": "canary" } },
    spec: {
      stack: "North_1",
      projectRepo: "https://github.com/clinic/infrastructure",
      branch: "main",
      repoDir: "operator/program",
      backend: "s3://state",
      destroyOnFinalize: false,
      useLocalStackOnly: true,
      envRefs: { NORTH_KEY: secret("north-1", "apiKey"), ...backend },
      workspaceTemplate: { spec: { image: `pulumi/pulumi:${engineVersion}-nonroot` } },
    },
  });
  expect(drift).toMatchObject({
    metadata: { name: "north-1-drift" },
    spec: {
      stack: "North_1",
      preview: true,
      refresh: true,
      prerequisites: [{ name: "north-1" }],
      updateTemplate: { spec: { expectNoChanges: true } },
      envRefs: { NORTH_KEY: secret("north-1-read", "apiKey"), ...backend },
    },
  });
  expect(stacks("special.yaml")[0]?.spec).toMatchObject({
    repoDir: "special",
    envRefs: {
      AMIGO_API_KEY: secret("special", "apiKey"),
      AMIGO_BASE_URL: { type: "Literal", literal: { value: "https://eu.example.com" } },
    },
  });
});

it("writes a program that deploys the documents as `fleet up` does, with paths that hold in each checkout", () => {
  const files = manifestsOf(fleet(), options);
  expect(JSON.parse(files.get("program/settings.json") ?? "")).toEqual({
    North_1: {
      provider: { apiKeyEnv: "NORTH_KEY", baseUrl: "https://eu.example.com" },
      environment: {
        document: "../../fleets/documents/North_1.yaml",
        references: "../../fleets/references/north.yaml",
        workspaceId: id,
      },
    },
  });
  const program = files.get("program/index.js") ?? "";
  expect(program).toContain('settings.json")[pulumi.getStack()]');
  const file = write("operator/program/index.js", program);
  execFileSync(process.execPath, ["--check", file]);
});

it("keeps in the program what the stacks need that were left out of the fleet this time", () => {
  write("fleets/other/slug.yaml", "version: 1\n");
  const two = text
    .replace("match: documents/*.yaml", "name: South, environment: documents/North_1.yaml, workspace: North_1")
    .replace(
      "waves:",
      `  - { name: North_1, labels: { env: production }, environment: documents/North_1.yaml, workspace: North_1 }
  - { name: unfinished, labels: { env: production }, environment: other/slug.yaml, workspace: slug }
waves:`,
    );
  const whole = fleet(two);
  const files = manifestsOf(selectFrom(whole, "env=staging"), { ...options, sharing: whole.stacks });
  expect([...files.keys()].filter((name) => !name.startsWith("program/"))).toEqual(["south.yaml"]);
  expect(Object.keys(JSON.parse(files.get("program/settings.json") ?? ""))).toEqual(["South", "North_1"]);
});

it.each([
  [
    "a name that is too long",
    text.replace("name: special", `name: ${"a".repeat(43)}`),
    /has 43 characters, and the operator takes names of 42 at most/,
  ],
  [
    "two names that Kubernetes would have as one",
    text.replace("name: special", "name: north-1"),
    /north-1: North_1 would be named north-1 too|North_1: north-1 would be named north-1 too/,
  ],
  [
    "a Secret that would be named like one of another stack",
    text.replace("name: special", "name: north-1-read"),
    /(north-1-read|North_1): two Secrets would be named north-1-read, .*stack North_1 that only reads.*: rename a stack/,
  ],
  [
    "a Secret that would be named like that of the backend",
    text.replace("name: special", "name: amigo-backend"),
    /amigo-backend: two Secrets would be named amigo-backend, that of the backend and the one of stack amigo-backend:/,
  ],
  [
    "a Secret that would be named like that of the repository",
    text.replace("name: special", "name: infrastructure-repository"),
    /two Secrets would be named infrastructure-repository, that of the repository and/,
  ],
  [
    "a workspace without an id",
    text.replace("match: documents/*.yaml", "name: slug, environment: documents/North_1.yaml, workspace: slug"),
    /add the id of workspace "slug" to amigo.yaml/,
  ],
  [
    "a wave that no label can name",
    text.replaceAll("name: canary", "name: canary-"),
    /wave canary-: a label of Kubernetes ends with a letter or a digit/,
  ],
])("refuses %s", (_what, changed, message) => {
  expect(() => manifestsOf(fleet(changed), options)).toThrow(message);
});

it.each(["", "Amigo", "our team", "amigo-"])("refuses the namespace %j", (namespace) => {
  expect(() => manifestsOf(fleet(), { ...options, namespace })).toThrow(
    `--namespace: found ${JSON.stringify(namespace)}; give small letters`,
  );
});

it("finds two of one name also where one was left out this time, and nothing where both were", () => {
  const whole = fleet(text.replace("name: special", "name: north-1-read"));
  const part = (select: string) => () => manifestsOf(selectFrom(whole, select), { ...options, sharing: whole.stacks });
  expect(part("env=staging")).toThrow("two Secrets would be named north-1-read");
  expect(part("env=production")).toThrow("two Secrets would be named north-1-read");
  const three = fleet(
    text
      .replace("name: special", "name: north-1-read")
      .replace("waves:", "  - { name: other, labels: { env: other }, project: ../special }\nwaves:"),
  );
  const files = manifestsOf(selectFrom(three, "env=other"), { ...options, sharing: three.stacks });
  expect([...files.keys()]).toEqual(["other.yaml"]);
});

it("refuses what is outside of the repository", () => {
  expect(() => manifestsOf(fleet(), { ...options, repository: { root: path.join(root, "fleets") } })).toThrow(
    /special is outside of the repository/,
  );
});

it("writes over its own files, and over nobody else's", () => {
  const out = path.join(root, "written");
  const files = manifestsOf(fleet(), { ...options, out });
  expect(writeManifests(out, files).files).toHaveLength(6);
  expect(writeManifests(out, files).files).toHaveLength(6);
  write("written/special.yaml", "kind: Stack\n");
  expect(() => writeManifests(out, files)).toThrow(/special.yaml in .* was not written by this command/);
  expect(readFileSync(path.join(out, "special.yaml"), "utf8")).toBe("kind: Stack\n");
});

it("says of each file what it is, names what the fleet has no more, and writes nothing in a dry run", () => {
  const out = path.join(root, "dry");
  const files = manifestsOf(fleet(), { ...options, out });
  const written = (dryRun: boolean, given = files, expected = new Set(given.keys())) => {
    const { files: states, left } = writeManifests(out, given, { dryRun, expected });
    return [states.map(({ file, state }) => `${path.relative(out, file)} ${state}`), left];
  };
  const all = (state: string) => [...files.keys()].map((name) => `${name} ${state}`);
  expect(written(true)).toEqual([all("new"), []]);
  expect(existsSync(out)).toBe(false);
  expect(written(false)).toEqual([all("new"), []]);
  expect(written(false)).toEqual([all("same"), []]);
  write("dry/special.yaml", `${files.get("special.yaml")}# more\n`);
  const before = contentsOf(out);
  expect(written(true)[0]).toEqual(
    all("same").map((line) => line.replace("special.yaml same", "special.yaml changed")),
  );
  expect(contentsOf(out)).toEqual(before);

  // Of what is there, the command names only what it marked itself.
  write("dry/kustomization.yaml", "resources: []\n");
  write("dry/mine.yaml", "# Written by hand, and not by pulumi-amigo fleet manifests\n");
  mkdirSync(path.join(out, "folder.yaml"));
  const less = fleet(text.replace(/ {2}- \{ match.*\n/, "").replace(/ {2}- \{ name: canary.*\n/, ""));
  const narrowed = manifestsOf(less, { ...options, out });
  const left = [path.join(out, "north-1.yaml"), path.join(out, "program/index.js")];
  expect(written(true, narrowed, markedFilesOf(less.stacks))).toEqual([["special.yaml changed"], left]);
  expect(written(false, narrowed, markedFilesOf(less.stacks))[1]).toEqual(left);
  // A part of the fleet leaves nothing behind.
  const part = manifestsOf(selectFrom(fleet(), "env=production"), { ...options, out });
  expect(written(false, part, markedFilesOf(fleet().stacks))[1]).toEqual([]);
});

it("finds the repository, and takes no address with a password in it", () => {
  const said: string[] = [];
  const found = (folder = root, given?: string) =>
    repositoryOf(folder, { out: path.join(root, "operator"), given, warn: (line) => void said.push(line) });
  expect(found(path.join(root, "fleets"))).toEqual({ root });
  expect(said.splice(0)).toEqual([expect.stringMatching(/name no repository, since git names no origin.*start at/)]);
  execFileSync("git", ["init", "-q", root]);
  execFileSync("git", ["-C", root, "remote", "add", "origin", "https://user:secret@github.com/clinic/infrastructure"]);
  expect(found()).toEqual({ root });
  expect(said.splice(0)).toEqual([expect.stringContaining("git's origin is https://...@github.com")]);
  expect(() => found(root, "git@github.com:clinic/infrastructure")).toThrow(/^--repository: found git@/);
  symlinkSync(path.join(root, "fleets"), path.join(root, "linked"));
  const address = "https://github.com/clinic/infrastructure";
  expect(found(path.join(root, "linked"), address)).toEqual({ root, address });
  expect(said).toEqual([]);
  const [own] = parseAllDocuments(manifestsOf(fleet(), { ...options, repository: { root } }).get("north-1.yaml") ?? "");
  expect((own?.toJS() as Stack).spec).not.toHaveProperty("projectRepo");
});

function contentsOf(folder: string): string[] {
  const names = readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => /\.\w+$/.test(name))
    .sort();
  return names.map((name) => `${name}\n${readFileSync(path.join(folder, name), "utf8")}`);
}

it("gives a matrix of jobs in the order of the waves", () => {
  expect(matrixOf(fleet(), root)).toEqual({
    include: [
      {
        stack: "North_1",
        wave: "canary",
        environment: "fleets/documents/North_1.yaml",
        workspace: "North_1",
        labels: { env: "staging" },
      },
      { stack: "special", wave: "rest", project: "special", workspace: "North_1", labels: { env: "production" } },
    ],
  });
});
