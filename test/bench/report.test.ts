import { expect, it } from "vitest";
import { marks } from "../../bench/marks.js";
import { intoPage, markdown } from "../../bench/report/markdown.js";
import { plot } from "../../bench/report/svg.js";
import { tables } from "../../bench/report/tables.js";
import type { Cell, ProcessCost, Results } from "../../bench/results.js";

const cell = (subject: string, size: number, step: Cell["step"], seconds: number, more: Partial<Cell> = {}): Cell => ({
  ...{ subject, size, step, run: 1, seconds },
  ...{ operations: {}, peakConcurrency: 1, bytes: 0, ...more },
});

const results = (cells: Cell[], more: Partial<Results> = {}): Results => ({
  ...{ command: "npm run bench", date: "2026-01-01", latencyMs: 50, parallel: 16 },
  machine: { processor: "a processor", cores: 2, node: "v20.20.0", engine: "3.259.0", load: [0, 0] },
  ...{ cells, processes: [], starts: [], ...more },
});

const found = (measured: Results, promise: string) =>
  marks(measured).find((mark) => mark.promise.startsWith(promise)) ?? { promise: "there is no such mark" };

it("takes the fastest run of each, and says which marks are met", () => {
  const slow = results([
    cell("ours", 100, "create", 50),
    cell("ours", 100, "create", 9),
    cell("documented", 100, "create", 20),
  ]);
  expect(found(slow, "create at 100: at most 0.4")).toMatchObject({ met: false, found: "0.45 (9.0 s against 20.0 s)" });
  const fast = results([cell("ours", 100, "create", 8), cell("documented", 100, "create", 20)]);
  expect(found(fast, "create at 100: at most 0.4").met).toBe(true);
  expect(found(fast, "create at 300: at most 0.25")).not.toHaveProperty("found");
});

it("compares only rounds in which both took part", () => {
  const alone = cell("ours", 300, "create", 10, { run: 2 });
  const together = [cell("ours", 300, "create", 30), cell("documented", 300, "create", 100)];
  expect(found(results([...together, alone]), "create at 300: at most 0.25").found).toBe(
    "0.30 (30.0 s against 100.0 s)",
  );
  expect(
    found(results([alone, cell("documented", 300, "create", 100)]), "create at 300: at most 0.25"),
  ).not.toHaveProperty("found");
});

it("scales what Terraform took elsewhere, and takes what it took here where it ran", () => {
  const cells = [cell("ours", 100, "create", 8), cell("documented", 100, "create", 40.2)];
  // Measured elsewhere: the documented provider 20.1 s, Terraform 9.4 s.
  expect(found(results(cells), "create at 100: at most 0.85 of Terraform (scaled)").found).toBe(
    "0.43 (8.0 s against 18.8 s)",
  );
  const measured = results([...cells, cell("terraform", 100, "create", 16)]);
  expect(found(measured, "create at 100: at most 0.85 of Terraform").found).toBe("0.50 (8.0 s against 16.0 s)");
});

it("counts requests, every run of them", () => {
  const refresh = (operations: Cell["operations"]) => cell("ours", 30, "refresh", 1, { operations });
  const fewest = refresh({ "list-services": 2, "list-use-cases": 1, "get-service-binding": 30 });
  expect(found(results([fewest]), "refresh: N").met).toBe(true);
  expect(found(results([fewest, refresh({ "list-services": 4, "get-service-binding": 30 })]), "refresh: N").met).toBe(
    false,
  );
});

it("tells a provider's process whose cost per resource grows", () => {
  const process = (resources: number, create: number): ProcessCost => ({
    ...{
      services: resources / 3,
      resources,
      startCpuMs: 1000,
      hostMegabytes: 130,
      peakMegabytes: 200,
      heldMegabytes: 1,
    },
    ...{ cpuMsPerResource: { create }, mainThreadMsPerResource: { create: create / 2 } },
  });
  const mark = (...processes: ProcessCost[]) => found(results([], { processes }), "provider process: CPU per resource");
  expect(mark(process(3000, 2), process(99, 5))).toMatchObject({ met: true, found: "3000 against 99: create 0.40" });
  expect(mark(process(99, 2), process(3000, 2.6)).met).toBe(false);
  expect(mark(process(3000, 2))).not.toHaveProperty("found");
});

it("fits the exponent of growth", () => {
  const cells = [30, 300].flatMap((size) => [
    cell("ours", size, "create", size / 10),
    cell("floor", size, "create", 1),
  ]);
  const growth = tables(results(cells)).find(({ title }) => title.startsWith("How time grows"));
  expect(growth?.rows).toEqual([
    ["create all", "ours", "1.00"],
    ["create all", "floor", "0.00"],
  ]);
});

it("writes tables between a page's marks and leaves the rest", () => {
  const text = markdown(results([cell("ours", 30, "create", 5.55)]));
  const page = "before\n<!-- results -->\nold\n<!-- end of results -->\nafter\n";
  const written = intoPage(page, "results", text);
  expect(written).toMatch(/^before\n<!-- results -->\n\n`npm run bench`[\s\S]*\n<!-- end of results -->\nafter\n$/);
  expect(written).not.toContain("old");
  expect(written).toMatch(/\| create all \| 5\.[56], 0 \|/);
  expect(intoPage(written, "results", text)).toBe(written);
  expect(intoPage("no marks", "results", text)).toBe(text);
});

it("plots a line for each subject and step", () => {
  const svg = plot(
    results([30, 100].flatMap((size) => [cell("ours", size, "create", size), cell("floor", size, "refresh", 1)])),
  );
  expect(svg).toMatch(/^<svg [\s\S]*<\/svg>\n$/);
  expect(svg.match(/<circle /g)).toHaveLength(4);
  expect(svg).not.toContain("NaN");
});
