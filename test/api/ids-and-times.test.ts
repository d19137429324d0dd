import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type AmigoClient, canonicalId, timeOf } from "../../src/api/index.js";
import { isOlderThan } from "../../src/api/times.js";
import {
  binding,
  clientOf,
  failureOf,
  json,
  serve,
  service,
  serviceId,
  useCase,
  useCaseId,
  workspace,
  workspaceId,
} from "./server.js";

const isId = /^[0-9a-f]{8}-[0-9a-f]{4}-/;

/** The same value with all its ids in capitals. */
function capitals<T>(value: T): T {
  return JSON.parse(JSON.stringify(value), (_key, inner) =>
    typeof inner === "string" && isId.test(inner) ? inner.toUpperCase() : inner,
  );
}

describe("an id", () => {
  it("is in lower case if it is a UUID, and else as it is", () => {
    expect(canonicalId("08652C6D-1111-4222-8333-44445555ABCD")).toBe("08652c6d-1111-4222-8333-44445555abcd");
    for (const text of ["", "ABC", " 08652C6D-1111-4222-8333-44445555ABCD", "08652C6D-1111-4222-8333-44445555ABCDE"]) {
      expect(canonicalId(text)).toBe(text);
    }
  });

  const persona = { ...service, persona_id: "51111111-2222-4333-8444-5555abcdef01" };
  const page = (item: object) => ({ items: [item], has_more: false });
  const upper = { w: workspaceId.toUpperCase(), s: serviceId.toUpperCase(), u: useCaseId.toUpperCase() };
  it.each<[string, object, (client: AmigoClient) => Promise<unknown>]>([
    ["a workspace", workspace, (client) => client.getWorkspace(upper.w)],
    [
      "a provisioned workspace",
      { workspace },
      async (client) => ({ workspace: await client.provisionWorkspace(upper.w) }),
    ],
    ["a service", persona, (client) => client.getService(upper.w, upper.s)],
    ["a list of services", page(persona), (client) => client.listServicesPage(upper.w)],
    ["a list of use cases", page(useCase), async (client) => page((await client.listUseCases(upper.w))[0] ?? {})],
    ["a binding", binding, (client) => client.getServiceBinding(upper.w, upper.u)],
    ["a new binding", binding, (client) => client.bindUseCase(upper.w, upper.u, upper.s)],
  ])("in capitals in the answer of %s is the same, and goes into the path in lower case", async (_name, answer, call) => {
    const server = await serve((response) => json(response, 200, capitals(answer)));
    expect(await call(clientOf(server))).toMatchObject(answer);
    expect(server.seen[0]?.path).toBe(server.seen[0]?.path.toLowerCase());
  });
});

const forms = [
  "2026-03-29T02:30:00",
  "2026-03-29T02:30:00.000",
  "2026-03-29T02:30:00.000000",
  "2026-03-29 02:30:00",
  "2026-03-29 02:30",
  " 2026-03-29T02:30:00 ",
  "2026-03-29T02:30:00Z",
  "2026-03-29T02:30:00z",
  "2026-03-29T04:30:00+02:00",
  "2026-03-28T19:30:00-0700",
  "2026-03-29 02:30:00+00:00",
  "Sun, 29 Mar 2026 02:30:00 GMT",
  "Sun, 29 Mar 2026 02:30:00",
  "Sun, 29 Mar 2026 04:30:00 +0200",
];

