import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Boundary, boundaryText } from "../campaigns/kill/boundary.js";
import { Stage } from "../campaigns/kill/stage.js";

/** A selection of what `npm run kill` tries everywhere: creates that were carried out and never answered. */
const selection: Boundary[] = (
  [
    ["cli", "create-self-service-workspace"],
    ["provider", "create-service"],
    ["cli", "create-use-case"],
  ] as const
).map(([victim, operation]) => ({ phase: "deploy", victim, when: "after", request: 1, operation }));

describe("a run that is killed", () => {
  let stage: Stage;
  let failed = false;
  beforeAll(async () => {
    stage = await Stage.open("kill");
  });
  afterAll(() => stage?.close({ keep: failed }));

  for (const boundary of selection) {
    it(`doubles and loses nothing after one recover and one up: ${boundaryText(boundary)}`, async () => {
      failed = true;
      const { struck, recovered, failures } = await stage.kill(boundary);
      expect(failures).toEqual([]);
      expect(struck).toBe(boundary.operation);
      expect(recovered).toContainEqual(expect.stringMatching(boundary.victim === "cli" ? /adopted$/ : /handed over$/));
      failed = false;
    });
  }
});
