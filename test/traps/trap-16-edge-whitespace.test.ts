import { expect, test } from "vitest";
import type { Kind } from "../support/lifecycle.js";
import { problems, scene, underEach, type Values } from "./support/scene.js";

test("trap 16: white space at the ends of a name is refused", async () => {
  const set = await scene();
  const run = set.run();
  for (const padded of [" x", "x ", "\tx", "x\n", "\u00a0x", " "]) {
    const cases: [Kind, Values, property: string][] = [
      ["workspace", set.workspace({ name: padded }), "name"],
      ["workspace", set.workspace({ slug: padded }), "slug"],
      ["workspace", set.workspace({ backendOrgId: padded }), "backendOrgId"],
      ["service", set.service({ name: padded }), "name"],
      ["service", set.service({ keyterms: ["fine", padded] }), "keyterms[1]"],
      ["service", set.service({ tags: [{ key: padded }] }), "tags[0].key"],
      ["service", set.service({ tags: [{ key: "k", value: padded }] }), "tags[0].value"],
      ["service", set.service({ voiceConfig: { fillerVocabulary: [padded] } }), "voiceConfig.fillerVocabulary[0]"],
      ["useCase", set.useCase({ name: padded }), "name"],
      ["useCase", set.useCase({ entityName: padded }), "entityName"],
      ["versionSet", set.versionSet(set.ids.systemService, { name: padded }), "name"],
      [
        "versionSet",
        set.versionSet(set.ids.systemService, { llmModelPreferences: { main: { llmName: padded } } }),
        "llmModelPreferences.main.llmName",
      ],
    ];
    for (const [kind, news, property] of cases) {
      const found = await problems(run, kind, news);
      expect(Object.keys(found), `${kind} ${property} ${JSON.stringify(padded)}`).toContain(property);
    }
  }
  set.sent();
});

test("trap 16: inner white space is allowed", async () => {
  const set = await scene();
  expect(await problems(set.run(), "service", set.service({ name: "Front  desk" }))).toEqual({});
  expect(await problems(set.run(), "service", set.service({ tags: [{ key: "a b", value: "" }] }))).toEqual({});
  expect(await problems(set.run(), "useCase", set.useCase({ name: "Main line" }))).toEqual({});
  set.sent();
});

test("trap 16: stripped ends of a description are no drift", async () => {
  await underEach([{ trimStrings: true }, { trimStrings: false }], async (set) => {
    const description = "  Answers calls.\n";
    const desk = await set.run().create("service", set.service({ description }));
    const line = await set.run().create("useCase", set.useCase({ description }));
    expect(desk.outputs.description).toBe(description);
    set.clear();
    const run = set.run();
    expect(await Promise.all([run.refresh(desk), run.refresh(line)])).toEqual([true, true]);
    set.sentInAnyOrder("get-service", "list-use-cases");
    expect(desk.inputs.description).toBe(description);
    expect(await run.update(desk, set.service({ description }))).toBe("same");
    expect(await run.update(line, set.useCase({ description }))).toBe("same");
    set.sent();
  });
});

test("trap 16: a stack whose server strips everything shows no drift", async () => {
  const set = await scene({ dialect: { trimStrings: true } });
  const inputs = set.service({
    keyterms: ["b c", "a"],
    tags: [{ key: "team", value: "front desk" }],
    voiceConfig: { fillerVocabulary: ["one moment", "hm"] },
  });
  const desk = await set.run().create("service", inputs);
  set.clear();
  await set.run().refresh(desk);
  expect(await set.run().update(desk, inputs)).toBe("same");
  set.sent("get-service");
});
