import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { readPullRequest, readTarget, type TargetFlags } from "../../src/ci/target.js";

const flags: TargetFlags = { stack: "prod", tokenEnv: "GITHUB_TOKEN" };
const environment = { GITHUB_TOKEN: "token", GITHUB_REPOSITORY: "clinic/infra" };

it("takes from GitHub's environment what is not given", () => {
  const actions = {
    ...environment,
    GITHUB_API_URL: "https://git.clinic.example/api/v3/",
    GITHUB_SERVER_URL: "https://git.clinic.example",
    GITHUB_RUN_ID: "5",
    GITHUB_RUN_ATTEMPT: "2",
  };
  expect(readTarget(flags, actions)).toMatchObject({
    repository: "clinic/infra",
    apiUrl: "https://git.clinic.example/api/v3",
    link: "https://git.clinic.example/clinic/infra/actions/runs/5/attempts/2",
  });
  expect(readTarget(flags, environment)).toMatchObject({ apiUrl: "https://api.github.com", link: undefined });
  const given = { ...flags, repository: "a/b", link: "https://ci.example/1", apiUrl: "http://127.0.0.1:1" };
  expect(readTarget(given, actions)).toMatchObject({ repository: "a/b", link: "https://ci.example/1" });
});

it.each([
  [{ stack: 'prod" -->' }, {}, "--stack: found"],
  [{ project: "a b" }, {}, "--project: found"],
  [{ repository: "clinic" }, {}, "--repository: found"],
  [{ repository: "../.." }, {}, "--repository: found"],
  [{}, { GITHUB_REPOSITORY: "" }, "no repository: give --repository"],
  [{ tokenEnv: "BOT_TOKEN" }, {}, "the environment variable BOT_TOKEN is not set"],
  [{}, { GITHUB_TOKEN: "a b" }, "holds white space"],
  [{ apiUrl: "http://api.example" }, {}, "plain http would show the token"],
  [{ apiUrl: "https://me:pw@api.example" }, {}, "holds a user"],
  [{ apiUrl: "ftp://x" }, {}, "no complete http(s) address"],
  [{ link: "https://x/)[y" }, {}, "--link"],
])("refuses %j with %j", (more, changed, message) => {
  const read = () => readTarget({ ...flags, ...more }, { ...environment, ...changed });
  expect(read).toThrow(message);
  expect(read).toThrow("Nothing was sent.");
});

it("names all that is wrong at once", () => {
  expect(() => readTarget({ ...flags, stack: "?" }, {})).toThrow(/--stack[\s\S]*no repository[\s\S]*no token/);
});

it("finds the pull request in the event, in the reference, or as it is given", () => {
  const folder = mkdtempSync(path.join(tmpdir(), "event-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const event = (content: unknown) => {
    const file = path.join(folder, "event.json");
    writeFileSync(file, typeof content === "string" ? content : JSON.stringify(content));
    return { GITHUB_EVENT_PATH: file };
  };
  const sha = "a".repeat(40);
  const opened = event({ number: 12, pull_request: { number: 12, head: { sha } } });
  expect(readPullRequest(undefined, opened)).toEqual({ number: 12, commit: sha });
  expect(readPullRequest("3", opened)).toEqual({ number: 3, commit: undefined });
  expect(readPullRequest(undefined, event({ issue: { number: 4, pull_request: {} } })).number).toBe(4);
  expect(readPullRequest(undefined, { ...event({}), GITHUB_REF: "refs/pull/9/merge" }).number).toBe(9);

  expect(() => readPullRequest(undefined, event({ issue: { number: 4 } }))).toThrow("belongs to no pull request");
  expect(() => readPullRequest(undefined, event("{"))).toThrow("cannot read GITHUB_EVENT_PATH");
  for (const wrong of ["0", "-1", "1.5", "1e3", "0x7", "x", ""])
    expect(() => readPullRequest(wrong, {})).toThrow("--pull-request");
});