describe("a time of an answer", () => {
  it.each(["America/Los_Angeles", "Europe/Berlin", "Asia/Kathmandu", "UTC"])("means the same in %s", (TZ) => {
    const program = [
      `const { timeOf } = require(${JSON.stringify(join(__dirname, "../../src/api/times.ts"))});`,
      `const local = new Date("2026-03-29T02:30:00").getTime();`,
      `console.log(JSON.stringify({ local, times: ${JSON.stringify(forms)}.map(timeOf) }));`,
    ].join("\n");
    const output = execFileSync(process.execPath, ["--import", "tsx", "-e", program], { env: { ...process.env, TZ } });
    const { local, times } = JSON.parse(String(output));
    const expected = Date.UTC(2026, 2, 29, 2, 30);
    expect(local === expected).toBe(TZ === "UTC");
    expect(times).toEqual(forms.map(() => expected));
  });

  it("is read alike in all its forms", () => {
    expect(forms.map((text) => [text, timeOf(text)])).toEqual(
      forms.map((text) => [text, Date.UTC(2026, 2, 29, 2, 30)]),
    );
    expect(timeOf("2026-03-29 02:30:00,250")).toBe(Date.UTC(2026, 2, 29, 2, 30, 0, 250));
    expect(timeOf("2026-03-29t02:30:00.5")).toBe(Date.UTC(2026, 2, 29, 2, 30, 0, 500));
    expect(timeOf("Sun, 29 Mar 2026 02:30:00 utc")).toBe(Date.UTC(2026, 2, 29, 2, 30));
  });

  it("is older than a request by more than five seconds, or cannot be told", () => {
    const at = "2026-03-29T02:30:00Z";
    const sent = Date.parse(at);
    expect([4_999, 5_000, 5_001].map((later) => isOlderThan(at, sent + later))).toEqual([false, false, true]);
    expect(isOlderThan(at, sent - 1)).toBe(false);
    expect(isOlderThan("soon", sent)).toBe(true);
  });

  it("is a day in UTC, or no time", () => {
    expect(timeOf("2026-03-29")).toBe(Date.UTC(2026, 2, 29));
    for (const text of ["", "soon", "2026-13-40T00:00:00"]) expect(timeOf(text)).toBeNaN();
  });
});

describe("the name in the answer to a create", () => {
  const body = { name: "", agent_id: service.agent_id, context_graph_id: service.context_graph_id };
  const nfd = "Café Zürich".normalize("NFD");

  it.each([
    [nfd, nfd.normalize("NFC")],
    [nfd.normalize("NFC"), nfd],
    ["Ｄesk ①", "Desk 1"],
    ["Meyer & Söhne", "Meyer &amp; Söhne"],
    ["Meyer & Söhne", "Meyer &amp;amp; S&ouml;hne"],
    ["<Desk> \"A\" 'B'", "&lt;Desk&gt; &quot;A&quot; &#39;B&#x27;"],
    ["a &lt; b", "a < b"],
    ["Desk  A", "desk a"],
    ["Straße", "STRASSE"],
    ["Desk A", "Desk&nbsp;A"],
  ])("%j may come as %j, and the id is kept", async (asked, answered) => {
    const server = await serve((response) => json(response, 201, { ...service, name: answered }));
    const made = await clientOf(server).createService(workspaceId, { ...body, name: asked });
    expect(made).toMatchObject({ id: serviceId, name: answered });
  });

  it("may have other forms in a use case too", async () => {
    const server = await serve((response) =>
      json(response, 201, { ...useCase, name: "Re&amp;Co", entity_name: nfd.normalize("NFC") }),
    );
    const { channel, setup_id } = useCase;
    const asked = { channel: channel as "inbound_voice", entity_name: nfd, name: "Re&Co", setup_id };
    expect(await clientOf(server).createUseCase(workspaceId, asked)).toMatchObject({ id: useCaseId });
  });

  it("must not be another one, and the error names the id", async () => {
    const server = await serve((response) => json(response, 201, { ...service, name: "Billing" }));
    const error = await failureOf(clientOf(server).createService(workspaceId, { ...body, name: "Desk" }));
    expect(error).toMatchObject({ name: "ResponseError", problem: "identity", field: "name", outcome: "unknown" });
    expect(error.message).toContain(
      `name is "Billing", but the request was about "Desk"; the answer's id is "${serviceId}"`,
    );
  });

  it("does not count where the id is none", async () => {
    const server = await serve((response) => json(response, 201, { ...service, id: "7", name: nfd }));
    const error = await failureOf(clientOf(server).createService(workspaceId, { ...body, name: nfd.normalize("NFC") }));
    expect(error).toMatchObject({ problem: "identity", field: "id" });
  });
});
