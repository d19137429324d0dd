import { expect, test } from "vitest";
import { Identifiers } from "../../src/environment/identifiers.js";
import { kindNamed } from "../../src/environment/kinds.js";
import { collectionName, keysIn, logicalName } from "../../src/environment/names.js";
import fc from "../support/random.js";

test("entries with different keys have different names, whatever their texts are", () => {
  const useCase = kindNamed("UseCase");
  const text = fc.oneof(fc.string(), fc.constantFrom("a/b", "a%2Fb", "a", "b", "/", "%", "::"));
  const path = fc.tuple(text, text, text);
  fc.assert(
    fc.property(path, path, (a, b) => {
      const same = JSON.stringify(a) === JSON.stringify(b);
      const [first, second] = [a, b].map((one) => logicalName({ kind: useCase, path: one }, "clinic"));
      expect(first === second).toBe(same);
      expect(keysIn(first ?? "")).toEqual(a);
    }),
  );
});

test("names are what a reader of a preview knows", () => {
  const service = kindNamed("Service");
  expect(logicalName({ kind: service, path: ["Front desk"] })).toBe("Front desk");
  expect(logicalName({ kind: service, path: ["Front desk"] }, "clinic")).toBe("clinic/Front desk");
  expect(logicalName({ kind: kindNamed("TestCallerNumbers"), path: [] })).toBe("test-caller-numbers");
  expect(["Service", "ServiceBinding", "TestCallerNumbers"].map(kindNamed).map(collectionName)).toEqual([
    "services",
    "serviceBindings",
    "testCallerNumbers",
  ]);
});

test("each text has an identifier of its own, and no word of the language or of the program", () => {
  const identifiers = new Identifiers(["agents"]);
  const make = (...texts: string[]) => identifiers.make(texts, "service");
  expect(make("Front desk 24/7")).toBe("frontDesk247");
  expect(make("front-desk 24.7")).toBe("frontDesk2472");
  expect(make("Reception", "Reception Riverside")).toBe("reception");
  expect(make("Reception", "Reception Hillside")).toBe("receptionHillside");
  expect(make("IVR main")).toBe("ivrMain");
  expect(make("agents")).toBe("agents2");
  expect(make("exports")).toBe("serviceExports");
  expect(make("7 days")).toBe("service7Days");
  expect(make("!!!")).toBe("service");
  expect(make("x".repeat(90))).toBe("x".repeat(40));
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), (text) => {
      expect(make(text)).toMatch(/^[\p{ID_Start}_$][\p{ID_Continue}$]*$/u);
    }),
  );
});
