import { expect, it } from "vitest";
import { type Cell, tables } from "./tables.js";

const cell = (subject: string, round: number, seconds: number): Cell => ({
  ...{ subject, round, seconds, size: 100, step: "create", requests: 300, cpuSeconds: seconds / 2, stateBytes: 1348 },
});

it("shows the fastest round, and compares only within a round", () => {
  const cells = [cell("ours", 1, 30), cell("ours", 2, 10), cell("documented", 1, 100), cell("floor", 3, 1)];
  expect(tables(cells)).toBe(`### 100 services

| step | ours | documented | floor |
| --- | --- | --- | --- |
| create all | 10.0 s, 5.0 CPU, 300 requests | 100.0 s, 50.0 CPU, ours 0.30, 300 requests | 1.0 s, 0.5 CPU, 300 requests |
| state, bytes | 1348 | 1348 | 1348 |`);
});

it("leaves out what was not measured", () => {
  const bare: Cell = { subject: "floor", round: 1, seconds: 2, size: 30, step: "refresh", requests: 33 };
  expect(tables([bare, cell("ours", 1, 4)])).toContain(`### 30 services

| step | floor | ours |
| --- | --- | --- |
| refresh | 2.0 s, 33 requests |  |`);
});
