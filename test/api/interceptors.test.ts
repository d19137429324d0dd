import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Deadline } from "../../src/api/deadline.js";
import type { Outgoing, Reply } from "../../src/api/exchange.js";
import {
  type AmigoError,
  type ApiError,
  apiErrorFor,
  type OperationId,
  type Outcome,
  operations,
  ResponseError,
  TransportError,
  type TransportReason,
} from "../../src/api/index.js";
import { answers } from "../../src/api/interceptors/answers.js";
import { auth } from "../../src/api/interceptors/auth.js";
import { emulatorKey } from "../../src/api/interceptors/emulator-key.js";
import { limit } from "../../src/api/interceptors/limit.js";
import { refusedKey } from "../../src/api/interceptors/refused-key.js";
import { retry } from "../../src/api/interceptors/retry.js";
import { RetryBudget } from "../../src/api/retry-budget.js";
import { demoKey, secondKey } from "../../src/emulator-keys.js";
import { failureOf } from "./server.js";

const outgoing = (id: OperationId = "get-service", more: Partial<Outgoing> = {}): Outgoing => ({
  ...{ operation: operations[id], path: "/v1/x", headers: {}, body: undefined, attempt: 1, key: "k" },
  ...{ deadline: new Deadline(60_000) },
  ...more,
});
const replyOf = (status = 200, more: Partial<Reply> = {}): Reply => ({
  ...{ status, headers: {}, text: "", truncated: false, attempts: 1 },
  ...more,
});

const identity = { operation: "get-service", method: "GET", path: "/v1/x", attempts: 1 };

