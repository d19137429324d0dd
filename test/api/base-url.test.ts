import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseBaseUrl } from "../../src/api/base-url.js";
import { SettingsError } from "../../src/api/index.js";

describe("a base URL", () => {
  it.each([
    ["https://api.platform.amigo.ai", "https://api.platform.amigo.ai", ""],
    ["https://api.platform.amigo.ai/", "https://api.platform.amigo.ai", ""],
    ["HTTPS://API.example.com:8443/a/b//", "https://api.example.com:8443", "/a/b"],
    ["http://localhost:8787", "http://localhost:8787", ""],
    ["http://127.0.0.1:8787/x", "http://127.0.0.1:8787", "/x"],
    ["http://127.255.3.4", "http://127.255.3.4", ""],
    ["http://[::1]:8787", "http://[::1]:8787", ""],
  ])("%s is taken", (text, origin, prefix) => {
    expect(parseBaseUrl(text)).toEqual({ origin, prefix });
  });

  it.each([
    "",
    "api.platform.amigo.ai",
    "ftp://api.platform.amigo.ai",
    "https:api.platform.amigo.ai",
    "https://",
    "http://api.platform.amigo.ai",
    "http://10.0.0.1",
    "http://127.0.0.1.example.com",
    "http://localhost.example.com",
    "http://0.0.0.0",
    "http://[::2]",
    "https://user@host.example",
    "https://user:secret-password@host.example",
    "https://@host.example",
    "https://host.example/?a=1",
    "https://host.example/?",
    "https://host.example/#a",
    " https://host.example",
    "https://host.example\n",
    "https://ho\tst.example",
    "https:\\\\host.example",
    "https://host.example\u0000",
  ])("%j is refused, without showing a password", (text) => {
    let error: unknown;
    try {
      parseBaseUrl(text);
    } catch (thrown) {
      error = thrown;
    }
    expect(SettingsError.isInstance(error)).toBe(true);
    expect(error).toMatchObject({ setting: "baseUrl" });
    expect((error as Error).message).not.toContain("secret-password");
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
