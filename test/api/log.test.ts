import { afterEach, describe, expect, it, vi } from "vitest";
import { isLogLevel, type LogLevel, shownBody } from "../../src/api/log.js";
import { clientOf, failureOf, json, serve, service, serviceId, workspaceId } from "./server.js";

const key = "planted-key-5d41402abc4b2a76";

/** Echoes the key wherever a server can put it. */
async function echoes(level: LogLevel | undefined, status: number) {
  const lines: string[] = [];
  const server = await serve((response, { headers }) => {
    const said = { detail: `bad header ${headers.authorization}`, error_code: key };
    json(response, status, status === 200 ? { ...service, description: key } : said, { "x-request-id": `id-${key}` });
  });
  const options = { apiKey: () => key, log: (line: string) => lines.push(line), maxAttempts: 2 };
  const client = clientOf(server, level === undefined ? options : { ...options, logLevel: level });
  const call = client.updateService(workspaceId, serviceId, { description: `I am ${key}` });
  const error = status === 200 ? void (await call) : await failureOf(call);
  return { lines, error };
}

afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

describe.each<LogLevel>(["off", "debug", "trace"])("at %s", (level) => {
  it.each([200, 401, 409, 422, 500])("no key is in a line or an error, at status %i", async (status) => {
    const { lines, error } = await echoes(level, status);
    const everything = [...lines, error?.message, error?.stack, JSON.stringify(error), String(error?.cause)].join("\n");
    expect(everything).not.toContain(key);
    expect(lines.length > 0).toBe(level !== "off");
  });
});

describe("the log", () => {
  it("has one line per request at debug", async () => {
    const { lines } = await echoes("debug", 503);
    expect(lines).toHaveLength(2);
    for (const [index, line] of lines.entries()) {
      expect(line).toMatch(
        new RegExp(
          `^amigo: PUT /v1/${workspaceId}/services/${serviceId} 503, \\d+ ms, attempt ${index + 1}, request id id-\\[redacted\\]$`,
        ),
      );
    }
  });

  it("has the bodies too at trace", async () => {
    const { lines } = await echoes("trace", 200);
    expect(lines).toHaveLength(3);
    expect(lines[0]).toContain('request body: {"description":"I am [redacted]"}');
    expect(lines[2]).toContain('"description":"[redacted]"');
  });

  it("cuts long bodies", async () => {
    const lines: string[] = [];
    const server = await serve((response) => json(response, 200, { ...service, description: "d".repeat(10_000) }));
    const client = clientOf(server, { logLevel: "trace", log: (line) => lines.push(line) });
    await client.getService(workspaceId, serviceId);
    expect(lines[0]).toContain("request body: (none)");
    expect(lines[2]?.length).toBeLessThan(4400);
  });

  it("redacts a body before it cuts it", async () => {
    const lines: string[] = [];
    const server = await serve((response) => json(response, 200, service));
    const client = clientOf(server, { apiKey: () => key, logLevel: "trace", log: (line) => lines.push(line) });
    for (let before = 4040; before < 4096; before += 5) {
      await client.updateService(workspaceId, serviceId, { description: "d".repeat(before) + key });
    }
    expect(lines.join("\n")).not.toContain(key.slice(0, 5));
  });

  it("shows a body whole up to 4096 characters, and says how long a longer one was", () => {
    expect(["x".repeat(4096), "x".repeat(4097)].map((body) => shownBody(body))).toEqual([
      "x".repeat(4096),
      `${"x".repeat(4096)}… (4097 characters)`,
    ]);
    expect([shownBody(""), shownBody(undefined), shownBody("{}")]).toEqual(["(none)", "(none)", "{}"]);
  });

  it("has three levels", () => {
    const isKnown = ["off", "debug", "trace", "verbose", "", undefined].map(isLogLevel);
    expect(isKnown).toEqual([true, true, true, false, false, false]);
  });

  it("tells why no answer came", async () => {
    const lines: string[] = [];
    const server = await serve((response) => response.socket?.resetAndDestroy());
    const client = clientOf(server, { logLevel: "debug", log: (line) => lines.push(line), maxAttempts: 1 });
    await failureOf(client.getService(workspaceId, serviceId));
    expect(lines).toEqual([expect.stringMatching(/ reset, \d+ ms, attempt 1, request id none$/)]);
  });

  it("is asked for by AMIGO_LOG, and stands on standard error", async () => {
    const written: string[] = [];
    vi.spyOn(process.stderr, "write").mockImplementation((text) => written.push(String(text)) > 0);
    const server = await serve((response) => json(response, 200, service));
    for (const value of ["debug", "off", "nonsense", undefined]) {
      vi.stubEnv("AMIGO_LOG", value);
      await clientOf(server).getService(workspaceId, serviceId);
    }
    expect(written.filter((line) => line.startsWith("amigo: GET "))).toHaveLength(1);
  });
});
