import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, request } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { redact } from "../../src/api/index.js";
import { selfSigned } from "./certificate.js";
import { clientOf, failureOf, json, listen, serve, workspace, workspaceId } from "./server.js";

/** A proxy that notes what it is asked for; `target` is where it leads all tunnels. */
async function proxyTo(target: string, refuse = false): Promise<{ url: string; asked: string[] }> {
  const asked: string[] = [];
  const server = createServer((incoming, outgoing) => {
    asked.push(`${incoming.method} ${incoming.url}`);
    const onward = request(incoming.url ?? "", { method: incoming.method, headers: incoming.headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 500, answer.headers);
      answer.pipe(outgoing);
    });
    incoming.pipe(onward);
  });
  server.on("connect", (incoming, socket) => {
    asked.push(`CONNECT ${incoming.url}`);
    if (refuse) return socket.end("HTTP/1.1 407 Proxy Authentication Required\r\n\r\n");
    const onward = connect(Number(new URL(target).port), "127.0.0.1", () => {
      socket.write("HTTP/1.1 200 OK\r\n\r\n");
      onward.pipe(socket).pipe(onward);
    });
    onward.on("error", () => socket.destroy());
    return socket.on("error", () => onward.destroy());
  });
  return { url: await listen(server), asked };
}

const variables = ["http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "no_proxy", "NO_PROXY"];

beforeEach(() => {
  for (const name of variables) vi.stubEnv(name, undefined);
});
afterEach(() => {
  vi.unstubAllEnvs();
});

describe("a proxy", () => {
  it.each(["HTTP_PROXY", "http_proxy"])("named by %s is used", async (name) => {
    const server = await serve((response) => json(response, 200, workspace));
    const proxy = await proxyTo(server.url);
    vi.stubEnv(name, proxy.url);
    const client = clientOf(server);
    expect(await client.getWorkspace(workspaceId)).toEqual(workspace);
    expect(proxy.asked).toHaveLength(1);
    expect(proxy.asked[0]).toContain(new URL(server.url).host);
  });

  it("is left out where NO_PROXY says so", async () => {
    const server = await serve((response) => json(response, 200, workspace));
    const proxy = await proxyTo(server.url);
    vi.stubEnv("HTTP_PROXY", proxy.url);
    vi.stubEnv("NO_PROXY", "127.0.0.1");
    await clientOf(server).getWorkspace(workspaceId);
    expect(proxy.asked).toEqual([]);
    expect(server.seen).toHaveLength(1);
  });

  it("that refuses is told apart from the API, and its password is never shown", async () => {
    const proxy = await proxyTo("http://127.0.0.1:1", true);
    vi.stubEnv("HTTPS_PROXY", proxy.url.replace("//", "//user:proxy-password@"));
    const client = clientOf({ url: "https://api.example.test" }, { maxAttempts: 1 });
    const error = await failureOf(client.createWorkspace({ slug: "c", name: "C", environment: "staging" }));
    expect(error).toMatchObject({ name: "TransportError", reason: "proxy", outcome: "not-sent" });
    expect(error.message).toContain("A proxy is set by HTTP_PROXY or HTTPS_PROXY");
    expect(proxy.asked).toEqual(["CONNECT api.example.test:443"]);
    expect(redact("the proxy-password")).toBe("the [redacted]");
  });

  it("that is not there is named as what may be wrong", async () => {
    const gone = await proxyTo("http://127.0.0.1:1");
    vi.stubEnv("HTTPS_PROXY", "http://127.0.0.1:1");
    const client = clientOf({ url: "https://api.example.test" }, { maxAttempts: 1 });
    const error = await failureOf(client.getWorkspace(workspaceId));
    expect(error.message).toContain("A proxy is set by HTTP_PROXY or HTTPS_PROXY");
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