describe("a retry", () => {
  const lost = (reason: TransportReason, more = {}) =>
    new TransportError({ ...identity, reason, problem: "no answer", ...more });
  const refused = (status: number, more = {}) => apiErrorFor({ ...identity, status, ...more });
  const unusable = (outcome?: Outcome) =>
    new ResponseError({ ...identity, problem: "schema", description: "odd", outcome });

  /** Fails in turn with each of these, then succeeds; `sent` are the numbers of the attempts. */
  function failing(errors: Error[], { maxAttempts = 5, budget = new RetryBudget() } = {}) {
    const sent: number[] = [];
    const send = retry(
      maxAttempts,
      budget,
    )(async ({ attempt }) => {
      sent.push(attempt);
      const error = errors[attempt - 1];
      if (error) throw error;
      return replyOf();
    });
    return { send, sent };
  }

  // The shortest waits that there are.
  beforeEach(() => {
    vi.spyOn(Math, "random").mockReturnValue(0);
  });
  afterEach(() => {
    vi.restoreAllMocks();
  });

  const passing: Error[] = [
    ...(["dns", "refused", "refused-here", "reset", "timeout", "proxy", "other"] as const).map((reason) =>
      lost(reason),
    ),
    ...[408, 429, 500, 502, 503, 504].map((status) => refused(status)),
    unusable(),
  ];
  it.each(passing.map((error) => [error.message, error] as const))("comes after %s", async (_message, error) => {
    const { send, sent } = failing([error]);
    expect(await send(outgoing())).toMatchObject({ status: 200 });
    expect(sent).toEqual([1, 2]);
  });

  const lasting: Error[] = [
    ...(["deadline", "budget", "too-large", "certificate", "closed"] as const).map((reason) => lost(reason)),
    ...[400, 401, 403, 404, 409, 418, 422, 501].map((status) => refused(status)),
    refused(429, { attempts: 0, summary: "not sent" }),
    new Error("a fault of our own"),
    Object.assign(new Error("another one"), { attempts: 1, status: 503 }),
  ];
  it.each(lasting.map((error) => [error.message, error] as const))("does not come after %s", async (message, error) => {
    const { send, sent } = failing([error]);
    expect(await failureOf(send(outgoing()))).toBe(error);
    expect([error.message, sent]).toEqual([message, [1]]);
  });

  it.each<[error: Error, comes: boolean]>([
    [refused(429, { outcome: "not-sent" }), true],
    [lost("refused"), true],
    [unusable("unknown"), false],
    [refused(500, { outcome: "unknown" }), false],
    [refused(408, { outcome: "rejected" }), false],
  ])("of a create comes only where nothing was carried out: %s", async (error, comes) => {
    const { send, sent } = failing([error]);
    await send(outgoing("create-service")).catch(() => {});
    expect(sent).toHaveLength(comes ? 2 : 1);
  });

  it("ends at the number of attempts, and says so where there was more than one", async () => {
    const all = [1, 2, 3].map(() => refused(503));
    expect(await failureOf(failing(all, { maxAttempts: 1 }).send(outgoing()))).toMatchObject({ sentences: [] });
    const two = failing(all, { maxAttempts: 2 });
    expect(await failureOf(two.send(outgoing()))).toMatchObject({ sentences: ["Given up after 2 attempts."] });
    expect(two.sent).toEqual([1, 2]);
  });

  it("that was not sent says how many were before, and what they may have done", async () => {
    const notSent = lost("deadline", { attempts: 0 });
    const { send } = failing([lost("reset", { outcome: "unknown" }), notSent]);
    expect(await failureOf(send(outgoing("update-service")))).toBe(notSent);
    expect(notSent).toMatchObject({ attempts: 1, outcome: "unknown" });
    const first = failing([lost("deadline", { attempts: 0 })]);
    expect(await failureOf(first.send(outgoing()))).toMatchObject({ attempts: 0, outcome: "not-sent" });
    const second = failing([refused(503), refused(404, { attempts: 2 })]);
    expect(await failureOf(second.send(outgoing()))).toMatchObject({ attempts: 2, outcome: "rejected" });
  });

  // The waits are 100, 200 and 400 ms, less what chance takes.
  it.each<[about: string, before: number, chance: number, left: number, asked: number | undefined, comes: boolean]>([
    ["half of the first wait", 0, 0, 50, undefined, false],
    ["more than half of it", 0, 0, 51, undefined, true],
    ["three quarters of it", 0, 0.5, 75, undefined, false],
    ["more than that", 0, 0.5, 76, undefined, true],
    ["half of the third wait", 2, 0, 200, undefined, false],
    ["more than half of it", 2, 0, 201, undefined, true],
    ["what the server asks", 0, 0, 900, 900, false],
    ["more than it asks", 0, 0, 901, 900, true],
  ])("needs more time than it waits: %s", async (_about, before, chance, left, asked, comes) => {
    vi.mocked(Math.random).mockReturnValue(chance);
    const errors = Array.from({ length: before + 1 }, () => refused(503, { retryAfterMs: asked }));
    const { send, sent } = failing(errors);
    const deadline = {
      get remaining() {
        return sent.length > before ? left : 60_000;
      },
    } as Deadline;
    const sending = send(outgoing("get-service", { deadline }));
    if (comes) await sending;
    else {
      const said = `Not tried again: only ${Math.ceil(left / 100) / 10} s are left of this call's timeoutSeconds.`;
      expect(await failureOf(sending)).toMatchObject({ sentences: [said] });
    }
    expect(sent).toHaveLength(before + (comes ? 2 : 1));
  });

  describe("has a budget for the whole process, which", () => {
    const spent = () => {
      const budget = new RetryBudget();
      while (budget.take(false) !== undefined);
      return budget;
    };
    const left = (budget: RetryBudget) => {
      let tokens = 0;
      while (budget.take(false) !== undefined) tokens += 5;
      return tokens;
    };

    it.each<[about: string, error: Error, cost: number]>([
      ["after a timeout", lost("timeout"), 10],
      ["after another loss", lost("reset"), 5],
      ["after a refusal", refused(503), 5],
      ["where the server asks for the wait itself", refused(503, { retryAfterMs: 50 }), 0],
    ])("pays %s, and gets that back by success", async (_about, error, cost) => {
      const budget = new RetryBudget();
      await failureOf(failing([error, refused(404)], { budget }).send(outgoing()));
      expect(left(budget)).toBe(500 - cost);
      const other = new RetryBudget();
      for (let token = 0; token < 4; token += 1) other.take(true);
      await failing([error], { budget: other }).send(outgoing());
      expect(left(other)).toBe(460);
    });

    it("ends retries when the process has made too many, and successes earn new ones", async () => {
      const budget = spent();
      const { send, sent } = failing([refused(503)], { budget });
      const error = (await failureOf(send(outgoing()))) as ApiError;
      expect(error.sentences).toEqual(["Not tried again: too many requests of this process had to be repeated."]);
      expect(sent).toEqual([1]);
      for (let index = 0; index < 5; index += 1) await failing([], { budget }).send(outgoing());
      expect(left(budget)).toBe(5);
    });

    it("is not asked where the server asks for the wait itself", async () => {
      const { send, sent } = failing([refused(429, { retryAfterMs: 60 })], { budget: spent() });
      await send(outgoing());
      expect(sent).toEqual([1, 2]);
    });
  });
});

