import { expect, it } from "vitest";
import { parse } from "yaml";
import { type DriftFinding, type DriftReport, parseDrift } from "../../src/ci/drift.js";
import { keepIssue } from "../../src/ci/issue.js";
import { startHost } from "./host.js";

type TestHost = Awaited<ReturnType<typeof startHost>>;

const capacity: DriftFinding = {
  class: "changed",
  kind: "Service",
  name: "Front desk",
  id: "s1",
  fields: [{ path: "toolCapacity", declared: 3, live: 5 }],
};
const missing: DriftFinding = { class: "missing", kind: "UseCase", name: "Reception" };
const foreign: DriftFinding = { class: "foreign", kind: "Service", name: "Night desk", owner: "pulumi/x/y/z" };

function keeper(host: TestHost, stack = "prod") {
  const client = host.client({ permission: "issues: write" });
  return (findings: DriftFinding[], { complete = true, dryRun = false } = {}) =>
    keepIssue(client, host.target(stack), { stack, complete, findings } satisfies DriftReport, dryRun);
}

/** What the reader sees, without the two lines for the next run. */
const shown = (host: TestHost, index = 0) => (host.issues[index]?.body ?? "").split("\n").slice(2).join("\n");

it("does nothing where nothing differs and there is no issue", async () => {
  const host = await startHost();
  expect(await keeper(host)([])).toMatchObject({ action: "none", reported: 0 });
  expect(host.writes()).toEqual([]);
  expect(host.requests).toHaveLength(2);
});

it("opens an issue only when a second run in a row sees the drift", async () => {
  const host = await startHost();
  const keep = keeper(host);
  expect(await keep([capacity])).toMatchObject({ action: "noted", reported: 0, waiting: 1 });
  expect(host.issues.map(({ state }) => state)).toEqual(["closed"]);
  expect(shown(host)).not.toContain("toolCapacity");

  expect(await keep([capacity])).toMatchObject({ action: "opened", reported: 1, waiting: 0 });
  expect(host.issues).toHaveLength(1);
  expect(host.issues[0]).toMatchObject({ state: "open", title: "Drift in stack clinic/prod" });
  expect(shown(host)).toContain('changed  Service "Front desk" (id s1)\n           toolCapacity: declared 3, live 5');

  expect(await keep([{ ...capacity, fields: [{ path: "toolCapacity", declared: 3, live: 6 }] }])).toMatchObject({
    action: "updated",
    reported: 1,
  });
  expect(shown(host)).toContain("live 6");
});

it("does not report what one run sees and the next does not", async () => {
  const host = await startHost();
  const keep = keeper(host);
  for (const findings of [[capacity], [], [capacity], []]) await keep(findings);
  expect(host.issues.map(({ state }) => state)).toEqual(["closed"]);
  expect(host.comments.get(20)).toBeUndefined();
});

it("waits for each field on its own", async () => {
  const host = await startHost();
  const keep = keeper(host);
  await keep([capacity]);
  const two = { ...capacity, fields: [...(capacity.fields ?? []), { path: "isActive", declared: true, live: false }] };
  expect(await keep([two, missing])).toMatchObject({ reported: 1, waiting: 2 });
  expect(shown(host)).not.toContain("isActive");
  expect(shown(host)).toContain("2 more differences were seen for the first time");
  expect(await keep([two, missing])).toMatchObject({ reported: 3, waiting: 0 });
  expect(shown(host)).toContain("isActive: declared true, live false");
});

it("closes the issue with a comment when the drift is gone, and opens the same one when it is back", async () => {
  const host = await startHost();
  const keep = keeper(host);
  await keep([capacity]);
  await keep([capacity]);
  expect(await keep([])).toMatchObject({ action: "closed", reported: 0 });
  expect(host.issues[0]?.state).toBe("closed");
  expect(host.comments.get(20)?.map(({ body }) => body)).toEqual([
    expect.stringContaining("no longer sees any of the reported differences"),
  ]);
  const writes = host.writes().length;
  expect(await keep([])).toMatchObject({ action: "none", number: 20 });
  expect(host.writes()).toHaveLength(writes);

  await keep([missing]);
  expect(await keep([missing])).toMatchObject({ action: "reopened", number: 20 });
  expect(host.issues.map(({ state }) => state)).toEqual(["open"]);
});

it("opens again what somebody closed while the drift is there", async () => {
  const host = await startHost();
  const keep = keeper(host);
  await keep([capacity]);
  await keep([capacity]);
  Object.assign(host.issues[0] ?? {}, { state: "closed" });
  expect(await keep([capacity])).toMatchObject({ action: "reopened" });
});

