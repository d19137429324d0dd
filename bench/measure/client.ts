import { Pool } from "undici";
import { AmigoClient } from "../../src/api/index.js";
import { startFixture } from "../fixture/process.js";
import { fleet } from "../fleet.js";
import type { ClientCost } from "../results.js";

const AT_ONCE = 16;

/** CPU time of this process for one GET of a service through the client, and through the bare connection pool. */
export async function measureClient(requests = 4000): Promise<ClientCost> {
  const fixture = await startFixture(0);
  const { workspaceId, agentId, contextGraphId } = fleet(0);
  const client = new AmigoClient({ baseUrl: fixture.url, apiKey: () => "amigo-bench-key" });
  const pool = new Pool(fixture.url, { connections: AT_ONCE });
  try {
    const body = { name: "Desk", agent_id: agentId, context_graph_id: contextGraphId };
    const { id } = await client.createService(workspaceId, body);
    const through = {
      client: () => client.getService(workspaceId, id),
      pool: async () => {
        const { body: answer } = await pool.request({ method: "GET", path: `/v1/${workspaceId}/services/${id}` });
        return JSON.parse(await answer.text());
      },
    };
    const cost = async (call: () => Promise<unknown>) => {
      await repeat(call, requests / 4);
      const before = process.cpuUsage();
      await repeat(call, requests);
      const { user, system } = process.cpuUsage(before);
      return (user + system) / 1000 / requests;
    };
    // Twice, in both orders, so that neither pays for what warms up.
    const client1 = await cost(through.client);
    const pool1 = await cost(through.pool);
    const pool2 = await cost(through.pool);
    const client2 = await cost(through.client);
    return { requests, client: Math.min(client1, client2), pool: Math.min(pool1, pool2) };
  } finally {
    await Promise.all([client.close(), pool.close()]);
    await fixture.stop();
  }
}

async function repeat(call: () => Promise<unknown>, times: number): Promise<void> {
  let left = times;
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      while (left-- > 0) await call();
    }),
  );
}