const json = { "content-type": "application/json" };
const answered = (reply: Reply, id?: OperationId) => answers(async () => reply)(outgoing(id, { attempt: 3 }));
const refusal = async (status: number, text: string, headers: Reply["headers"] = json, id?: OperationId) =>
  (await failureOf(answered(replyOf(status, { text, headers }), id))) as ApiError;

describe("an answer of success", () => {
  it.each([
    "application/json",
    "Application/JSON; charset=utf-8",
    "application/vnd.api+json",
  ])("is read: %s", async (type) => {
    const headers = { "content-type": type, "content-encoding": ", Identity" };
    expect(await answered(replyOf(299, { text: '{"a":1}', headers }))).toMatchObject({ status: 299, json: { a: 1 } });
  });

  it.each<[about: string, headers: Reply["headers"], more: Partial<Reply>, problem: string, said: string]>([
    ["broken off", json, { truncated: true }, "truncated", "the answer broke off before its end"],
    [
      "compressed",
      { ...json, "content-encoding": "identity, br" },
      {},
      "content-type",
      "the answer is compressed, which was not asked for",
    ],
    ["of no type", {}, {}, "content-type", "the answer is of no type, not JSON"],
    ["a page", { "content-type": "text/html" }, {}, "content-type", "the answer is text/html, not JSON"],
    [
      "nearly JSON",
      { "content-type": "application/jsonp" },
      {},
      "content-type",
      "the answer is application/jsonp, not JSON",
    ],
    [
      "within another type",
      { "content-type": "x-application/json" },
      {},
      "content-type",
      "x-application/json, not JSON",
    ],
    ["not JSON", json, { text: "{" }, "not-json", "the answer is not valid JSON"],
  ])("cannot be used where it is %s", async (_about, headers, more, problem, said) => {
    const reply = replyOf(201, { text: "{}", headers: { ...headers, "x-request-id": "r1" }, ...more });
    const error = await failureOf(answered(reply, "create-service"));
    expect(error).toMatchObject({ problem, operation: "create-service", method: "POST", path: "/v1/x", attempts: 3 });
    expect(error).toMatchObject({ requestId: "r1", outcome: "unknown" });
    expect(error.message).toContain(`${said} (status 201)`);
    expect(await failureOf(answered(reply))).toMatchObject({ outcome: "rejected" });
  });

  it("without a body is one whatever it says, unless it is a page", async () => {
    for (const headers of [{}, { "content-type": "text/plain" }]) {
      const reply = replyOf(200, { text: "done", headers });
      expect(await answered(reply, "delete-service")).toBe(reply);
    }
    const page = replyOf(200, { text: "<p>", headers: { "content-type": "text/HTML" } });
    expect(await failureOf(answered(page, "delete-service"))).toMatchObject({ problem: "content-type" });
  });
});

it.each<[status: number, location: string | undefined, said: string]>([
  [300, "https://elsewhere.example:8/v1", "to the host elsewhere.example:8"],
  [307, "/other", "to another path of the same host"],
  [399, undefined, "to nowhere"],
])("a redirect is a refusal: %i to %s", async (status, location, said) => {
  const error = await refusal(status, "", { location, "x-request-id": "r1", "retry-after": "3" }, "create-service");
  const detail = `the server redirects ${said}; redirects are never followed, since they would carry the key along`;
  expect(error).toMatchObject({ name: "ApiError", status, reason: "redirected", outcome: "rejected", detail });
  expect(error).toMatchObject({ operation: "create-service", attempts: 3, requestId: "r1", retryAfterMs: 3000 });
});

