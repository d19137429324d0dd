import { expect, it } from "vitest";
import { productionSafetyFilters } from "../../policies/production-safety-filters.js";
import { judge, UNKNOWN_ON_WIRE } from "./support.js";

const workspaceId = "6f0c1d52-94a7-4c1e-8f3b-0d2a5b7c9e10";
const found = (args: object) =>
  judge(productionSafetyFilters, [{ type: "Service", name: "desk", args: { workspaceId, ...args } }], {
    production: [workspaceId],
  });

it("passes filters that are on, which they are where they are left out", async () => {
  expect(await found({})).toEqual([]);
  expect(await found({ safetyFiltersEnabled: true })).toEqual([]);
});

it("finds filters that are off; a service is a production one where it does not say otherwise", async () => {
  const expected = [
    {
      on: "desk",
      message:
        'Service "desk": safetyFiltersEnabled is false; allowed: true in production. ' +
        "Leave safetyFiltersEnabled out or set it to true; a service for trials has environment `sandbox`.",
    },
  ];
  expect(await found({ safetyFiltersEnabled: false })).toEqual(expected);
  expect(await found({ safetyFiltersEnabled: false, environment: "production" })).toEqual(expected);
});

it("lets a sandbox service go without", async () => {
  expect(await found({ safetyFiltersEnabled: false, environment: "sandbox" })).toEqual([]);
});

it("says nothing about what is not known yet", async () => {
  expect(await found({ safetyFiltersEnabled: UNKNOWN_ON_WIRE })).toEqual([]);
  expect(await found({ safetyFiltersEnabled: false, environment: UNKNOWN_ON_WIRE })).toEqual([]);
});
