import { expect, it } from "vitest";
import { placeComment } from "../../src/ci/comment.js";
import { Host } from "../../src/ci/host.js";
import { startHost } from "./host.js";

type TestHost = Awaited<ReturnType<typeof startHost>>;
type ClientOptions = Parameters<TestHost["client"]>[0];

const place = (host: TestHost, options?: ClientOptions, number = 7) =>
  placeComment(
    host.client(options),
    { target: host.target(), pullRequest: { number, commit: undefined }, command: "preview", output: "x" },
    false,
  );
const soon = () => String(Math.floor(Date.now() / 1000) + 1);
const past = () => String(Math.floor(Date.now() / 1000) - 60);

it.each([
  ["429 with retry-after", 429, () => ({ "retry-after": "1" })],
  ["403 with retry-after", 403, () => ({ "retry-after": "1" })],
  ["403 with a reset", 403, () => ({ "x-ratelimit-remaining": "0", "x-ratelimit-reset": soon() })],
  ["403 with a reset that has passed", 403, () => ({ "x-ratelimit-remaining": "0", "x-ratelimit-reset": past() })],
])("waits at a rate limit and goes on: %s", async (_what, status, headers) => {
  const host = await startHost();
  host.first.push({ status, headers: headers() });
  expect((await place(host)).action).toBe("created");
  expect(host.said.join()).toMatch(/^GitHub's rate limit: waiting [12] s before GET /);
});

it.each([
  ["429 with retry-after", 429, { "retry-after": "600" }, { message: "slow down" }],
  ["403 without a time", 403, {}, { message: "You have exceeded a secondary rate limit" }],
])("says so where the wait is too long: %s", async (_what, status, headers, body) => {
  const host = await startHost();
  host.first.push({ status, headers, body } as never);
  await expect(place(host)).rejects.toThrow(
    /GitHub's rate limit stops GET .*: (429 slow down|403 You have .*)\. It asks to wait (600|60) s; --max-wait allows 5 s/,
  );
});

it("adds its waits up", async () => {
  const host = await startHost();
  for (let count = 0; count < 3; count += 1) host.first.push({ status: 429, headers: { "retry-after": "1" } });
  await expect(place(host, { maxWaitMs: 2000 })).rejects.toThrow("after 2 s of waiting; --max-wait allows 2 s");
  expect(host.requests).toHaveLength(3);
});

it("names the permission that is missing", async () => {
  const host = await startHost();
  host.first.push(
    { status: 200, body: [] },
    { status: 403, body: { message: "Resource not accessible by integration" } },
  );
  await expect(place(host)).rejects.toThrow(
    /refused POST .*: 403 Resource not accessible by integration.*needs `pull-requests: write`.*fork/,
  );
  await expect(place(host, {}, 8)).rejects.toThrow(/404 Not Found.*needs `pull-requests: write`/);
  await expect(place(host, { permission: "issues: write" }, 8)).rejects.toThrow("`issues: write`");
  await expect(place(host, { token: "wrong" })).rejects.toThrow("The token in GITHUB_TOKEN is wrong or has expired");
});

it("shows the request's id, and says where a repository has moved to", async () => {
  const host = await startHost();
  host.first.push({
    status: 301,
    headers: { location: "https://api.host/repositories/5", "x-github-request-id": "AB:1" },
  });
  await expect(place(host)).rejects.toThrow(
    /301 \(request AB:1\)\. It has moved to https:\/\/api\.host\/repositories\/5/,
  );
  expect(host.requests).toHaveLength(1);
});

it("reads again after a failure of the server, and never writes a new comment twice", async () => {
  const host = await startHost();
  host.first.push({ status: 502 }, { status: 503 });
  expect((await place(host)).action).toBe("created");
  const other = await startHost();
  other.first.push({ status: 200, body: [] }, { status: 502 });
  await expect(place(other)).rejects.toThrow(/refused POST .*: 502.*Run the command again: it looks first/);
  expect(other.writes()).toHaveLength(1);
});

it("follows pages on its own host only, and not in circles", async () => {
  const host = await startHost();
  host.first.push({ status: 200, body: [], headers: { link: '<https://evil.example/x>; rel="next"' } });
  await expect(place(host)).rejects.toThrow("next page is on another host");
  const same = `<${host.url}/repos/clinic/infra/issues/7/comments?per_page=100>; rel="next"`;
  host.first.push({ status: 200, body: [], headers: { link: same } });
  await expect(place(host)).rejects.toThrow("go round in a circle");
  expect(host.writes()).toEqual([]);
});

it("says that something else answers, or nothing", async () => {
  const host = await startHost();
  host.first.push({ status: 200, body: { hello: "there" } });
  await expect(place(host)).rejects.toThrow("with no list. Is --api-url right?");

  const target = host.target("prod", { apiUrl: "http://127.0.0.1:1" });
  const client = new Host({ ...target, permission: "", maxWaitMs: 0, retryMs: 1, tell: () => {} });
  const wanted = { target, pullRequest: { number: 7, commit: undefined }, command: "preview", output: "x" };
  await expect(placeComment(client, wanted, false)).rejects.toThrow(/^GET \/repos.* got no answer: .*ECONNREFUSED/);
  await client.close();
});