describe("a refusal", () => {
  it.each<[status: number, read: Outcome, write: Outcome]>([
    [400, "rejected", "rejected"],
    [408, "rejected", "unknown"],
    [429, "not-sent", "not-sent"],
    [499, "rejected", "rejected"],
    [500, "rejected", "unknown"],
    [503, "rejected", "unknown"],
  ])("of status %i may have been carried out, or not", async (status, read, write) => {
    expect((await refusal(status, "")).outcome).toBe(read);
    expect((await refusal(status, "", json, "update-service")).outcome).toBe(write);
    expect((await refusal(status, "", json, "create-service")).outcome).toBe(write);
  });

  it.each<[id: OperationId, status: number, body: object, reason: string]>([
    ["create-use-case", 409, { detail: "Setup is pending" }, "setup-not-approved"],
    ["create-use-case", 409, { detail: "No", code: "ALREADY_THERE" }, "use-case-exists"],
    ["create-service", 404, { detail: "No such", code: "persona_id" }, "no-such-persona"],
    ["create-service", 400, { detail: "No" }, "refused-values"],
    ["update-workspace", 422, { detail: [{ loc: ["body", "region"], msg: "Extra" }] }, "region-fixed"],
    ["update-workspace", 422, { detail: [{ loc: ["body", "x"], msg: "no region" }] }, "region-fixed"],
    ["update-workspace", 422, { detail: [{ loc: ["body", "x"], msg: "Extra" }] }, "refused-values"],
  ])("of %s has a reason by all that it says: %i %j", async (id, status, body, reason) => {
    expect(await refusal(status, JSON.stringify(body), json, id)).toMatchObject({ reason, operation: id });
  });

  it.each<[about: string, type: string | undefined, body: unknown, said: object]>([
    [
      "a detail",
      "application/json",
      { detail: "No such thing", message: "m" },
      { detail: "No such thing", problems: [] },
    ],
    ["an object", "application/json", { detail: { message: "Nope", code: "E1" } }, { detail: "Nope", code: "E1" }],
    ["an object's own code", "application/json", { detail: { error_code: "E1", code: "E2" } }, { code: "E1" }],
    ["two codes", "application/json", { error_code: "E1", code: "E2" }, { code: "E1" }],
    ["a code beside an object", "application/json", { code: "E2", detail: { error_code: "E1" } }, { code: "E2" }],
    ["an object of another shape", "application/json", { detail: { a: 1 } }, { detail: '{"a":1}' }],
    ["no text at all", "application/json", { status: 409 }, { detail: "", code: undefined }],
    ["a message", "application/json", { message: "a", msg: "b" }, { detail: "a" }],
    ["a msg", "application/json", { message: "", msg: "b", error: "c" }, { detail: "b" }],
    ["an error", "application/json", { error: "c", title: "d" }, { detail: "c" }],
    ["a title", "application/json", { title: "d", reason: "e" }, { detail: "d" }],
    ["a reason", "application/json", { message: 7, reason: "e" }, { detail: "e" }],
    ["plain text", "text/plain", "upstream went away", { detail: "upstream went away" }],
    ["text of no type", undefined, "went away", { detail: "went away" }],
    ["a JSON text", "application/json", '"just this"', { detail: "just this" }],
    ["a number", "application/json", "503", { detail: "503" }],
    ["a list alone", "application/json", ["a"], { detail: '["a"]' }],
    ["a page", "text/HTML; charset=utf-8", "Bad", { detail: "" }],
    ["a page of no type", undefined, "\n <html>Bad", { detail: "" }],
    ["text with a bracket", "text/plain", "a < b", { detail: "a < b" }],
    ["nothing", "application/json", "", { detail: "" }],
    ["what is nested too deep", "text/plain", `${"[".repeat(101)}`, { detail: "[".repeat(101) }],
  ])("says what its body says: %s", async (_about, type, body, said) => {
    const text = typeof body === "string" ? body : JSON.stringify(body);
    expect(await refusal(409, text, { "content-type": type })).toMatchObject({ status: 409, ...said });
  });

  const extra = "Extra inputs are not permitted";
  const list = [
    { loc: ["body", "voice_config", "xyz"], msg: extra, type: "extra_forbidden", input: "PATIENT-DATA" },
    { loc: ["query", "tags", 0, "colour"], message: "no colour", type: 7 },
    { loc: ["path", 0, "x"], msg: "", title: "odd" },
    { loc: ["header", { a: 1 }], msg: "a" },
    { loc: "body", reason: "b" },
    { loc: [], ctx: {} },
    "one",
    7,
    null,
  ];
  const problems = [
    { path: "voice_config.xyz", message: extra, type: "extra_forbidden" },
    { path: "tags[0].colour", message: "no colour" },
    { path: "[0].x", message: "odd" },
    { path: 'header.{"a":1}', message: "a" },
    { path: "", message: "b" },
    { path: "", message: "is invalid" },
    { path: "", message: "one" },
    { path: "", message: "7" },
    { path: "", message: "null" },
  ];
  it.each<[about: string, body: object, detail: string]>([
    ["alone", { detail: list }, ""],
    ["beside a message", { detail: list, message: "Invalid" }, "Invalid"],
    ["in an object", { detail: { message: "Invalid", errors: list } }, "Invalid"],
    ["in an object, as its detail", { detail: { detail: list, errors: "x" } }, ""],
    ["beside a text", { detail: "Invalid", message: "m", errors: list }, "Invalid"],
  ])("names each problem of a list, and never the input that it echoes: %s", async (_about, body, detail) => {
    const error = await refusal(422, JSON.stringify({ ...body, error_code: "E1", request_id: "r2" }));
    expect(error.problems).toEqual(problems);
    expect(error).toMatchObject({ detail, code: "E1", requestId: "r2" });
    expect(error.message).toContain(`voice_config.xyz: ${extra}`);
    expect(JSON.stringify(error) + error.message).not.toContain("PATIENT-DATA");
  });

  it("names no more than 100 problems", async () => {
    const { problems } = await refusal(422, JSON.stringify({ detail: Array(150).fill("a") }));
    expect(problems).toHaveLength(100);
  });

  it.each<[headers: Reply["headers"], body: object, id: string | undefined]>([
    [{ "x-request-id": "h" }, { request_id: "b" }, "h"],
    [{ "x-request-id": ["h", "i"] }, {}, "h"],
    [{}, { request_id: "b" }, "b"],
    [{}, { request_id: 7 }, undefined],
    [{}, ["b"], undefined],
  ])("has the request id of %j and %j", async (headers, body, id) => {
    expect((await refusal(409, JSON.stringify(body), { ...json, ...headers })).requestId).toBe(id);
  });
});

