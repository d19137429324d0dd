import { readFileSync } from "node:fs";
import * as path from "node:path";
import { expect, test } from "vitest";
import { repositoryRoot } from "../../lab/root.js";
import { dialectNames } from "../../src/emulator/index.js";
import { startApi } from "./support.js";

const page = readFileSync(path.join(repositoryRoot, "docs", "emulator.md"), "utf8");

test("docs/emulator.md has a row for each dialect, fault and control route, and no other", () => {
  expect(rowsBelow("Dialects")).toEqual(dialectNames);
  const faults = textOf("faults.ts")
    .match(/(?<=\| \{ kind: ")\w+/g)
    ?.filter((kind) => kind !== "call");
  expect(rowsBelow("Faults").filter((name) => faults?.includes(name))).toEqual(faults);
  const routes = [...textOf("control.ts").matchAll(/control\.\w+\("(\/\w+)"/g)].map(
    ([, route]) => `/__emulator${route}`,
  );
  expect(new Set(rowsBelow("Control routes"))).toEqual(new Set(routes));
});

test("the fault rules of docs/emulator.md are taken as they stand", async () => {
  const { emulator } = await startApi();
  const [, rules] = /__emulator\/faults -d '(.*?)'/s.exec(page) ?? [];
  const answer = await fetch(`${emulator.url}/__emulator/faults`, { method: "PUT", body: rules });
  expect([answer.status, await answer.json()]).toEqual([200, { ids: ["fault-1", "fault-2"] }]);
  const limits = [{ requests: 10, perMs: 1000, retryAfter: "seconds" }, undefined];
  for (const [, dialects] of page.matchAll(/__emulator\/dialect -d '(.*?)'/gs)) {
    expect((await fetch(`${emulator.url}/__emulator/dialect`, { method: "PUT", body: dialects })).status).toBe(200);
    expect(emulator.dialect).toMatchObject({ getLagMs: 500, rateLimit: limits.shift() });
  }
  expect(limits).toEqual([]);
});

/** The first cells of the tables of a section. */
function rowsBelow(heading: string): string[] {
  const section = page.split(/^## /m).find((text) => text.startsWith(heading)) ?? "";
  return [...section.matchAll(/^\| `([^`]+)`/gm)].map(([, name = ""]) => name).filter((name) => name !== "kind");
}

function textOf(file: string): string {
  return readFileSync(path.join(repositoryRoot, "src", "emulator", file), "utf8");
}
