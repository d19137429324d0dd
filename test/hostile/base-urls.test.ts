import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { inspect } from "node:util";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { AmigoClient, SettingsError } from "../../src/api/index.js";
import { dynamicProvider } from "../../src/engine/provider/adapter.js";
import { ProviderContext } from "../../src/engine/provider/context.js";
import { Journal } from "../../src/engine/provider/journal.js";
import { readSettings } from "../../src/engine/settings.js";
import { lifecycles } from "../../src/resources/index.js";
import fc from "../support/random.js";
import { kinds, right } from "./scene.js";

const PASSWORD = "hunter2-hunter2-hunter2";
let asked = 0;
const server = createServer((_request, response) => {
  asked += 1;
  response.end();
});
let port = 0;

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  port = (server.address() as AddressInfo).port;
});
afterAll(() => server.close());

const refused = [
  `https://user:${PASSWORD}@api.example`,
  `https://${PASSWORD}@api.example`,
  `https://:${PASSWORD}@api.example`,
  `https:///user:${PASSWORD}@api.example`,
  `https:////user:${PASSWORD}@api.example/v1`,
  `http:/\\user:${PASSWORD}@127.0.0.1`,
  `https:user:${PASSWORD}@api.example`,
  `https://user:${PASSWORD}@api.example:port`,
  `https://user:${PASSWORD}@ho st.example`,
  `https://user:${PASSWORD}@[::1`,
  `https://us%40er:${PASSWORD}@api.example`,
  `http://user:${PASSWORD}@127.0.0.1:PORT`,
  `HTTPS://user:${PASSWORD}@API.EXAMPLE`,
  `ftp://user:${PASSWORD}@api.example`,
  `//user:${PASSWORD}@api.example`,
  `user:${PASSWORD}@api.example`,
  `javascript:alert("${PASSWORD}")`,
  `data:text/plain,${PASSWORD}`,
  `file:///etc/${PASSWORD}`,
  `https://api.example?key=${PASSWORD}`,
  `https://api.example/#${PASSWORD}`,
  `https://api.example/a?`,
  "http://api.example",
  "http://localhost.",
  "http://localhost.example",
  "http://127.0.0.1.example",
  "http://[::ffff:127.0.0.1]:PORT",
  "http://[::]:PORT",
  "http://0.0.0.0:PORT",
  "http://0:PORT",
  "http://[fe80::1%25eth0]:PORT",
  "http://128.0.0.1",
  "http://１２７.0.0.2.example",
  "unix:/var/run/amigo.sock",
  "ws://127.0.0.1:PORT",
  "https://",
  "https://:443",
  "https://api.example:99999",
  "https://api example",
  "https://api\u0000.example",
  "https://api.example\r\nx-evil: 1",
  "https://\u202eapi.example",
];

const taken = [
  "https://api.example.",
  "https://api.example./v1/",
  "https://[2001:db8::1]:8443/a",
  "https://bücher.example",
  "https://api.example/../..//a/%2e%2e/b",
  "http://127.1:PORT",
  "http://0x7f.0.0.1:PORT",
  "http://[::1]:PORT",
  "http://LOCALHOST:PORT",
];

const here = (text: string) => text.replace("PORT", String(port));

/** What the engine would see of a stack with this address: the failures of each kind's check, and of what follows none the less. */
async function failuresOf(baseUrl: string): Promise<{ check: string; rest: string }> {
  const settings = readSettings({
    config: (name) => ({ baseUrl, apiKey: "a-key-of-16-chars", maxAttempts: "1", settleSeconds: "0" })[name],
    environment: {},
    explicit: true,
  });
  const said: string[] = [];
  const warn = (message: string) => void said.push(message);
  const context = new ProviderContext(settings, warn, new Journal(settings.baseUrl, warn));
  const check: string[] = [];
  for (const kind of kinds) {
    const provider = dynamicProvider(lifecycles[kind], async () => context);
    const { failures = [] } = await provider.check({}, { ...right[kind] });
    expect(failures.length, `${kind} at ${baseUrl}`).toBeGreaterThan(0);
    check.push(...failures.map(({ property, reason }) => `${property}: ${reason}`));
    const calls = [
      () => provider.create({ ...right[kind] }),
      () => provider.read(right.versionSet.serviceId as string, { ...right[kind] }),
      () => provider.delete(right.versionSet.serviceId as string, { ...right[kind] }),
    ];
    for (const call of calls) said.push(inspect(await call().catch((error: unknown) => error), { depth: 9 }));
  }
  await context.close();
  return { check: check.join("\n"), rest: said.join("\n") };
}

test("an address that would lead the key astray is refused in check, and by whatever comes without one", async () => {
  const home = mkdtempSync(path.join(tmpdir(), "amigo-"));
  vi.stubEnv("PULUMI_HOME", home);
  try {
    for (const text of refused.map(here)) {
      const { check, rest } = await failuresOf(text);
      expect(check, text).toMatch(/The base URL (contains|uses|is not).*AMIGO_BASE_URL/);
      expect(check + rest, text).not.toContain(PASSWORD);
      expect(() => new AmigoClient({ baseUrl: text, apiKey: () => "k" }), text).toThrow(SettingsError);
    }
    // The journal has a file for each server, which is named after its address.
    const files = readdirSync(home, { recursive: true }).map(String);
    expect(files.join("\n")).not.toContain(PASSWORD);
    expect(files.some((file) => file.endsWith(".jsonl"))).toBe(true);
    expect(asked).toBe(0);
  } finally {
    vi.unstubAllEnvs();
    rmSync(home, { recursive: true, force: true });
  }
});

test("odd but harmless addresses are taken, so that the refusals above are not by chance", () => {
  for (const text of taken.map(here)) {
    const { problems } = readSettings({
      config: (name) => (name === "baseUrl" ? text : undefined),
      environment: {},
      explicit: true,
    });
    expect(problems, text).toEqual([]);
  }
});

test("wherever a password stands in an address, it is refused and not repeated", () => {
  const address = fc
    .tuple(
      fc.constantFrom("https:", "http:", "HTTPS:", "", "ftp:"),
      fc.constantFrom("//", "///", "/\\", "\\\\", "", "////"),
      fc.constantFrom("user:", ":", "", "a@", "%75ser:"),
      fc.constantFrom("@", "@@", "@[::1]@", "@@127.0.0.1@"),
      fc.constantFrom("api.example", "127.0.0.1", "[::1]", "localhost", "", "%41pi.example", "."),
      fc.constantFrom("", "/", ":1", ":x", "/v1?", "#", "\n"),
    )
    .map(([scheme, slashes, user, at, host, rest]) => `${scheme}${slashes}${user}${PASSWORD}${at}${host}${rest}`);
  fc.assert(
    fc.property(address, (text) => {
      const { problems } = readSettings({
        config: (name) => (name === "baseUrl" ? text : undefined),
        environment: {},
        explicit: true,
      });
      expect(problems).toEqual([expect.stringMatching(/^The base URL /)]);
      expect(problems.join()).not.toContain(PASSWORD);
    }),
    { numRuns: 400 },
  );
});
