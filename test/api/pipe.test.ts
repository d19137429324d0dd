import type { ServerResponse } from "node:http";
import { describe, expect, it } from "vitest";
import { clientOf, json, serve, workspace, workspaceId } from "./server.js";

const AT_ONCE = 4;
const CALLS = 20;

describe("the connections of a client", () => {
  it("are all at work until the last calls, and a call begins as soon as another has ended", async () => {
    const held: ServerResponse[] = [];
    const fullAt: number[] = [];
    let begun = 0;
    const server = await serve((response) => {
      begun += 1;
      held.push(response);
      fullAt.push(held.length);
      // Answers one only once no more can come, so a connection that stays idle would end the test in its timeout.
      if (held.length === AT_ONCE || begun === CALLS) json(held.shift() as ServerResponse, 200, workspace);
      if (begun === CALLS) for (const rest of held.splice(0)) json(rest, 200, workspace);
    });
    const client = clientOf(server, { maxConcurrency: AT_ONCE });
    await Promise.all(Array.from({ length: CALLS }, () => client.getWorkspace(workspaceId)));
    expect(fullAt).toEqual([1, 2, 3, ...Array(CALLS - 3).fill(AT_ONCE)]);
  });

  it("are held up by a slow answer one at a time: the others go on", async () => {
    let slow: ServerResponse | undefined;
    const server = await serve((response) => {
      if (!slow) slow = response;
      else json(response, 200, workspace);
    });
    const client = clientOf(server, { maxConcurrency: 2 });
    let slowIsThere = false;
    const first = client.getWorkspace(workspaceId).then(() => {
      slowIsThere = true;
    });
    await Promise.all(Array.from({ length: CALLS }, () => client.getWorkspace(workspaceId)));
    expect(slowIsThere).toBe(false);
    json(slow as ServerResponse, 200, workspace);
    await first;
  });
});
