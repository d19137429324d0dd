import { expect, it } from "vitest";
import { fullMark, shortMark } from "../../src/engine/owner.js";

const type = "pulumi-nodejs:dynamic/amigo:Service";

it.each([
  [`pulumi/organization/clinic/dev/${type}/desk`, "/clinic/dev/*/desk"],
  [`pulumi/acme/clinic/dev/${type}/desk`, "acme/clinic/dev/*/desk"],
  [`pulumi/pulumi/organization/dev/${type}/desk`, "pulumi/organization/dev/*/desk"],
  [`pulumi/organizations/clinic/dev/${type}/desk`, "organizations/clinic/dev/*/desk"],
  [`pulumi/organization/clinic/dev/clinic:Front$${type}/a/b*c`, "/clinic/dev/clinic:Front$*/a/b*c"],
])("holds %s as %s, and finds it back", (full, short) => {
  expect(shortMark(full, type)).toBe(short);
  expect(fullMark(short, type)).toBe(full);
  expect(fullMark(full, type), "one that is whole already").toBe(full);
});

it("leaves a mark of another type as it is", () => {
  const other = "pulumi/organization/clinic/dev/pulumi-nodejs:dynamic/amigo:UseCase/desk";
  expect(fullMark(shortMark(other, type), type)).toBe(other);
  expect(fullMark(undefined, type)).toBeUndefined();
});