/** Answers with the status of each attempt in turn, or fails with the error. */
const exchange = (...ends: (Reply | Error)[]) => {
  const sent: Outgoing[] = [];
  const next = async (request: Outgoing) => {
    const end = ends[sent.length] ?? replyOf();
    sent.push(request);
    if (end instanceof Error) throw end;
    return end;
  };
  return { next, sent };
};

describe("the key", () => {
  it("is asked for each time, and sent beside the other headers", async () => {
    const keys = ["key-1", "key-2~!"];
    const { next, sent } = exchange();
    const send = auth(() => keys.shift())(next);
    for (let time = 0; time < 2; time += 1) await send(outgoing("get-service", { headers: { accept: "x" } }));
    expect(sent.map(({ key, headers }) => [key, headers])).toEqual(
      ["key-1", "key-2~!"].map((key) => [key, { accept: "x", authorization: `Bearer ${key}` }]),
    );
  });

  it.each<[key: string | undefined, said: string]>([
    [undefined, "there is no API key"],
    ["", "there is no API key"],
    ["two words", "the API key contains white space or characters that no key has"],
    ["line\n", "the API key contains white space or characters that no key has"],
    ["schlüssel", "the API key contains white space or characters that no key has"],
  ])("is refused before anything is sent: %j", async (key, said) => {
    const { next, sent } = exchange();
    const error = await failureOf(auth(() => key)(next)(outgoing()));
    expect(error).toMatchObject({ name: "AuthenticationError", status: 401, outcome: "not-sent", attempts: 0 });
    expect(error).toMatchObject({ ...identity, attempts: 0, detail: said });
    expect([error.message, sent]).toEqual([`get-service: not sent, because ${said}.`, []]);
  });

  const refused = (attempts = 1) => apiErrorFor({ ...identity, attempts, status: 401, requestId: "r1" });

  it("that was refused is not tried again, but another one is", async () => {
    const { next, sent } = exchange(refused());
    const send = refusedKey()(next);
    expect(await failureOf(send(outgoing()))).toMatchObject({ outcome: "rejected", sentences: [] });
    const error = await failureOf(send(outgoing("create-service")));
    const detail = "not tried: the key was refused (401) for get-service, request id r1";
    expect(error).toMatchObject({ name: "AuthenticationError", status: 401, detail, attempts: 0, outcome: "not-sent" });
    expect(error).toMatchObject({ operation: "create-service", method: "POST", path: "/v1/x" });
    expect(error.message).toBe(`create-service: ${detail}.`);
    await send(outgoing("get-service", { key: "another" }));
    expect(sent).toHaveLength(2);
  });

  it("that is refused to several at once is told in full once", async () => {
    const { next } = exchange(refused(), apiErrorFor({ ...identity, status: 401 }));
    const send = refusedKey()(next);
    const [first, second] = await Promise.all([
      failureOf(send(outgoing())),
      failureOf(send(outgoing("get-workspace", { attempt: 2 }))),
    ]);
    expect(first.message).toContain("401 Unauthorized");
    expect(second).toMatchObject({ outcome: "rejected", attempts: 2 });
    expect(second.message).toBe(
      "get-workspace: refused too: the key was refused (401) for get-service, request id r1.",
    );
  });

  it("stays in use after other errors, and after what was not sent", async () => {
    const notSent = apiErrorFor({ ...identity, status: 401, outcome: "not-sent" });
    const { next, sent } = exchange(apiErrorFor({ ...identity, status: 403 }), notSent, new Error("ours"));
    const send = refusedKey()(next);
    for (let time = 0; time < 3; time += 1) await failureOf(send(outgoing()));
    await send(outgoing());
    expect(sent).toHaveLength(4);
  });

  it.each<[origin: string, key: string, error: AmigoError, isMarked: boolean]>([
    ["https://api.example", demoKey, refused(), true],
    ["https://api.example", secondKey, new TransportError({ ...identity, reason: "dns", problem: "no" }), true],
    ["https://api.example", "a-real-key", refused(), false],
    ["https://api.example", demoKey, apiErrorFor({ ...identity, status: 403 }), false],
    ["http://127.0.0.1:8787", demoKey, refused(), false],
  ])("of the emulator is told apart where it cannot be right: %s %s", async (origin, key, error, isMarked) => {
    const { next } = exchange(error);
    expect(await failureOf(emulatorKey(origin)(next)(outgoing("get-service", { key })))).toBe(error);
    expect(error).toMatchObject({ hasEmulatorKey: isMarked });
  });
});

