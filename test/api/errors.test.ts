import { inspect } from "node:util";
import { describe, expect, it, vi } from "vitest";
import { Deadline } from "../../src/api/deadline.js";
import * as errors from "../../src/api/errors.js";
import { registerSecret } from "../../src/api/redact.js";
import { causeOf, problemOf, reasonOf } from "../../src/api/transport-failure.js";

const identity = { operation: "create-service", method: "POST", path: "/v1/w/services" };

describe("the class for a status", () => {
  it.each([
    [401, "AuthenticationError"],
    [403, "PermissionError"],
    [404, "NotFoundError"],
    [409, "ConflictError"],
    [422, "ValidationError"],
    [429, "ThrottledError"],
    [500, "ServerError"],
    [503, "ServerError"],
    [599, "ServerError"],
    [302, "ApiError"],
    [418, "ApiError"],
  ])("%i is %s", (status, name) => {
    const error = errors.apiErrorFor({ ...identity, status });
    expect(error.name).toBe(name);
    expect(error.status).toBe(status);
    expect(errors.ApiError.isInstance(error)).toBe(true);
    expect(errors.NotFoundError.isInstance(error)).toBe(status === 404);
    expect(errors.ServerError.isInstance(error)).toBe(status >= 500);
  });
});

describe("isInstance", () => {
  it("knows errors of another copy of the package, by family", async () => {
    vi.resetModules();
    const copy: typeof errors = await import("../../src/api/errors.js");
    expect(copy.AmigoError).not.toBe(errors.AmigoError);
    const error = new copy.NotFoundError({ ...identity, status: 404 });
    expect(error instanceof errors.NotFoundError).toBe(false);
    expect(errors.NotFoundError.isInstance(error)).toBe(true);
    expect(errors.RequestError.isInstance(error)).toBe(true);
    expect(errors.ConflictError.isInstance(error)).toBe(false);
    expect(errors.SettingsError.isInstance(error)).toBe(false);
  });

  it.each([undefined, null, "text", {}, new Error("other"), { name: "AmigoError" }])("is false for %s", (value) => {
    expect(errors.AmigoError.isInstance(value)).toBe(false);
  });

  it("leaves no mark that a printed error would show", () => {
    expect(inspect(new errors.SettingsError("no"))).not.toContain("families");
  });
});

