import { describe, expect, it } from "vitest";
import { apiErrorFor, redact, registerSecret } from "../../src/api/index.js";
import fc from "../support/random.js";

const key = 'sk_live_"quoted"/and+more=01234567';
registerSecret(key);

const identity = { operation: "get-service", method: "GET", path: "/v1/w/services/s", status: 500 };

describe("redact", () => {
  it("removes a registered key from any text around it", () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (before, after) => {
        const clean = redact(before + key + after);
        expect(clean).not.toContain(key);
        expect(clean).toContain("[redacted]");
      }),
    );
  });

  it("knows the key inside JSON and inside an address", () => {
    expect(redact(JSON.stringify({ echoed: key }))).toBe('{"echoed":"[redacted]"}');
    expect(redact(`/search?q=${encodeURIComponent(key)}&n=1`)).toBe("/search?q=[redacted]&n=1");
  });

  it("removes what a cut left of the key", () => {
    for (let length = 8; length < key.length; length += 1) {
      expect(redact(`you sent ${key.slice(0, length)}`)).toBe("you sent [redacted]");
    }
  });

  it.each([
    ["Authorization: Bearer abc.def-ghi", "Authorization: Bearer [redacted]"],
    ['{"authorization":"bearer abc"}', '{"authorization":"Bearer [redacted]"}'],
    ["Bearer%20abc", "Bearer [redacted]"],
    ["Bearer [redacted]", "Bearer [redacted]"],
  ])("takes the token from %s", (text, clean) => {
    expect(redact(text)).toBe(clean);
  });

  it("leaves other text alone, and takes no secret of under 4 characters", () => {
    registerSecret("abc");
    registerSecret("");
    expect(redact("abc and the bearer of news")).toContain("abc and the");
    expect(redact("nothing secret here")).toBe("nothing secret here");
  });
});

describe("an error", () => {
  it("comes out clean in every field that a server can fill", () => {
    const echo = `your key ${key} is bad`;
    const error = apiErrorFor({
      ...identity,
      path: `/v1/${key}`,
      detail: echo,
      code: key,
      requestId: key,
      problems: [{ path: key, message: echo }],
    });
    error.addSentence(echo);
    const everything = [error.message, error.stack, error.sentences, JSON.stringify(error), error.requestId].join("\n");
    expect(everything).not.toContain("sk_live");
  });

  it("is redacted before it is cut", () => {
    const error = apiErrorFor({ ...identity, detail: `${"x".repeat(490)}${key}` });
    expect(error.message).not.toContain("sk_live");
  });
});
