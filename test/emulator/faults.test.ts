import { describe, expect, test } from "vitest";
import { type FaultAction, FaultInjector, type FaultRule } from "../../src/emulator/index.js";
import { RequestLog } from "../../src/emulator/log.js";
import { demo, newService, servicesPath, startApi, type TestApi, useCasesPath } from "./support.js";

const create = (action: FaultAction, when: "before" | "after" = "before"): FaultRule => ({
  operation: "create-service",
  times: 1,
  when,
  action,
});

const made = (api: TestApi) => api.emulator.store.services.list().length - 1;

describe("before and after the commit", () => {
  test.each([
    ["before", 0, false],
    ["after", 1, true],
  ] as const)("reset %s", async (when, count, committed) => {
    const api = await startApi({ faults: [create({ kind: "reset" }, when)] });
    await expect(api.post(servicesPath, newService())).rejects.toThrow("fetch failed");
    expect(made(api)).toBe(count);
    expect(api.emulator.requests[0]).toMatchObject({ status: 0, committed, faults: ["fault-1"] });
    expect((await api.post(servicesPath, newService({ name: "Next" }))).status).toBe(201);
  });

  test.each([
    ["before", 0],
    ["after", 1],
  ] as const)("status %s, with the contract's words", async (when, count) => {
    const rule = { operation: ["create-use-case"], when, action: { kind: "status", status: 502 } as const };
    const api = await startApi({ faults: [rule] });
    const body = { channel: "inbound_voice", entity_name: "A", name: "B", setup_id: demo.setups.voiceApproved };
    const reply = await api.post(useCasesPath, body);
    expect([reply.status, reply.body.detail]).toEqual([502, "Channel manager unavailable."]);
    expect(api.emulator.store.useCases.list()).toHaveLength(count);
  });

  test("status with headers and a body of its own", async () => {
    const action: FaultAction = { kind: "status", status: 503, headers: { "retry-after": "7" }, body: { up: false } };
    const api = await startApi({ faults: [create(action)] });
    const reply = await api.post(servicesPath, newService());
    expect([reply.status, reply.body, reply.headers.get("retry-after")]).toEqual([503, { up: false }, "7"]);
  });

  test("lateCommit answers first and does the work later", async () => {
    const api = await startApi({ faults: [create({ kind: "lateCommit", delayMs: 500, status: 504 })] });
    expect((await api.post(servicesPath, newService())).status).toBe(504);
    expect(made(api)).toBe(0);
    await expect.poll(() => made(api)).toBe(1);
    expect(api.emulator.requests[0]?.committed).toBe(true);
  });

  test.each([
    ["before", 0],
    ["after", 1],
  ] as const)("stallHeaders %s holds the answer back", async (when, count) => {
    const api = await startApi({ faults: [create({ kind: "stallHeaders", ms: 600 }, when)] });
    const startedAt = performance.now();
    const reply = api.post(servicesPath, newService());
    await expect.poll(() => api.emulator.requests[0]?.faults).toEqual(["fault-1"]);
    expect([made(api), api.emulator.requests[0]?.status]).toEqual([count, 0]);
    expect((await reply).status).toBe(201);
    expect(performance.now() - startedAt).toBeGreaterThan(590);
  });

  test.each(["before", "after"] as const)("call %s runs a function of the test", async (when) => {
    const seen: [string, number][] = [];
    const action: FaultAction = {
      kind: "call",
      fn: ({ store, request }) => void seen.push([request.operation ?? "", store.services.list().length]),
    };
    const api = await startApi({ faults: [create(action, when)] });
    await api.service();
    expect(seen).toEqual([["create-service", when === "before" ? 1 : 2]]);
  });
});

describe("the answer's shape", () => {
  const send = (api: TestApi) =>
    fetch(api.emulator.url + servicesPath, {
      method: "POST",
      headers: { authorization: "Bearer amigo-demo-key", "content-type": "application/json" },
      body: JSON.stringify(newService()),
    });

  test("stallBody sends the headers at once", async () => {
    const api = await startApi({ faults: [create({ kind: "stallBody", ms: 500 })] });
    const response = await send(api);
    const headersAt = performance.now();
    expect(response.status).toBe(201);
    expect(await response.json()).toMatchObject({ name: "Scheduling line" });
    expect(performance.now() - headersAt).toBeGreaterThan(200);
  });

  test("drip sends the body slowly, but whole", async () => {
    const api = await startApi({ faults: [create({ kind: "drip", bytesPerSecond: 4000 })] });
    const startedAt = performance.now();
    const text = await (await send(api)).text();
    const expected = (text.length / 4000) * 1000;
    expect(JSON.parse(text).name).toBe("Scheduling line");
    expect(performance.now() - startedAt).toBeGreaterThan(expected * 0.8);
  });

  test("truncate cuts the body after the commit", async () => {
    const api = await startApi({ faults: [create({ kind: "truncate" })] });
    const response = await send(api);
    expect(response.status).toBe(201);
    await expect(response.text()).rejects.toThrow("terminated");
    expect(made(api)).toBe(1);
  });

  test("contentType lies about the body, or replaces it", async () => {
    const page = "<html>welcome</html>";
    const api = await startApi({ faults: [create({ kind: "contentType", value: "text/html", body: page })] });
    const response = await send(api);
    expect([response.status, response.headers.get("content-type")]).toEqual([201, "text/html"]);
    expect(await response.text()).toBe(page);
    expect(made(api)).toBe(1);
  });
});

