import { expect, test } from "vitest";
import { AmigoError, operations, type RequestError } from "../../src/api/index.js";
import { clientOf, serve, service, workspace } from "../api/server.js";
import fc from "../support/random.js";
import { calls, valueAt } from "./calls.js";
import { isPolluted, oddName, oddText, oddValue, own } from "./odd-values.js";

interface Answer {
  readonly status: number;
  readonly type: string | undefined;
  readonly text: string | Buffer;
  readonly headers: Record<string, string>;
  /** Cuts the connection after this share of the body. */
  readonly cutAt: number | undefined;
}

const jsonText = (value: fc.Arbitrary<unknown>) => value.map((any) => JSON.stringify(any) ?? "null");

/** The right answer of the operation with one odd field, or one too many. */
const spoiltText = (answer: object | undefined): fc.Arbitrary<string> =>
  fc
    .record({ name: fc.oneof(fc.constantFrom(...fieldsOf(answer)), oddName), value: oddValue, unwrap: fc.boolean() })
    .map(({ name, value, unwrap }) => {
      const spoil = (holder: unknown): unknown => {
        if (Array.isArray(holder)) return holder.map(spoil);
        const fields = Object.entries((holder ?? {}) as object);
        const inner = fields.find(([, field]) => field !== null && typeof field === "object" && unwrap);
        if (inner) return { ...(holder as object), [inner[0]]: spoil(inner[1]) };
        return Object.defineProperties({ ...(holder as object) }, Object.getOwnPropertyDescriptors(own(name, value)));
      };
      return JSON.stringify(spoil(answer));
    });

function fieldsOf(answer: object | undefined): string[] {
  const names: string[] = [];
  JSON.stringify(answer, (key, value) => {
    names.push(key);
    return value;
  });
  return names;
}

const errorBody = fc
  .record({
    detail: fc.oneof(
      oddText,
      fc.array(fc.record({ loc: fc.array(oddValue, { maxLength: 4 }), msg: oddValue, type: oddText }), {
        maxLength: 4,
      }),
      fc.constant([{ loc: ["body", { toString: 1, valueOf: 1 }, ["a"]], msg: { toString: null } }]),
      oddValue,
    ),
    request_id: oddValue,
    error_code: oddValue,
  })
  .map((body) => JSON.stringify(body));

const odd: fc.Arbitrary<string | Buffer> = fc.oneof(
  jsonText(oddValue),
  errorBody,
  fc.constantFrom(
    "",
    "null",
    "{}",
    "[]",
    "<html><body>Log in</body></html>",
    '{"items":',
    "\ufeff{}",
    `${"[".repeat(50_000)}${"]".repeat(50_000)}`,
    `${'{"a":'.repeat(20_000)}1${"}".repeat(20_000)}`,
    `{"__proto__":${'{"a":'.repeat(3000)}1${"}".repeat(3000)}}`,
    JSON.stringify({ ...service, name: "x".repeat(300_000) }),
    JSON.stringify({ ...workspace, id: "../../v1/workspaces" }),
    JSON.stringify({ ...service, constructor: { prototype: { polluted: true } } }),
    `{"items":[${"1,".repeat(50_000)}1],"has_more":true}`,
    Buffer.from([0xff, 0xfe, 0x00, 0x7b, 0x7d]),
    Buffer.from([0x1f, 0x8b, 0x08, 0x00]),
  ),
);

