import { Pool } from "undici";
import { bench, describe } from "vitest";
import { AmigoClient } from "../../src/api/index.js";
import { startFixture } from "../fixture/process.js";
import { fleet } from "../fleet.js";

const { workspaceId, agentId, contextGraphId } = fleet(0);
const AT_ONCE = 16;

// Benchmarks have no hooks that run before them, so the first to ask starts the server, which ends with this process.
let opened: ReturnType<typeof open> | undefined;

async function open() {
  const fixture = await startFixture(0);
  const client = new AmigoClient({ baseUrl: fixture.url, apiKey: () => "amigo-bench-key" });
  const pool = new Pool(fixture.url, { connections: AT_ONCE });
  const body = { name: "Desk", agent_id: agentId, context_graph_id: contextGraphId };
  return { client, pool, id: (await client.createService(workspaceId, body)).id };
}

const sixteen = (call: () => Promise<unknown>) => Promise.all(Array.from({ length: AT_ONCE }, call));

// The difference between the two is what the client adds; `npm run bench` prints it as CPU time of one request.
describe("16 requests at once, server without latency", () => {
  bench("client", async () => {
    opened ??= open();
    const { client, id } = await opened;
    await sixteen(() => client.getService(workspaceId, id));
  });
  bench("connection pool alone", async () => {
    opened ??= open();
    const { pool, id } = await opened;
    await sixteen(async () => {
      const { body } = await pool.request({ method: "GET", path: `/v1/${workspaceId}/services/${id}` });
      return JSON.parse(await body.text());
    });
  });
});