it("takes nothing for gone after a run that could not read everything", async () => {
  const host = await startHost();
  const keep = keeper(host);
  await keep([capacity]);
  await keep([capacity]);
  expect(await keep([], { complete: false })).toMatchObject({ action: "updated", reported: 0 });
  expect(host.issues[0]?.state).toBe("open");
  expect(shown(host)).toContain("toolCapacity");
  expect(await keep([capacity], { complete: false })).toMatchObject({ action: "updated", reported: 1 });
  expect(shown(host)).toContain("could not read everything");
  expect(await keep([])).toMatchObject({ action: "closed" });
});

it("counts an incomplete run as none: seen before it and after it is seen twice", async () => {
  const host = await startHost();
  const keep = keeper(host);
  await keep([capacity]);
  await keep([], { complete: false });
  expect(await keep([capacity])).toMatchObject({ action: "opened", reported: 1 });
});

it("keeps an issue for each stack, also where one name begins with the other", async () => {
  const host = await startHost();
  await keeper(host, "prod-eu")([capacity]);
  await keeper(host, "prod")([missing]);
  await keeper(host, "prod-eu")([capacity]);
  expect(host.issues.map(({ title, state }) => `${title}: ${state}`)).toEqual([
    "Drift in stack clinic/prod-eu: open",
    "Drift in stack clinic/prod: closed",
  ]);
});

it("finds its issue behind others, without its label, and after an edit in a browser", async () => {
  const host = await startHost();
  const keep = keeper(host);
  for (let count = 0; count < 120; count += 1) host.addIssue({ title: `issue ${count}` });
  await keep([capacity]);
  const own = host.issues.at(-1);
  Object.assign(own ?? {}, { labels: [], body: own?.body.replaceAll("\n", "\r\n") });
  expect(await keep([capacity])).toMatchObject({ action: "opened", number: own?.number });
  expect(host.issues).toHaveLength(121);
});

it("closes an issue that lost its label", async () => {
  const host = await startHost();
  const keep = keeper(host);
  await keep([capacity]);
  await keep([capacity]);
  Object.assign(host.issues[0] ?? {}, { labels: [] });
  expect(await keep([])).toMatchObject({ action: "closed", number: 20 });
});

it("says which differences it has no room to remember", async () => {
  const host = await startHost();
  const many = Array.from({ length: 4001 }, (_, index): DriftFinding => ({ ...missing, name: `line ${index}` }));
  const keep = keeper(host);
  await keep(many);
  expect(await keep(many)).toMatchObject({
    reported: 4000,
    waiting: 1,
    notes: ["1 of the differences cannot be remembered in the issue, so they are not reported"],
  });
  expect(host.issues[0]?.body.length).toBeLessThanOrEqual(65_536);
});

it("takes the first of two issues with the marker, no pull request, and no stranger's issue", async () => {
  const host = await startHost();
  const keep = keeper(host);
  await keep([capacity]);
  const [own] = host.issues;
  const label = [{ name: "pulumi-amigo-drift" }];
  const second = host.addIssue({ body: own?.body, labels: label });
  host.issues.unshift(
    { ...second, number: 1, pull_request: {} },
    { ...second, number: 2, author_association: "NONE", user: { login: "eve", type: "User" } },
  );
  const result = await keep([capacity]);
  expect(result).toMatchObject({ action: "opened", number: own?.number });
  expect(result.notes).toEqual([
    expect.stringContaining(`#${own?.number} is used; close the others: #${second.number}`),
  ]);
});

it("begins again where somebody took its memory away, and closes nothing for that", async () => {
  const host = await startHost();
  const keep = keeper(host);
  await keep([capacity]);
  await keep([capacity]);
  const [own] = host.issues;
  Object.assign(own ?? {}, { body: `${own?.body.split("\n")[0]}\nI was here` });
  const result = await keep([capacity]);
  expect(result).toMatchObject({
    action: "updated",
    waiting: 1,
    notes: [expect.stringContaining("counts as the first")],
  });
  expect(own?.state).toBe("open");
  expect(await keep([capacity])).toMatchObject({ action: "updated", reported: 1 });
});

it("offers both ways out", async () => {
  const host = await startHost();
  const keep = keeper(host);
  const fields = [
    { path: "toolCapacity", declared: 3, live: 5 },
    { path: "versionSets.release.agentVersionNumber", declared: 1, live: 2 },
    { path: "tags[0].value", declared: "a", live: "b" },
    { path: "description", declared: "x", live: "@all # fixes #1\n```" },
  ];
  const findings = [{ ...capacity, fields }, missing, foreign];
  await keep(findings);
  await keep(findings);
  const body = shown(host);
  expect(body).toContain("`pulumi up --refresh --stack prod` writes what is declared and makes again what is missing.");
  expect(body).toContain("leaves alone what the stack does not declare");
  expect(body).toContain('foreign  Service "Night desk" (owner pulumi/x/y/z)');
  expect(body).toContain("Remove from the document what is missing.");
  expect(body).toContain("take it over with `adopt`");
  const [, fence = "", yaml = ""] = /\n(`{3,})yaml\n([\s\S]*?)\n\1\n/.exec(body) ?? [];
  expect(fence).toBe("````");
  expect(parse(yaml)).toEqual({
    toolCapacity: 5,
    versionSets: { release: { agentVersionNumber: 2 } },
    description: "@all # fixes #1\n```",
  });
  expect(yaml).toContain("# tags[0].value: by hand, see above");
});

