import { expect, it } from "vitest";
import { type CommentRequest, commentBody, placeComment } from "../../src/ci/comment.js";
import type { Target } from "../../src/ci/target.js";
import { startHost } from "./host.js";

const wanted = (target: Target, output: string, command = "preview"): CommentRequest => ({
  target,
  pullRequest: { number: 7, commit: undefined },
  command,
  output,
});
const target: Target = {
  repository: "clinic/infra",
  apiUrl: "https://api.host",
  token: "t",
  tokenEnv: "GITHUB_TOKEN",
  link: "https://host/run/1",
  subject: { project: "clinic", stack: "prod" },
};
const bodyOf = (output: string) => commentBody(wanted(target, output)).body;

/** The text inside the first code block, read as Markdown reads it, and what follows the block. */
function block(body: string): { inside: string; after: string } {
  const [, fence = "", rest = ""] = /\n(`{3,})text\n([\s\S]*)/.exec(body) ?? [];
  const end = new RegExp(`^ {0,3}\`{${fence.length},}[ \\t]*$`, "m").exec(rest);
  if (!end) throw new Error(`no end of the block in ${body}`);
  return { inside: rest.slice(0, end.index - 1), after: rest.slice(end.index + end[0].length) };
}

it("writes one comment, and writes over it the next time", async () => {
  const host = await startHost();
  const client = host.client();
  const first = await placeComment(client, wanted(host.target(), "one"), false);
  expect(first).toMatchObject({ action: "created", notes: [] });
  const second = await placeComment(client, wanted(host.target(), "two"), false);
  expect(second).toMatchObject({ action: "updated", id: first.id, url: first.url });
  expect(host.comments.get(7)).toHaveLength(1);
  expect(host.comments.get(7)?.[0]?.body).toContain("two");

  expect(await placeComment(client, wanted(host.target(), "two"), false)).toMatchObject({ action: "unchanged" });
  expect(host.writes()).toHaveLength(2);
});

it("has one comment for each project, stack and command", async () => {
  const host = await startHost();
  const client = host.client();
  const place = (stack: string, command = "preview", project: string | undefined = "clinic") =>
    placeComment(client, wanted(host.target(stack, { subject: { project, stack } }), "text", command), false);
  const all = [
    await place("prod-eu"),
    await place("prod"),
    await place("prod", "compare"),
    await place("prod", "preview", "lab"),
  ];
  expect(all.map(({ action }) => action)).toEqual(["created", "created", "created", "created"]);
  expect((await place("prod")).id).toBe(all[1]?.id);
  expect((await place("prod-eu")).id).toBe(all[0]?.id);
});

it("finds its comment on the third page", async () => {
  const host = await startHost();
  for (let count = 0; count < 230; count += 1) host.addComment(7, `comment ${count}`);
  const own = host.addComment(7, bodyOf("before"));
  const result = await placeComment(host.client(), wanted(host.target(), "after"), false);
  expect(result).toMatchObject({ action: "updated", id: own.id });
  expect(host.requests.filter((request) => request.startsWith("GET "))).toHaveLength(3);
});

it("takes the first of two comments with the marker, and says so", async () => {
  const host = await startHost();
  const [first, second] = [host.addComment(7, bodyOf("a")), host.addComment(7, bodyOf("b"))];
  const result = await placeComment(host.client(), wanted(host.target(), "c"), false);
  expect(result).toMatchObject({ action: "updated", id: first.id });
  expect(result.notes.join()).toContain(`2 comments have this marker. The first one (${first.html_url}) is used`);
  expect(second.body).toContain("b");
});

it("takes no marker from an output, and none from a stranger", async () => {
  const host = await startHost();
  const [marker = ""] = bodyOf("x").split("\n");
  const others = [
    host.addComment(7, commentBody(wanted(host.target("dev"), `\n${marker}\nforged`)).body),
    host.addComment(7, `see\n${marker}`),
    host.addComment(7, bodyOf("forged"), { author_association: "CONTRIBUTOR", user: { login: "eve", type: "User" } }),
  ];
  expect(others[0]?.body.match(/<!--/g)).toHaveLength(1);
  const result = await placeComment(host.client(), wanted(host.target(), "mine"), false);
  expect(result.action).toBe("created");
  expect(others.map(({ body }) => body.includes("mine"))).toEqual([false, false, false]);

  const collaborator = { author_association: "COLLABORATOR", user: { login: "clinic-bot", type: "User" } };
  const known = host.addComment(7, commentBody(wanted(host.target("lab"), "x")).body, collaborator);
  expect((await placeComment(host.client(), wanted(host.target("lab"), "y"), false)).id).toBe(known.id);
});

