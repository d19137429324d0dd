import { setTimeout as sleep } from "node:timers/promises";
import { Agent, type Dispatcher, EnvHttpProxyAgent, request } from "undici";
import type { Reply } from "../api/exchange.js";
import { proxyFor } from "../api/proxy.js";
import { redact } from "../api/redact.js";
import { retryAfterMs } from "../api/retry-after.js";
import { version } from "../version.js";
import type { Target } from "./target.js";

export interface HostOptions extends Pick<Target, "apiUrl" | "token" | "tokenEnv"> {
  /** What the token must be allowed to do, in the words of a workflow's `permissions`. */
  permission: string;
  /** All waits that the host asks for may take this long together. */
  maxWaitMs: number;
  /** Pause before a failed request is sent again. @default 1000 */
  retryMs?: number;
  /** Receives a line for each wait. */
  tell(line: string): void;
}

type Method = "GET" | "POST" | "PATCH";

const attempts = 3;
const requestMs = 30_000;
/** What GitHub's documentation asks for where an answer about a limit names no time. */
const unnamedWaitMs = 60_000;

/** GitHub's REST API: pages, limits, and errors that say what to do. Redirects are errors, so the token goes to one host. */
export class Host {
  readonly #dispatcher: Dispatcher;
  readonly #origin: string;
  #waitedMs = 0;