it("hides both values of fields that are called like secrets, and no others", async () => {
  const host = await startHost();
  const keep = keeper(host);
  const fields = [
    { path: "params.apiKey", declared: "old-1", live: "new-1" },
    { path: 'params["access_token"]', declared: "old-2", live: null },
    { path: "params", declared: { x: 1, password: "old-3" }, live: { x: "x", list: [{ clientSecret: "new-3" }] } },
    { path: "keyterms", declared: ["x"], live: ["x", "xx"] },
  ];
  await keep([{ ...capacity, fields }]);
  await keep([{ ...capacity, fields }]);
  const body = shown(host);
  expect(body).not.toMatch(/(old|new)-\d/);
  expect(body).toContain("params.apiKey: declared (hidden), live (hidden)");
  expect(body).toContain('params["access_token"]: declared (hidden), live not set');
  expect(body).toContain('live {"x":"x","list":[{"clientSecret":"(hidden)"}]}');
  expect(body).toContain('keyterms: declared ["x"], live ["x","xx"]');
});

it("offers no value that was hidden before as one to take over", async () => {
  const host = await startHost();
  const keep = keeper(host);
  const fields = [
    { path: "params.passphrase", declared: "[redacted]", live: "[redacted]" },
    { path: "params.headers", declared: {}, live: { authorization: "[redacted]" } },
    { path: "description", declared: "x", live: "call with Bearer [redacted]" },
  ];
  await keep([{ ...capacity, fields }]);
  await keep([{ ...capacity, fields }]);
  const [, , yaml = ""] = /\n(`{3,})yaml\n([\s\S]*?)\n\1\n/.exec(shown(host)) ?? [];
  expect(yaml.split("\n")).toEqual([
    '# Service "Front desk"',
    ...["params.passphrase", "params.headers", "description"].map((name) => `# ${name}: by hand, see above`),
  ]);
});

it("keeps to the limit with a thousand findings, and remembers all of them", async () => {
  const host = await startHost();
  const keep = keeper(host);
  const live = "y".repeat(200);
  const many = Array.from({ length: 1000 }, (_, index) => ({
    ...capacity,
    id: `s${index}`,
    name: `Desk ${index} \`\`\` <!-- @all -->`,
    fields: [
      { path: "description", declared: "x", live },
      { path: "toolCapacity", declared: 3, live: 5 },
    ],
  }));
  await keep(many);
  expect(await keep(many)).toMatchObject({ action: "opened", reported: 2000, waiting: 0 });
  const body = host.issues[0]?.body ?? "";
  expect(body.length).toBeLessThanOrEqual(65_536);
  expect(body).toContain("**The list is too long for an issue.** `npx pulumi-amigo drift --stack prod`");
  expect(body.match(/<!--/g)).toHaveLength(2);
  expect(await keep(many)).toMatchObject({ action: "updated", reported: 2000 });
});

it("writes nothing with a dry run", async () => {
  const host = await startHost();
  const keep = keeper(host);
  expect(await keep([capacity], { dryRun: true })).toMatchObject({ action: "noted" });
  expect(host.writes()).toEqual([]);
});

it.each([
  ["{", "the input is no JSON"],
  ["[]", "the input is no drift report"],
  ['{"stack":"prod","findings":[]}', "no drift report at complete"],
  ['{"stack":"prod","complete":true,"findings":[{"class":"odd","kind":"Service","name":"x"}]}', "at findings.0.class"],
  ['{"stack":"prod-eu","complete":true,"findings":[]}', 'about stack "prod-eu", and --stack is "prod"'],
])("refuses the input %s", (text, message) => {
  expect(() => parseDrift(text, "prod")).toThrow(message);
});

it("takes a stack by its full name, and fields that it does not know", () => {
  const text =
    '\ufeff{"stack":"clinic/infra/prod","complete":true,"findings":[{"class":"missing","kind":"S","name":"x","z":1}],"v":2}';
  expect(parseDrift(text, "prod").findings).toEqual([{ class: "missing", kind: "S", name: "x" }]);
});