describe("lists", () => {
  const rule = (action: FaultAction): FaultRule => ({
    operation: ["list-services", "list-use-cases"],
    when: "before",
    action,
  });

  async function scan(api: TestApi): Promise<string[]> {
    const first = await api.get(`${servicesPath}?limit=2&sort_by=name`);
    const second = await api.get(`${servicesPath}?limit=2&sort_by=name&continuation_token=2`);
    return [...first.body.items, ...second.body.items].map((item: { name: string }) => item.name);
  }

  test.each([
    [undefined, ["A", "B", "D", "Platform Assistant"]],
    [-1, ["A", "B", "B", "C"]],
  ])("pageShift by %s", async (by, names) => {
    const api = await startApi();
    for (const name of ["A", "B", "C", "D"]) await api.service({ name });
    expect(await scan(api)).toEqual(["A", "B", "C", "D"]);
    api.emulator.faults.add(rule({ kind: "pageShift", by }));
    expect(await scan(api)).toEqual(names);
  });

  test("repeatToken claims more and names the same page", async () => {
    const api = await startApi({ faults: [rule({ kind: "repeatToken" })] });
    const { body } = await api.get(`${servicesPath}?continuation_token=0`);
    expect([body.has_more, body.continuation_token]).toEqual([true, 0]);
  });

  test("staleList shows the past, for the requests that it strikes", async () => {
    const api = await startApi({ faults: [{ ...rule({ kind: "staleList", ms: 5000 }), times: 1 }] });
    await api.service();
    expect((await api.get(servicesPath)).body.total).toBe(1);
    expect((await api.get(servicesPath)).body.total).toBe(2);
  });
});

describe("rules", () => {
  const request = (log: RequestLog, method: string, path: string, operation?: string) =>
    log.open(method, path, operation);
  const reset = { when: "before", action: { kind: "reset" } } as const;

  test("match by operation, method and path", () => {
    const log = new RequestLog();
    const injector = new FaultInjector([{ ...reset, method: "post", path: /use-cases$/g }]);
    const struck = ["POST /v1/w/use-cases", "GET /v1/w/use-cases", "POST /v1/w/services", "POST /v1/w/use-cases"].map(
      (line) => {
        const [method = "", path = ""] = line.split(" ");
        return injector.strike(request(log, method, path), "before").length;
      },
    );
    expect(struck).toEqual([1, 0, 0, 1]);
  });

  test("skip and times count matching requests", () => {
    const log = new RequestLog();
    const injector = new FaultInjector([{ ...reset, operation: "get-service", skip: 1, times: 2 }]);
    const operations = ["get-service", "list-services", "get-service", "get-service", "get-service"];
    const struck = operations.map((operation) => injector.strike(request(log, "GET", "/", operation), "before").length);
    expect(struck).toEqual([0, 0, 1, 1, 0]);
    expect(injector.list()[0]).toMatchObject({ matched: 4, struck: 2 });
  });

  test("the same seed strikes the same requests, another seed others", () => {
    const pattern = (seed: number) => {
      const log = new RequestLog();
      const injector = new FaultInjector([{ ...reset, probability: 0.3 }], seed);
      return Array.from({ length: 200 }, () => injector.strike(request(log, "GET", "/"), "before").length).join("");
    };
    expect(pattern(7)).toBe(pattern(7));
    expect(pattern(7)).not.toBe(pattern(8));
    const share = [...pattern(7)].filter((bit) => bit === "1").length / 200;
    expect(share).toBeGreaterThan(0.2);
    expect(share).toBeLessThan(0.4);
  });

  test("can be added, replaced and removed at run time", async () => {
    const api = await startApi();
    const { faults } = api.emulator;
    const id = faults.add({ id: "mine", when: "before", action: { kind: "status", status: 503 } });
    expect((await api.get("/v1/workspaces")).status).toBe(503);
    faults.add({ id, when: "before", action: { kind: "status", status: 500 } });
    expect((await api.get("/v1/workspaces")).status).toBe(500);
    expect([faults.remove(id), faults.remove(id)]).toEqual([true, false]);
    expect((await api.get("/v1/workspaces")).status).toBe(200);
  });
});

test("latency is added to every request", async () => {
  const api = await startApi({ latencyMs: 80 });
  await api.get("/v1/workspaces");
  expect(api.emulator.requests[0]?.ms).toBeGreaterThanOrEqual(79);
});

test("many requests may be held back at once, without a warning", async () => {
  const warnings: string[] = [];
  const listen = (warning: Error) => warnings.push(warning.name);
  process.on("warning", listen);
  try {
    const api = await startApi({ latencyMs: 80 });
    await Promise.all(Array.from({ length: 30 }, () => api.get("/v1/workspaces")));
    expect(warnings).toEqual([]);
  } finally {
    process.off("warning", listen);
  }
});

test("what a test's own action throws is a 500 and stands in the log", async () => {
  const api = await startApi();
  const fail = () => {
    throw new Error("test's own");
  };
  api.emulator.faults.add(create({ kind: "call", fn: fail }));
  expect((await api.post(servicesPath, newService())).status).toBe(500);
  expect(api.emulator.requests[0]?.error).toContain("test's own");
  api.emulator.clearRequests();
});

test("closing does not wait for stalled requests, and they do nothing any more", async () => {
  const api = await startApi({ faults: [create({ kind: "stallHeaders", ms: 60_000 })] });
  const stalled = api.post(servicesPath, newService()).catch((error: Error) => error.message);
  await expect.poll(() => api.emulator.requests.length).toBe(1);
  const startedAt = performance.now();
  await api.emulator.close();
  expect(performance.now() - startedAt).toBeLessThan(20_000);
  expect(await stalled).toBe("fetch failed");
  expect(made(api)).toBe(0);
});