const answerTo = (right: object | undefined): fc.Arbitrary<Answer> =>
  fc.record({
    status: fc.oneof(
      { weight: 4, arbitrary: fc.constantFrom(200, 201, 204) },
      { weight: 2, arbitrary: fc.constantFrom(202, 206, 301, 304, 307, 400, 401, 403, 404, 405, 408, 409, 418, 422) },
      { weight: 1, arbitrary: fc.constantFrom(299, 429, 451, 500, 501, 502, 503, 504, 599) },
    ),
    type: fc.oneof(
      { weight: 5, arbitrary: fc.constant("application/json") },
      {
        weight: 1,
        arbitrary: fc.constantFrom(
          undefined,
          "text/html",
          "text/plain",
          "application/jsonp",
          "APPLICATION/JSON",
          'a/b; x="',
        ),
      },
    ),
    text: fc.oneof(odd, ...(right === undefined ? [] : [spoiltText(right), spoiltText(right)])) as fc.Arbitrary<
      string | Buffer
    >,
    headers: fc.constantFrom<Record<string, string>[]>(
      {},
      {},
      {},
      { "content-encoding": "gzip" },
      { location: "https://evil.example/?k=1" },
      { "x-request-id": "y".repeat(9000) },
      { "retry-after": "-1" },
      { "retry-after": "0.01" },
      { "x-ratelimit-reset": "NaN" },
    ),
    cutAt: fc.option(fc.constantFrom(0, 0.5), { freq: 12, nil: undefined }),
  });

for (const { id, send, answer, must } of calls) {
  test(`${id}: no answer crashes it, and what is taken for one is about what was asked for`, {
    timeout: 60_000,
  }, async () => {
    let current: Answer | undefined;
    const server = await serve((response) => {
      const { status = 500, type, text = "", headers = {}, cutAt } = current ?? {};
      const body = Buffer.from(text);
      const hasBody = status !== 204 && status !== 304;
      const all = { ...headers, ...(type === undefined ? {} : { "content-type": type }) };
      response.writeHead(status, hasBody ? { ...all, "content-length": String(body.length) } : all);
      if (cutAt === undefined || !hasBody) response.end(hasBody ? body : undefined);
      else response.write(body.subarray(0, Math.floor(body.length * cutAt)), () => response.socket?.destroy());
    });
    let taken = 0;
    await fc.assert(
      fc.asyncProperty(answerTo(answer), async (odd) => {
        current = odd;
        const client = clientOf(server, { maxAttempts: 1, timeoutSeconds: 2, apiKey: () => "one-key-for-all" });
        try {
          const result = await send(client);
          taken += 1;
          if (answer === undefined) return;
          expect(JSON.parse(JSON.stringify(result))).toEqual(result);
          for (const [field, value] of Object.entries(must)) {
            if (valueAt(result, field) !== undefined || !field.startsWith("items")) {
              expect(String(valueAt(result, field)).toLowerCase().trim(), field).toBe(value.toLowerCase());
            }
          }
        } catch (error) {
          if ((error as Error).name === "AssertionError") throw error;
          expect(AmigoError.isInstance(error), String((error as Error).stack)).toBe(true);
          const { operation, message, path, code } = error as RequestError & { code?: string };
          expect(operation).toBe(id);
          expect(message).toContain(id);
          expect(message.length + path.length + (code?.length ?? 0)).toBeLessThan(4000);
          // An escape would reach the terminal.
          expect(message).not.toMatch(/\p{Cc}/u);
        } finally {
          await client.close();
        }
        expect(isPolluted()).toBe(false);
      }),
      { numRuns: 35 },
    );
    if (answer === undefined) expect(taken).toBeGreaterThan(0);
  });
}

test("there is a call of each operation of the contract", () => {
  expect(calls.map(({ id }) => id).toSorted()).toEqual(Object.keys(operations).toSorted());
});

test("an answer of megabytes of wrong entries costs no more memory than its text", { timeout: 20_000 }, async () => {
  for (const [text, field] of [
    [`{"items":[${"1,".repeat(1_500_000)}1],"has_more":false}`, "items[0]"],
    [`{"items":[${"{},".repeat(1_000_000)}1],"has_more":false}`, "items[0].id"],
    [
      JSON.stringify({ items: [{ ...service, keyterms: Array(1_000_000).fill(0) }], has_more: false }),
      "items[0].keyterms[0]",
    ],
  ] as const) {
    const server = await serve((response) => {
      response.writeHead(200, { "content-type": "application/json" }).end(text);
    });
    const client = clientOf(server, { maxAttempts: 1 });
    const list = calls.find(({ id }) => id === "list-services");
    const before = process.memoryUsage().heapUsed;
    await expect(list?.send(client)).rejects.toMatchObject({ name: "ResponseError", field });
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(400_000_000);
  }
});
