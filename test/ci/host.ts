import { serve } from "@hono/node-server";
import { type Context, Hono } from "hono";
import { onTestFinished } from "vitest";
import { Host } from "../../src/ci/host.js";
import type { Target } from "../../src/ci/target.js";

export interface StoredComment {
  id: number;
  body: string;
  html_url: string;
  author_association: string;
  user: { login: string; type: string };
}

export interface StoredIssue extends StoredComment {
  number: number;
  title: string;
  state: "open" | "closed";
  labels: { name: string }[];
  pull_request?: object;
}

type Answer = { status: number; body?: object; headers?: Record<string, string> };

export const token = "ghs_token-of-the-tests";
const bot = { author_association: "NONE", user: { login: "github-actions[bot]", type: "Bot" } };

/** GitHub's REST API as far as comments and issues go: pages by the Link header, rights, limits, and the greatest length. */
export async function startHost() {
  const comments = new Map<number, StoredComment[]>([[7, []]]);
  const issues: StoredIssue[] = [];
  const requests: string[] = [];
  /** Answered before anything else, each once. */
  const first: Answer[] = [];
  let ids = 1000;
  const app = new Hono();
  const base = "/repos/clinic/infra/issues";

  app.use(async (context, next) => {
    requests.push(`${context.req.method} ${context.req.path}${new URL(context.req.url).search}`);
    const answer = first.shift();
    if (answer) return context.json(answer.body ?? {}, answer.status as 403, answer.headers);
    if (context.req.header("authorization") !== `Bearer ${token}`)
      return context.json({ message: "Bad credentials" }, 401);
    return next();
  });
  app.get(`${base}/:number/comments`, (context) => {
    const list = comments.get(Number(context.req.param("number")));
    return list ? page(context, list) : context.json({ message: "Not Found" }, 404);
  });
  app.post(`${base}/:number/comments`, async (context) => {
    const { body } = await context.req.json<{ body: string }>();
    if (body.length > 65_536) return context.json({ message: "body is too long (maximum is 65536 characters)" }, 422);
    const number = Number(context.req.param("number"));
    const made = addComment(number, body);
    return context.json(made, 201);
  });
  app.patch(`${base}/comments/:id`, async (context) => {
    const id = Number(context.req.param("id"));
    const found = [...comments.values()].flat().find((comment) => comment.id === id);
    if (!found) return context.json({ message: "Not Found" }, 404);
    return context.json(Object.assign(found, await context.req.json()));
  });
  app.get(base, (context) => {
    const label = context.req.query("labels");
    const state = context.req.query("state") ?? "open";
    const found = issues.filter(
      (issue) =>
        (state === "all" || issue.state === state) && (!label || issue.labels.some(({ name }) => name === label)),
    );
    return page(context, found);
  });
  app.post(base, async (context) => {
    const { title, body, labels = [] } = await context.req.json<{ title: string; body: string; labels?: string[] }>();
    if (body.length > 65_536) return context.json({ message: "body is too long (maximum is 65536 characters)" }, 422);
    return context.json(addIssue({ title, body, labels: labels.map((name) => ({ name })) }), 201);
  });
  app.patch(`${base}/:number`, async (context) => {
    const found = issues.find(({ number }) => number === Number(context.req.param("number")));
    if (!found) return context.json({ message: "Not Found" }, 404);
    return context.json(Object.assign(found, await context.req.json()));
  });

  function page<Item>(context: Context, all: readonly Item[]) {
    const size = Number(context.req.query("per_page") ?? 30);
    const number = Number(context.req.query("page") ?? 1);
    const url = new URL(context.req.url);
    url.searchParams.set("page", String(number + 1));
    const last = number * size >= all.length;
    const headers: Record<string, string> = last
      ? {}
      : { link: `<${url.href}>; rel="next", <${url.href}>; rel="last"` };
    return context.json(all.slice((number - 1) * size, number * size) as object, 200, headers);
  }

  function addComment(number: number, body: string, more: Partial<StoredComment> = {}): StoredComment {
    const id = ++ids;
    const made = { id, body, html_url: `https://host/clinic/infra/pull/${number}#issuecomment-${id}`, ...bot, ...more };
    comments.set(number, [...(comments.get(number) ?? []), made]);
    return made;
  }

  function addIssue(given: Partial<StoredIssue>): StoredIssue {
    const id = ++ids;
    const number = issues.length + 20;
    const html_url = `https://host/clinic/infra/issues/${number}`;
    const made = { id, number, html_url, title: "", body: "", state: "open" as const, labels: [], ...bot, ...given };
    issues.push(made);
    return made;
  }

  const server = serve({ fetch: app.fetch, port: 0, hostname: "127.0.0.1" });
  await new Promise((resolve) => server.once("listening", resolve));
  const address = server.address() as { port: number };
  onTestFinished(() => {
    server.close();
  });
  const url = `http://127.0.0.1:${address.port}`;
  const said: string[] = [];

  return {
    url,
    comments,
    issues,
    requests,
    first,
    addComment,
    addIssue,
    /** What the client said about waits. */
    said,
    writes: () => requests.filter((request) => !request.startsWith("GET ")),
    client(options: { maxWaitMs?: number; permission?: string; token?: string } = {}): Host {
      const host = new Host({
        apiUrl: url,
        token,
        tokenEnv: "GITHUB_TOKEN",
        permission: "pull-requests: write",
        maxWaitMs: 5000,
        retryMs: 1,
        tell: (line) => said.push(line),
        ...options,
      });
      onTestFinished(() => host.close());
      return host;
    },
    target(stack = "prod", more: Partial<Target> = {}): Target {
      const subject = { project: "clinic", stack };
      const link = "https://host/clinic/infra/actions/runs/1";
      return { repository: "clinic/infra", apiUrl: url, token, tokenEnv: "GITHUB_TOKEN", link, subject, ...more };
    },
  };
}
