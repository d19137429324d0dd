import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Deadline } from "../../src/api/deadline.js";
import type { Outgoing, Reply } from "../../src/api/exchange.js";
import {
  type ApiError,
  apiErrorFor,
  type OperationId,
  type Outcome,
  operations,
  ResponseError,
  TransportError,
  type TransportReason,
} from "../../src/api/index.js";
import { retry } from "../../src/api/interceptors/retry.js";
import { RetryBudget } from "../../src/api/retry-budget.js";
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

describe("a retry", () => {
  const identity = { operation: "get-service", method: "GET", path: "/v1/x", attempts: 1 };
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