describe("the pacing", () => {
  let origin = "";
  let accounts = 0;
  beforeEach(() => {
    accounts += 1;
    origin = `https://pacing-${accounts}.example`;
  });
  const limits = { maxConcurrency: 1, requestsPerSecond: undefined };

  it("gives a turn and starts the call's time, and hands the answer on", async () => {
    const request = outgoing("get-service", { deadline: new Deadline(60_000) });
    const { next, sent } = exchange(replyOf(200, { text: "done" }));
    expect(await limit(origin, limits)(next)(request)).toMatchObject({ text: "done" });
    expect([sent, request.deadline.begun]).toEqual([[request], true]);
    request.deadline.clear();
  });

  it("gives the turn back after a failure", async () => {
    const error = new Error("no");
    const { next, sent } = exchange(error);
    const send = limit(origin, limits)(next);
    expect(await failureOf(send(outgoing()))).toBe(error);
    await send(outgoing());
    expect(sent).toHaveLength(2);
  });

  it("lets a retry go before first attempts", async () => {
    const order: number[] = [];
    const send = limit(
      origin,
      limits,
    )(async ({ attempt }) => {
      order.push(attempt);
      return replyOf();
    });
    await Promise.all([1, 1, 2, 1].map((attempt) => send(outgoing("get-service", { attempt }))));
    expect(order).toEqual([1, 2, 1, 1]);
  });

  it("learns from answers how long to wait with the operation", async () => {
    const { next, sent } = exchange(replyOf(503, { headers: { "retry-after": "60" } }));
    const send = limit(origin, limits)(next);
    await send(outgoing());
    const error = await failureOf(send(outgoing("get-service", { deadline: new Deadline(30_000) })));
    const detail = "not sent, the server asked to wait 60 s more (503 to get-service)";
    expect(error).toMatchObject({ name: "ThrottledError", status: 429, reason: "wait-too-long", detail });
    expect(error).toMatchObject({ ...identity, attempts: 0, outcome: "not-sent" });
    expect((error as ApiError).retryAfterMs).toBeGreaterThan(59_000);
    expect(error.message).toBe(
      "get-service: not sent, because the server asked everybody with this key to wait with this operation for 60 s more " +
        "(503 to get-service). That is longer than what is left of this call's timeoutSeconds (30 s in all).",
    );
    await send(outgoing("get-workspace"));
    expect(sent).toHaveLength(2);
  });

  it("narrows itself after a 429 only, and widens after successes", async () => {
    const wide = { ...limits, maxConcurrency: 4 };
    /** How many of four go out at once. */
    const atOnce = async () => {
      const answer: (() => void)[] = [];
      const waiting = (): Promise<Reply> => new Promise((resolve) => answer.push(() => resolve(replyOf(404))));
      const sending = [1, 2, 3, 4].map(() => limit(origin, wide)(waiting)(outgoing()));
      await new Promise((resolve) => setImmediate(resolve));
      const count = answer.length;
      for (let sent = 0; sent < 4; sent += 1) {
        answer[sent]?.();
        await new Promise((resolve) => setImmediate(resolve));
      }
      await Promise.all(sending);
      return count;
    };
    const send = async (end: number | Error) => {
      const { next } = exchange(end instanceof Error ? end : replyOf(end));
      await limit(origin, wide)(next)(outgoing()).catch(() => {});
      await new Promise((resolve) => setTimeout(resolve, 3));
    };
    await send(503);
    expect(await atOnce()).toBe(4);
    await send(429);
    expect(await atOnce()).toBe(2);
    for (const end of [400, 399, new Error("no")]) await send(end);
    expect(await atOnce(), "one success of two").toBe(2);
    await send(200);
    expect(await atOnce()).toBe(3);
  });

  it("ends the wait of all whose key is refused", async () => {
    let answer: ((reply: Reply) => void) | undefined;
    const send = limit(origin, limits)(() => new Promise((resolve) => (answer = resolve)));
    const first = send(outgoing());
    const second = failureOf(send(outgoing("get-workspace")));
    await new Promise((resolve) => setImmediate(resolve));
    answer?.(replyOf(401, { headers: { "x-request-id": "r1" } }));
    expect(await first).toMatchObject({ status: 401 });
    expect((await second).message).toBe(
      "get-workspace: not tried: the key was refused (401) for get-service, request id r1.",
    );
  });

  it("ends the wait for a shared budget that does not answer", async () => {
    const folder = mkdtempSync(join(tmpdir(), "budget-"));
    const address = join(folder, "socket");
    const silent = createServer((socket) => socket.on("error", () => {})).listen(address);
    await once(silent, "listening");
    vi.stubEnv("AMIGO_SHARED_BUDGET", address);
    const sending = limit(origin, limits)(exchange().next)(outgoing("get-service", { deadline: new Deadline(50) }));
    const error = await failureOf(sending);
    vi.unstubAllEnvs();
    silent.close();
    await limit(origin, limits)(exchange().next)(outgoing());
    rmSync(folder, { recursive: true });
    expect(error).toMatchObject({
      name: "TransportError",
      reason: "budget",
      outcome: "not-sent",
      ...identity,
      attempts: 0,
    });
    expect(error.message).toContain(
      "not sent within 0.1 s, because the shared budget AMIGO_SHARED_BUDGET does not answer",
    );
  });

  it.each([
    [1, "request"],
    [2, "last attempt"],
  ])("ends the wait of attempt %i with its time", async (attempt, what) => {
    void limit(origin, limits)(() => new Promise(() => {}))(outgoing()).catch(() => {});
    const error = await failureOf(
      limit(origin, limits)(exchange().next)(outgoing("get-service", { attempt, deadline: new Deadline(50) })),
    );
    expect(error).toMatchObject({ name: "TransportError", reason: "deadline", ...identity, attempts: 0 });
    expect(error.message).toContain(`no answer within 0.1 s, the ${what} still waited for its turn`);
    expect(error).toMatchObject({ outcome: "not-sent" });
  });
});