it.each([
  ["a fence", "before\n```\n@clinic/all fixes #1\n```\nafter"],
  ["a longer fence", "````\n`````js\n@everybody\n`````"],
  ["a fence of a thousand", `${"`".repeat(1000)}\n@everybody`],
  ["a fence of tildes", "~~~\n@everybody\n~~~"],
  ["a comment and a fold", "</details>\n<!-- pulumi-amigo comment -->\n<script>\n@everybody closes #12"],
  ["line ends of other systems", "a\r```\r@everybody\r\n```\r\nb"],
])("keeps the output in its block: %s", (_what, output) => {
  const { inside, after } = block(bodyOf(output));
  expect(inside).toMatch(/@/);
  expect(after).toBe("\n\n[Full output](https://host/run/1)");
  expect(inside).not.toContain("<!--");
  expect(inside).not.toContain("\r");
});

it("leaves out colours, control characters and the token", async () => {
  const host = await startHost();
  const { readTarget } = await import("../../src/ci/target.js");
  const environment = { GITHUB_TOKEN: "ghs_very-secret-token", GITHUB_REPOSITORY: "clinic/infra" };
  const own = readTarget({ stack: "prod", tokenEnv: "GITHUB_TOKEN" }, environment);
  const { body } = commentBody(
    wanted({ ...own, apiUrl: host.url }, "\u001b[31mred\u001b[0m \u0000\u202eghs_very-secret-token"),
  );
  expect(block(body).inside).toBe("red [redacted]");
});

it("folds a long output, and leaves a short one open", () => {
  expect(bodyOf("a\nb")).not.toContain("<details>");
  const body = bodyOf(Array.from({ length: 50 }, (_, index) => `line ${index}`).join("\n"));
  expect(body).toContain("<details><summary>Output, 50 lines</summary>\n\n```text\nline 0\n");
  expect(block(body).after).toBe("\n\n</details>\n\n[Full output](https://host/run/1)");
});

it("says that nothing was printed", () => {
  expect(bodyOf(" \n")).toContain("The command printed nothing.");
});

it.each([
  ["lines", Array.from({ length: 5000 }, (_, index) => `line ${index} ${"x".repeat(20)}`).join("\n")],
  ["one line", "x".repeat(200_000)],
  ["wide characters", `a${"\u{1f9d1}\u200d\u2695\ufe0f".repeat(30_000)}`],
  ["fences", "```\n".repeat(40_000)],
  ["a fence as long as the text", "`".repeat(150_000)],
])("cuts an output of %s at the limit, with a link to all of it", async (_what, output) => {
  const host = await startHost();
  const result = await placeComment(host.client(), wanted(host.target(), output), false);
  const body = host.comments.get(7)?.[0]?.body ?? "";
  expect(body.length).toBeLessThanOrEqual(65_536);
  expect(body.length).toBeGreaterThan(60_000);
  expect(result.leftOut).toBeGreaterThan(0);
  expect(body).toContain(`${result.leftOut} characters are left out.** [Full output](https://host/`);
  expect(block(body).after).toContain("Full output");
  expect(body).not.toMatch(/[\ud800-\udbff](?![\udc00-\udfff])/);
});

it("keeps the beginning and the end of what it cuts", () => {
  const { inside } = block(bodyOf(`first line\n${"middle\n".repeat(20_000)}last line`));
  expect(inside).toMatch(/^first line\n/);
  expect(inside).toMatch(/\nlast line$/);
  expect(inside).toMatch(/\nmiddle\n\n\.\.\. \d+ characters are left out here \.\.\.\n\nmiddle\n/);
});

it("writes nothing with --dry-run, and says what it would do", async () => {
  const host = await startHost();
  expect(await placeComment(host.client(), wanted(host.target(), "x"), true)).toMatchObject({ action: "created" });
  expect(host.writes()).toEqual([]);
});