  constructor(private readonly options: HostOptions) {
    this.#origin = new URL(options.apiUrl).origin;
    const proxy = proxyFor(this.#origin)?.url;
    this.#dispatcher = proxy ? new EnvHttpProxyAgent({ httpProxy: proxy, httpsProxy: proxy }) : new Agent();
  }

  close(): Promise<void> {
    return this.#dispatcher.close();
  }

  /** All items of a list, over all its pages. */
  async all<Item>(path: string): Promise<Item[]> {
    const items: Item[] = [];
    const seen = new Set<string>();
    for (let next: string | undefined = this.options.apiUrl + path; next !== undefined; ) {
      seen.add(next);
      const { reply, json } = await this.#exchange("GET", next, undefined);
      if (!Array.isArray(json))
        throw new Error(`GitHub answered GET ${this.#shown(next)} with no list. Is --api-url right?`);
      items.push(...(json as Item[]));
      next = nextPage(reply, next);
      if (next === undefined) break;
      if (new URL(next).origin !== this.#origin)
        throw new Error(`GitHub's next page is on another host: ${next}. Nothing was written.`);
      if (seen.has(next))
        throw new Error(`GitHub's pages go round in a circle at ${this.#shown(next)}. Nothing was written.`);
    }
    return items;
  }

  async send<Answer>(method: "POST" | "PATCH", path: string, body: object): Promise<Answer> {
    const { json } = await this.#exchange(method, this.options.apiUrl + path, JSON.stringify(body));
    return json as Answer;
  }

  async #exchange(method: Method, url: string, body: string | undefined): Promise<{ reply: Reply; json: unknown }> {
    for (let attempt = 1; ; attempt += 1) {
      const reply = await this.#once(method, url, body, attempt);
      if (reply === undefined) continue;
      if (reply.status >= 200 && reply.status < 300) return { reply, json: jsonOf(reply) };
      const wait = waitAsked(reply);
      if (wait !== undefined) {
        await this.#wait(wait, method, url, reply);
        attempt -= 1;
      } else if (reply.status >= 500 && method !== "POST" && attempt < attempts) {
        await sleep(this.#pause(attempt));
      } else {
        throw new Error(redact(this.#refusal(method, url, reply)));
      }
    }
  }

  /** The answer; undefined when none came and the request may be sent again. */
  async #once(method: Method, url: string, body: string | undefined, attempt: number): Promise<Reply | undefined> {
    const headers = {
      accept: "application/vnd.github+json",
      authorization: `Bearer ${this.options.token}`,
      "user-agent": `pulumi-amigo/${version}`,
      "x-github-api-version": "2022-11-28",
      ...(body !== undefined && { "content-type": "application/json" }),
    };
    try {
      const timeouts = { headersTimeout: requestMs, bodyTimeout: requestMs };
      const answer = await request(url, { method, headers, body, dispatcher: this.#dispatcher, ...timeouts });
      const text = await answer.body.text();
      return { status: answer.statusCode, headers: answer.headers, text, truncated: false, attempts: attempt };
    } catch (error) {
      if (method !== "POST" && attempt < attempts) {
        await sleep(this.#pause(attempt));
        return undefined;
      }
      const next =
        method === "POST"
          ? "It may have been carried out. Run the command again: it looks first."
          : "Run the command again.";
      throw new Error(redact(`${method} ${this.#shown(url)} got no answer: ${(error as Error).message}. ${next}`));
    }
  }

  #pause(attempt: number): number {
    return (this.options.retryMs ?? 1000) * attempt;
  }

  async #wait(ms: number, method: Method, url: string, reply: Reply): Promise<void> {
    const seconds = Math.ceil(ms / 1000);
    const limit = Math.floor(this.options.maxWaitMs / 1000);
    if (this.#waitedMs + ms > this.options.maxWaitMs) {
      const waited = this.#waitedMs > 0 ? `, after ${Math.ceil(this.#waitedMs / 1000)} s of waiting` : "";
      throw new Error(
        `GitHub's rate limit stops ${method} ${this.#shown(url)}: ${said(reply)}. It asks to wait ${seconds} s${waited}; --max-wait allows ${limit} s. Run the command again later.`,
      );
    }
    this.#waitedMs += ms;
    this.options.tell(`GitHub's rate limit: waiting ${seconds} s before ${method} ${this.#shown(url)}.`);
    await sleep(ms);
  }

  #refusal(method: Method, url: string, reply: Reply): string {
    return `GitHub refused ${method} ${this.#shown(url)}: ${said(reply)}. ${this.#advice(reply)}`;
  }

  #advice({ status, headers }: Reply): string {
    const { permission, tokenEnv } = this.options;
    if (status === 401) return `The token in ${tokenEnv} is wrong or has expired.`;
    if (status === 403) {
      return `The token in ${tokenEnv} needs \`${permission}\` (in the workflow's \`permissions\`). For a pull request from a fork the token can only read.`;
    }
    if (status === 404) {
      return `The repository or the number does not exist, or the token in ${tokenEnv} cannot see it: it needs \`${permission}\`.`;
    }
    if (status === 410) return "Issues are switched off in this repository.";
    if (status >= 300 && status < 400) {
      return `It has moved to ${String(headers.location ?? "another address")}: give its new name with --repository.`;
    }
    return status >= 500 ? "Run the command again: it looks first." : "Nothing else was written.";
  }

  #shown(url: string): string {
    return url.startsWith(this.#origin) ? url.slice(this.#origin.length) : url;
  }
}

function said(reply: Reply): string {
  const message = (jsonOf(reply) as { message?: unknown } | undefined)?.message;
  const text = typeof message === "string" ? ` ${message.slice(0, 300)}` : "";
  const id = reply.headers["x-github-request-id"];
  return `${reply.status}${text}${id ? ` (request ${String(id)})` : ""}`;
}

function jsonOf({ text }: Reply): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** A time that has passed must not make a loop without waits. */
const leastWaitMs = 1000;

/** Milliseconds that a limit asks to wait; undefined for all other answers. */
function waitAsked(reply: Reply): number | undefined {
  if (reply.status !== 429 && reply.status !== 403) return undefined;
  // The reset is given with 403, too.
  const asked = retryAfterMs({ ...reply, status: 429 }, Date.now());
  if (asked !== undefined) return Math.max(asked, leastWaitMs);
  const isLimit = reply.status === 429 || /rate limit|abuse detection/i.test(reply.text);
  return isLimit ? unnamedWaitMs : undefined;
}

function nextPage({ headers }: Reply, current: string): string | undefined {
  const link = [headers.link ?? []].flat().join(",");
  for (const [, address = "", parameters = ""] of link.matchAll(/<([^>]*)>((?:\s*;\s*[^,;<]+)*)/g)) {
    if (/;\s*rel\s*=\s*"?([^";]*\s)?next(\s[^";]*)?"?\s*(;|$)/i.test(parameters)) return new URL(address, current).href;
  }
  return undefined;
}