describe("the message", () => {
  it("is one paragraph: operation, what was said, status, request", () => {
    const error = errors.apiErrorFor({
      ...identity,
      status: 409,
      detail: "Name already taken.",
      requestId: "req-1",
    });
    expect(error.message).toBe(
      "create-service: Name already taken (409 Conflict, POST /v1/w/services, request id req-1).",
    );
    expect(error).toMatchObject({ detail: "Name already taken.", requestId: "req-1" });
  });

  it("lists the problems of a 422 by path", () => {
    const problems = [
      { path: "name", message: "too long" },
      { path: "tags[0].key", message: "missing" },
    ];
    const error = errors.apiErrorFor({ ...identity, status: 422, problems });
    expect(error.message).toMatch(
      /^create-service: name: too long; tags\[0\]\.key: missing \(422 Unprocessable Content/,
    );
    expect(error.problems).toEqual(problems);
  });

  it("says that nothing was said, and how long to wait", () => {
    const error = errors.apiErrorFor({ ...identity, status: 429, retryAfterMs: 3_600_000 });
    expect(error.detail).toBe("");
    expect(error.message).toBe(
      "create-service: the server gave no reason (429 Too Many Requests, POST /v1/w/services). The server asks to wait 3600 s.",
    );
  });

  it("keeps about 500 characters of what was said", () => {
    const error = errors.apiErrorFor({ ...identity, status: 500, detail: `start ${"long ".repeat(400)}` });
    expect(error.detail).toHaveLength(501);
    expect(error.message.length).toBeLessThan(600);
  });

  it("is one line without control characters, and without a key that a cut would hide", () => {
    registerSecret("key-at-the-cut-0123456789");
    const detail = ` a\n\tb\u0000c ${"x".repeat(485)} key-at-the-cut-0123456789 `;
    const error = errors.apiErrorFor({ ...identity, status: 409, detail, code: detail, requestId: "r\n1" });
    expect(error.detail).toBe(`a b c ${"x".repeat(485)} [redacte…`);
    expect(error).toMatchObject({ code: error.detail, requestId: "r 1" });
    expect(errors.apiErrorFor({ ...identity, status: 409, detail: "y".repeat(500) }).detail).toBe("y".repeat(500));
    expect(errors.apiErrorFor({ ...identity, path: "/v1/key-at-the-cut-0123456789", status: 409 }).path).toBe(
      "/v1/[redacted]",
    );
  });

  it("says a problem without a path as it is, beside what was said, and keeps each one within bounds", () => {
    const problems = [
      { path: "", message: "no" },
      { path: "p".repeat(600), message: "m\nn", type: "t\nu" },
    ];
    const error = errors.apiErrorFor({ ...identity, status: 418, detail: "Said", problems });
    expect(error.message).toMatch(/^create-service: Said; no; p{490}… \(418, POST \/v1\/w\/services\)\.$/);
    expect(error.problems).toEqual([
      { path: "", message: "no" },
      { path: `${"p".repeat(500)}…`, message: "m n", type: "t u" },
    ]);
  });

  it("is whole for an answer that cannot be used, and for one that never came", () => {
    const unusable = { ...identity, problem: "schema", description: "odd\n", field: "a\nb", attempts: 2 } as const;
    const answer = new errors.ResponseError(unusable);
    expect(answer.message).toBe("create-service: odd (POST /v1/w/services).");
    expect(answer).toMatchObject({ problem: "schema", field: "a b", attempts: 2 });
    expect(new errors.ResponseError({ ...unusable, field: undefined }).field).toBeUndefined();
    const cause = new Error("why");
    const lost = { ...identity, reason: "dns", problem: "not found", proxyVariable: "https_proxy", cause } as const;
    const none = new errors.TransportError(lost);
    expect(none.message).toBe("create-service: not found (POST /v1/w/services).");
    expect(none).toMatchObject({
      reason: "dns",
      proxyVariable: "https_proxy",
      cause,
      hasEmulatorKey: false,
      attempts: 0,
    });
    expect("cause" in answer).toBe(false);
  });

  it.each([
    ["No.", "More.", "No. More."],
    ["No!", "More.", "No! More."],
    ["No…", "More.", "No… More."],
    ["No (a.b)", "More.", "No (a.b). More."],
    ["No", "", "No"],
    ["No", undefined, "No"],
  ])("puts a stop between sentences: %j and %j", (first, second, both) => {
    expect(errors.paragraph(first, second)).toBe(both);
  });

  it.each([
    [0, "0 s"],
    [1, "0.1 s"],
    [1000, "1 s"],
    [1001, "1.1 s"],
  ])("shows %i ms as %s", (ms, text) => {
    expect(errors.seconds(ms)).toBe(text);
  });

  it("takes another sentence", () => {
    registerSecret("key-in-a-sentence");
    const error = new errors.SettingsError("No address", { setting: "proxy" });
    error.addSentence("It is read first.");
    expect(error).toMatchObject({ summary: "No address", sentences: ["It is read first."], setting: "proxy" });
    error.addSentence("Not key-in-a-sentence.");
    expect(error.message).toBe("No address. It is read first. Not [redacted].");
  });
});

describe("the outcome", () => {
  it("is rejected for an answer and not-sent for a setting, unless told", () => {
    expect(errors.apiErrorFor({ ...identity, status: 409 }).outcome).toBe("rejected");
    expect(errors.apiErrorFor({ ...identity, status: 502, outcome: "unknown" }).outcome).toBe("unknown");
    expect(new errors.SettingsError("no").outcome).toBe("not-sent");
  });
});

describe("why no answer came", () => {
  const errorOf = (code: string, more: object = {}) => Object.assign(new Error("said"), { code, ...more });

  it.each<[error: Error, reason: errors.TransportReason]>([
    ...["ENOTFOUND", "EAI_AGAIN"].map((code) => [errorOf(code), "dns"] as [Error, errors.TransportReason]),
    [errorOf("ECONNREFUSED"), "refused"],
    [errorOf("ECONNRESET"), "reset"],
    [errorOf("ENOTFOUND", { cause: errorOf("EPIPE") }), "dns"],
    [errorOf("UND_ERR_SOCKET"), "reset"],
    [errorOf("UND_ERR_SOCKET", { cause: errorOf("ETIMEDOUT") }), "timeout"],
    [errorOf("UND_ERR_SOCKET", { cause: "odd" }), "reset"],
    [new Error("outer", { cause: errorOf("UND_ERR_CLOSED") }), "closed"],
    [errorOf("UND_ERR_HEADERS_TIMEOUT"), "deadline"],
    [errorOf("DEPTH_ZERO_SELF_SIGNED_CERT"), "certificate"],
    [errorOf("UNABLE_TO_VERIFY_LEAF_SIGNATURE"), "certificate"],
    [errorOf("ERR_TLS_CERT_ALTNAME_INVALID"), "certificate"],
    [errorOf("ERR_SSL_WRONG_VERSION_NUMBER"), "certificate"],
    [new Error("Proxy response (403) !== 200 when HTTP Tunneling"), "proxy"],
    [new Error("No Proxy response"), "other"],
    [errorOf("EODD"), "other"],
    [Object.assign(new Error("no text"), { code: 7 }), "other"],
  ])("is known by the code: %o", (error, reason) => {
    expect(reasonOf(error, "https://api.example")).toBe(reason);
  });

  it("tells what this machine refuses from what another one does", () => {
    expect(reasonOf(errorOf("ECONNREFUSED"), "http://localhost:8787")).toBe("refused-here");
    expect(reasonOf(errorOf("ECONNRESET"), "http://localhost:8787")).toBe("reset");
  });

  it("keeps of the cause its name, message and code, and nothing that it holds", () => {
    const cause = causeOf(errorOf("UND_ERR_SOCKET", { name: "SocketError", socket: {}, cause: errorOf("EPIPE") }));
    expect(cause).toMatchObject({ name: "SocketError", message: "said", code: "EPIPE" });
    expect(Object.keys(cause ?? {})).not.toContain("socket");
    expect(causeOf(new Error("said"))).toMatchObject({ code: "" });
    expect(causeOf(undefined)).toBeUndefined();
  });

  const origin = "http://localhost:8787";
  it.each<[reason: errors.TransportReason, begun: boolean, cause: Error | undefined, problem: string]>([
    ["dns", false, errorOf("X"), `the name of ${origin} was not found: said`],
    ["refused", false, errorOf("X"), `nothing answers at ${origin}: said`],
    ["refused-here", false, errorOf("X", { message: "" }), `nothing answers at ${origin}: X`],
    ["timeout", false, undefined, `no connection to ${origin} in time`],
    ["certificate", false, errorOf("X"), `the certificate of ${origin} is not trusted: said`],
    ["proxy", false, errorOf("X"), `the proxy refused the connection to ${origin}: said`],
    ["deadline", true, undefined, "no complete answer within 1.5 s"],
    ["deadline", false, undefined, `no connection to ${origin} within 1.5 s`],
    ["too-large", true, undefined, "the answer is larger than 10 bytes"],
    ["closed", false, undefined, "this client was closed"],
    ["reset", true, errorOf("X"), `the connection to ${origin} broke before an answer came: said`],
    ["other", false, errorOf("X"), `the connection to ${origin} failed: said`],
  ])("is said in words: %s, begun %s", (reason, begun, cause, problem) => {
    const context = { origin, deadline: new Deadline(1500), begun, maxBytes: 10, cause };
    expect(problemOf(reason, context)).toEqual({ problem, proxyVariable: undefined });
  });

  it("names the variable of the proxy on the way", () => {
    vi.stubEnv("https_proxy", "http://proxy.example:3128");
    const context = { origin: "https://api.example", deadline: new Deadline(1), begun: false, maxBytes: 1 };
    expect(problemOf("closed", { ...context, cause: undefined }).proxyVariable).toBe("https_proxy");
    vi.unstubAllEnvs();
  });
});
