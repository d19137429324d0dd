import { expect, test } from "vitest";
import { loadOperations } from "../../src/emulator/contract.js";
import fc from "../support/random.js";
import { demo, newEmailUseCase, newService, newUseCase, newWorkspace, startApi } from "./support.js";

const bodies = [newService(), newUseCase(), newEmailUseCase(), newWorkspace(), { numbers: ["+15550100"] }];
const writing = loadOperations().filter((operation) => operation.writes && operation.id !== "archive-workspace");

const anyBody = fc.oneof(
  fc.jsonValue(),
  fc
    .tuple(
      fc.constantFrom(...bodies),
      fc.constantFrom("name", "tags", "version_sets", "voice_config", "__proto__"),
      fc.jsonValue(),
    )
    .map(([body, key, value]) => Object.fromEntries([...Object.entries(body), [key, value]])),
);

test("no body crashes the server, breaks the contract or touches another organisation", async () => {
  const api = await startApi();
  const { store } = api.emulator;
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...writing), anyBody, async (operation, body) => {
      const path = operation.path
        .replace("{workspace_id}", demo.workspace)
        .replace("{service_id}", store.services.list().at(-1)?.id ?? "")
        .replace("{use_case_id}", store.useCases.list().at(-1)?.id ?? demo.workspace)
        .replace("{name}", "pilot");
      const response = await fetch(api.emulator.url + path, {
        method: operation.method,
        headers: { authorization: "Bearer amigo-demo-key", "content-type": "application/json" },
        body: JSON.stringify(body),
      });
      expect(response.status).toBeLessThan(500);
      await response.text();
    }),
    { numRuns: 150 },
  );
  expect(api.emulator.requests.filter((entry) => entry.error !== undefined)).toEqual([]);
  expect(api.emulator.requests.some((entry) => entry.committed)).toBe(true);
  expect(store.workspaces.list().every((workspace) => workspace.organisation_id === demo.organisation)).toBe(true);
});
