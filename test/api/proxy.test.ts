import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer as createTlsServer } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { redact } from "../../src/api/index.js";
import { proxyFor } from "../../src/api/proxy.js";
import { selfSigned } from "./certificate.js";
import { clientOf, failureOf, json, listen, proxyTo, serve, workspace, workspaceId } from "./server.js";

const variables = [
  "http_proxy",
  "HTTP_PROXY",
  "https_proxy",
  "HTTPS_PROXY",
  "no_proxy",
  "NO_PROXY",
  "ALL_PROXY",
  "all_proxy",
];

beforeEach(() => {
  for (const name of variables) vi.stubEnv(name, undefined);
});
afterEach(() => {
  vi.unstubAllEnvs();
});

describe("a proxy", () => {
  const remote = { url: "https://api.example.test" };
  const ask = (options = {}) => failureOf(clientOf(remote, { maxAttempts: 1, ...options }).getWorkspace(workspaceId));

  it.each(["HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"])("named by %s is used", async (name) => {
    const proxy = await proxyTo("http://127.0.0.1:1", true);
    vi.stubEnv(name, proxy.url);
    expect(await ask()).toMatchObject({ proxyVariable: name });
    expect(proxy.asked).toEqual(["CONNECT api.example.test:443"]);
  });

  it("named without a scheme is used, as curl does", async () => {
    const proxy = await proxyTo("http://127.0.0.1:1", true);
    vi.stubEnv("HTTPS_PROXY", proxy.url.replace("http://", ""));
    await ask();
    expect(proxy.asked).toEqual(["CONNECT api.example.test:443"]);
  });

  it("named in lower case counts first, and https counts before http", async () => {
    const [chosen, other] = [await proxyTo("http://127.0.0.1:1", true), await proxyTo("http://127.0.0.1:1", true)];
    vi.stubEnv("https_proxy", chosen.url);
    for (const name of ["HTTPS_PROXY", "http_proxy", "HTTP_PROXY", "ALL_PROXY", "all_proxy"])
      vi.stubEnv(name, other.url);
    await ask();
    expect(chosen.asked).toHaveLength(1);
    expect(other.asked).toEqual([]);
    expect(proxyFor(remote.url, { https_proxy: "", HTTPS_PROXY: other.url })).toBeUndefined();
    expect(proxyFor(remote.url, { ALL_PROXY: other.url, all_proxy: other.url })).toBeUndefined();
  });

  it.each(["127.0.0.1", "localhost", "[::1]", "127.8.9.10"])("never sees what goes to %s", async (host) => {
    const server = await serve((response) => json(response, 200, workspace));
    const proxy = await proxyTo(server.url);
    for (const name of variables.slice(0, 4)) vi.stubEnv(name, proxy.url);
    const url = server.url.replace("127.0.0.1", host);
    await clientOf({ url }, { maxAttempts: 1, timeoutSeconds: 1 })
      .getWorkspace(workspaceId)
      .catch(() => {});
    expect(proxy.asked).toEqual([]);
    expect(proxyFor(url)).toBeUndefined();
    expect(proxyFor(url.replace("http:", "https:"))).toBeUndefined();
    if (host === "127.0.0.1") expect(server.seen).toHaveLength(1);
  });

  it.each([
    "socks5://proxy.corp:1080",
    "socks5://user:pass-word@proxy.corp:1080",
    "ftp://proxy.corp",
    "http://",
    "http://:3128",
    ":3128",
    "http:///proxy.corp:3128",
    "http://user:pass-word@:3128",
    "http://proxy.corp:99999",
    "proxy.corp:port",
    "http:proxy.corp:3128",
    "http://proxy corp:3128",
    "http://user:pass-word%zz@proxy.corp:3128",
    "user:pass-word@proxy.corp:99999",
    " ",
  ])("%j is refused by the name of its variable", async (value) => {
    for (const variable of ["https_proxy", "HTTP_PROXY"]) {
      vi.stubEnv("https_proxy", undefined);
      vi.stubEnv(variable, value);
      const client = clientOf(remote);
      for (const error of [
        await failureOf(client.getWorkspace(workspaceId)),
        await failureOf(client.createWorkspace({ slug: "c", name: "C", environment: "staging" })),
      ]) {
        expect(error).toMatchObject({ name: "SettingsError", setting: "proxy", outcome: "not-sent", attempts: 0 });
        expect(error.message).toContain(`The environment variable ${variable} `);
        expect(error.message).not.toContain("pass-word");
      }
      await client.close();
    }
  });

  it.each([
    [" http://proxy.corp:3128 ", "http://proxy.corp:3128/"],
    ["HTTPS://proxy.corp", "https://proxy.corp/"],
    ["//proxy.corp:3128", "http://proxy.corp:3128/"],
    ["proxy.corp:3128//x", "http://proxy.corp:3128//x"],
    ["user:p%25ss@proxy.corp:3128", "http://user:p%25ss@proxy.corp:3128/"],
    ["http://u:odd@pass@proxy.corp", "http://u:odd%40pass@proxy.corp/"],
    ["http://proxy.corp/http://:1", "http://proxy.corp/http://:1"],
  ])("%j is the address %s", (value, url) => {
    expect(proxyFor(remote.url, { HTTPS_PROXY: value })).toEqual({ variable: "HTTPS_PROXY", url });
  });

  const noAddress = "is not the address of a proxy";
  it.each([
    ["ftp://proxy.corp", "uses ftp, and only http and https proxies are supported"],
    ["http-x.y+z://proxy.corp", "uses http-x.y+z, and only http and https proxies are supported"],
    ["http://user@:3128", noAddress],
    ["http://proxy\\corp", noAddress],
    ["http://proxy.corp:99999", noAddress],
    ["http://", noAddress],
    ["http:///proxy.corp", noAddress],
    ["http://?x", noAddress],
    ["http://u:%zz@proxy.corp", "has a % in its user or password that is no percent-encoding; write a plain % as %25"],
    ["http://%zz:p@proxy.corp", "has a % in its user or password that is no percent-encoding; write a plain % as %25"],
  ])("%j is refused, since it %s", (value, why) => {
    expect(() => proxyFor(remote.url, { HTTPS_PROXY: value })).toThrow(`The environment variable HTTPS_PROXY ${why}`);
  });

  it.each([
    ["ftp://user:one-password@proxy.corp", "one-password"],
    ["http://u:two/password@proxy.corp", "two/password"],
    ["user:three-pass@word@proxy.corp", "three-pass@word"],
    ["http://user:four%2Bpassword@proxy.corp", "four+password"],
  ])("of %j keeps the password out of all texts, though it is refused", (value, password) => {
    try {
      proxyFor(remote.url, { HTTPS_PROXY: value });
    } catch (error) {
      expect(String(error)).not.toContain(password);
    }
    expect(redact(`a ${password} b`)).toBe("a [redacted] b");
  });

  it("that was put right is used by the next call", async () => {
    const proxy = await proxyTo("http://127.0.0.1:1", true);
    vi.stubEnv("HTTPS_PROXY", "socks5://proxy.corp:1080");
    const client = clientOf(remote, { maxAttempts: 1 });
    expect((await failureOf(client.getWorkspace(workspaceId))).name).toBe("SettingsError");
    vi.stubEnv("HTTPS_PROXY", proxy.url);
    expect(await failureOf(client.getWorkspace(workspaceId))).toMatchObject({ reason: "proxy" });
  });

  it("is left out where NO_PROXY says so", async () => {
    const proxy = await proxyTo("http://127.0.0.1:1", true);
    vi.stubEnv("HTTPS_PROXY", proxy.url);
    vi.stubEnv("NO_PROXY", "api.example.test");
    expect(await ask()).toMatchObject({ reason: "dns" });
    expect(proxy.asked).toEqual([]);
  });

  it("that refuses is told apart from the API, and its password is never shown", async () => {
    const proxy = await proxyTo("http://127.0.0.1:1", true);
    vi.stubEnv("HTTPS_PROXY", proxy.url.replace("//", "//user:proxy-password@"));
    const client = clientOf({ url: "https://api.example.test" }, { maxAttempts: 1 });
    const error = await failureOf(client.createWorkspace({ slug: "c", name: "C", environment: "staging" }));
    expect(error).toMatchObject({ name: "TransportError", reason: "proxy", outcome: "not-sent" });
    expect(error).toMatchObject({ proxyVariable: "HTTPS_PROXY" });
    expect(proxy.asked).toEqual(["CONNECT api.example.test:443"]);
    expect(redact("the proxy-password")).toBe("the [redacted]");
  });

  it("that is not there is named as what may be wrong", async () => {
    const gone = await proxyTo("http://127.0.0.1:1");
    vi.stubEnv("HTTPS_PROXY", "http://127.0.0.1:1");
    const client = clientOf({ url: "https://api.example.test" }, { maxAttempts: 1 });
    const error = await failureOf(client.getWorkspace(workspaceId));
    expect(error).toMatchObject({ proxyVariable: "HTTPS_PROXY" });
    expect(gone.asked).toEqual([]);
  });

  it("tunnels https, end to end", async () => {
    const identity = selfSigned("api.example.test");
    const server = createTlsServer(identity, (_request, response) => json(response, 200, workspace));
    const proxy = await proxyTo(await listen(server));
    const folder = mkdtempSync(join(tmpdir(), "amigo-proxy-"));
    const authority = join(folder, "authority.pem");
    writeFileSync(authority, identity.cert);
    const env = { ...process.env, NODE_EXTRA_CA_CERTS: authority, HTTPS_PROXY: proxy.url };
    const tsx = join(__dirname, "../../node_modules/tsx/dist/cli.mjs");
    const program = [tsx, join(__dirname, "proxied-call.ts"), "https://api.example.test", workspaceId];
    const { stdout } = await promisify(execFile)(process.execPath, program, { env });
    rmSync(folder, { recursive: true });
    // The HTTP library is loaded by the first request, not by the import or the constructor.
    expect(stdout.trim()).toBe("clinic false true");
    expect(proxy.asked).toEqual(["CONNECT api.example.test:443"]);
  });
});
