import { describe, expect, it, vi } from "vitest";
import * as errors from "../../src/api/errors.js";

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
    expect(Object.keys(new errors.SettingsError("no"))).not.toContain("families");
    expect(JSON.stringify(new errors.SettingsError("no"))).not.toContain('SettingsError","AmigoError');
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
    expect(error.message).toContain("name: too long; tags[0].key: missing (422 Unprocessable Content");
    expect(error.problems).toEqual(problems);
  });

  it("says that nothing was said, and how long to wait", () => {
    const error = errors.apiErrorFor({ ...identity, status: 429, retryAfterMs: 3_600_000 });
    expect(error.message).toBe(
      "create-service: the server gave no reason (429 Too Many Requests, POST /v1/w/services). The server asks to wait 3600 s.",
    );
  });

  it("keeps about 500 characters of what was said", () => {
    const error = errors.apiErrorFor({ ...identity, status: 500, detail: `start ${"long ".repeat(400)}` });
    expect(error.detail).toHaveLength(501);
    expect(error.message.length).toBeLessThan(600);
  });

  it("takes another sentence", () => {
    const error = new errors.SettingsError("No address");
    error.addSentence("It is read first.");
    expect(error).toMatchObject({ summary: "No address", sentences: ["It is read first."] });
    expect(error.message).toBe("No address. It is read first.");
  });
});

describe("the outcome", () => {
  it("is rejected for an answer and not-sent for a setting, unless told", () => {
    expect(errors.apiErrorFor({ ...identity, status: 409 }).outcome).toBe("rejected");
    expect(errors.apiErrorFor({ ...identity, status: 502, outcome: "unknown" }).outcome).toBe("unknown");
    expect(new errors.SettingsError("no").outcome).toBe("not-sent");
  });
});
