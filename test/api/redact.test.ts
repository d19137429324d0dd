import { beforeAll, describe, expect, it } from "vitest";
import { apiErrorFor, redact, registerSecret } from "../../src/api/index.js";
import { registerPrivateText, withoutKeys } from "../../src/api/redact.js";
import fc from "../support/random.js";

const key = 'sk_live_"quoted"/and+more=01234567';
beforeAll(() => registerSecret(key));

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

  const quoted = (text: string, times: number): string =>
    times === 0 ? text : JSON.stringify({ echoed: quoted(text, times - 1) });

  it.each([1, 2, 3])("knows the key inside JSON, %i deep", (times) => {
    expect(redact(quoted(key, times))).toBe(quoted("[redacted]", times));
  });

  it.each([
    ["encoded", encodeURIComponent],
    ["with lower-case codes", (text: string) => encodeURIComponent(text).replace(/%../g, (code) => code.toLowerCase())],
    ["as a form", (text: string) => new URLSearchParams({ q: text }).toString().slice(2)],
  ])("knows the key in an address: %s", (how, encode) => {
    // A key for each case: what is registered once stays.
    const own = `clé/secrète ${how}`;
    registerSecret(own);
    for (const one of [key, own]) expect(redact(`/search?q=${encode(one)}&n=1`)).toBe("/search?q=[redacted]&n=1");
  });

  it.each(["base64", "base64url"] as const)("knows the key in %s, wherever it stands in what is encoded", (form) => {
    const bytes = "nine>>>bytes???and~~~more";
    registerSecret(bytes);
    for (const before of ["", "u:", "u", "user:", "usr:"]) {
      const encoded = Buffer.from(`${before}${bytes}:x`).toString(form);
      const clean = redact(encoded);
      expect(clean, before).toContain("[redacted]");
      // What is left holds no more than the characters that its neighbours share.
      expect(clean.replace("[redacted]", "").length, before).toBeLessThanOrEqual(
        Buffer.from(before).toString(form).length + 4 + 2,
      );
    }
    expect(redact(Buffer.from(bytes).toString(form).slice(0, 33))).toBe("[redacted]");
  });

  it("removes what a cut left of the key, from eight characters on", () => {
    for (let length = 8; length < key.length; length += 1) {
      expect(redact(`you sent ${key.slice(0, length)}`)).toBe("you sent [redacted]");
    }
    expect(redact(key.slice(0, 9))).toBe("[redacted]");
    expect(redact(`you sent ${key.slice(0, 7)}`)).toBe(`you sent ${key.slice(0, 7)}`);
    expect(redact(`${key.slice(0, 20)} is the beginning`)).toBe(`${key.slice(0, 20)} is the beginning`);
  });

  it("removes one that holds another as a whole, in whichever order they came", () => {
    registerSecret("inner-one");
    registerSecret("around inner-one around");
    registerSecret("around-two inner-two around-two");
    registerSecret("inner-two");
    expect(redact("a around inner-one around z")).toBe("a [redacted] z");
    expect(redact("a around-two inner-two around-two z")).toBe("a [redacted] z");
    expect(redact("a inner-one inner-two z")).toBe("a [redacted] [redacted] z");
  });

  it.each([
    ["Authorization: Bearer abc.def-ghi", "Authorization: Bearer [redacted]"],
    ['{"authorization":"bearer abc"}', '{"authorization":"Bearer [redacted]"}'],
    ["Bearer   abc, Bearer\tdef; x", "Bearer [redacted], Bearer [redacted]; x"],
    ["Bearer%20abc", "Bearer [redacted]"],
    ["Bearer [redacted]", "Bearer [redacted]"],
    ["ForBearer abc", "ForBearer abc"],
  ])("takes the token from %s", (text, clean) => {
    expect(redact(text)).toBe(clean);
  });

  it("leaves other text alone, and takes no secret of under 4 characters", () => {
    registerSecret("abc");
    registerSecret("");
    registerSecret("wxyz");
    expect(redact("abc and the bearer of news")).toContain("abc and the");
    expect(redact(Buffer.from("abc").toString("base64"))).toBe("YWJj");
    expect(redact("nothing secret here")).toBe("nothing secret here");
    expect(redact("a wxyz b")).toBe("a [redacted] b");
  });

  it("removes private texts of the user's own, also inside JSON, and nothing that a cut left of them", () => {
    registerPrivateText('call "home" now');
    registerPrivateText('say: call "home" now, please');
    registerPrivateText("pin");
    registerPrivateText("pins");
    expect(redact('a say: call "home" now, please z')).toBe("a [redacted] z");
    expect(redact(JSON.stringify({ prompt: 'call "home" now' }))).toBe('{"prompt":"[redacted]"}');
    expect(redact('call "home"')).toBe('call "home"');
    expect(redact("pin pins")).toBe("pin [redacted]");
  });
});

describe("a text of the server's that goes into state", () => {
  it("loses keys of 16 characters or more, and no shorter ones, which may be words", () => {
    registerSecret("sixteen-letters!");
    registerSecret("fifteen-letters");
    expect(withoutKeys("a sixteen-letters! b fifteen-letters c")).toBe("a [redacted] b fifteen-letters c");
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
