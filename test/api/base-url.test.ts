import { describe, expect, it } from "vitest";
import { parseBaseUrl } from "../../src/api/base-url.js";
import { SettingsError } from "../../src/api/index.js";
import fc from "../support/random.js";

describe("a base URL", () => {
  it("is read in the same way however often it was read before", () => {
    const texts = Array.from({ length: 100_000 }, () => "https://bücher.example");
    expect(new Set(texts.map((text) => parseBaseUrl(text).origin))).toEqual(new Set(["https://xn--bcher-kva.example"]));
  });

  it.each([
    ["https://api.platform.amigo.ai", "https://api.platform.amigo.ai", ""],
    ["https://api.platform.amigo.ai/", "https://api.platform.amigo.ai", ""],
    ["HTTPS://API.example.com:8443/a/b//", "https://api.example.com:8443", "/a/b"],
    ["http://localhost:8787", "http://localhost:8787", ""],
    ["http://127.0.0.1:8787/x", "http://127.0.0.1:8787", "/x"],
    ["http://127.255.34.4", "http://127.255.34.4", ""],
    ["http://[::1]:8787", "http://[::1]:8787", ""],
  ])("%s is taken", (text, origin, prefix) => {
    expect(parseBaseUrl(text)).toEqual({ origin, prefix });
  });

  const incomplete = "is not a complete http(s) address";
  const strange = "contains white space, a control character or a backslash";
  const login = "contains a user or password; the key is a setting of its own";
  const plain = (host: string) => `uses plain http for ${host}, which would show the key to everybody on the way`;

  it.each([
    ["", incomplete],
    ["api.platform.amigo.ai", incomplete],
    ["ftp://api.platform.amigo.ai", incomplete],
    ["blob:https://api.platform.amigo.ai", incomplete],
    ["https:api.platform.amigo.ai", incomplete],
    ["https://", incomplete],
    ["http://api.platform.amigo.ai", plain("api.platform.amigo.ai")],
    ["http://10.0.0.1", plain("10.0.0.1")],
    ["http://127.0.0.1.example.com", plain("127.0.0.1.example.com")],
    ["http://localhost.example.com", plain("localhost.example.com")],
    ["http://0.0.0.0", plain("0.0.0.0")],
    ["http://[::2]", plain("[::2]")],
    ["https://user@host.example", login],
    ["https://user:secret-password@host.example", login],
    ["https://@host.example", login],
    ["HTTP://@localhost", login],
    ["https://host.example/?a=1", "contains a query"],
    ["https://host.example/?", "contains a query"],
    ["https://host.example/#a", "contains a fragment"],
    [" https://host.example", strange],
    ["https://host.example\n", strange],
    ["https://ho\tst.example", strange],
    ["https:\\\\host.example", strange],
    ["https://host.example\u0000", strange],
  ])("%j is refused, without showing a password: it %s", (text, reason) => {
    let error: unknown;
    try {
      parseBaseUrl(text);
    } catch (thrown) {
      error = thrown;
    }
    expect(SettingsError.isInstance(error)).toBe(true);
    expect(error).toMatchObject({ setting: "baseUrl", message: `The base URL ${reason}.` });
  });

  it("is never plain http to another machine, whatever it looks like", () => {
    fc.assert(
      fc.property(fc.webUrl({ validSchemes: ["http"], withFragments: true, withQueryParameters: true }), (text) => {
        expect(() => parseBaseUrl(text)).toThrow(SettingsError);
      }),
      { numRuns: 30 },
    );
  });

  it("keeps host and path of any https address", () => {
    fc.assert(
      fc.property(fc.webUrl({ validSchemes: ["https"] }), (text) => {
        const { origin, prefix } = parseBaseUrl(text);
        expect(prefix.endsWith("/")).toBe(false);
        expect(new URL(origin + prefix).href.replace(/\/+$/, "")).toBe(new URL(text).href.replace(/\/+$/, ""));
      }),
      { numRuns: 30 },
    );
  });

  it("throws nothing but SettingsErrors at arbitrary text", () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: "binary" }),
          fc.string().map((rest) => `https://${rest}`),
        ),
        (text) => {
          try {
            expect(new URL(parseBaseUrl(text).origin).username).toBe("");
          } catch (error) {
            expect(SettingsError.isInstance(error)).toBe(true);
          }
        },
      ),
    );
  });
});
