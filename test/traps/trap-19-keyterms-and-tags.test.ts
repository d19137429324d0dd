import { expect, test } from "vitest";
import { bodyOf, OWNER, problems, scene, underEach } from "./support/scene.js";

const terms = (count: number) => Array.from({ length: count }, (_, index) => `term ${index}`);
const labels = (count: number) => Array.from({ length: count }, (_, index) => ({ key: `key-${index}` }));

test("trap 19: 500 keyterms of 1 to 128 characters pass", async () => {
  const set = await scene();
  const run = set.run();
  const keys = async (keyterms: string[]) => Object.keys(await problems(run, "service", set.service({ keyterms })));
  expect(await keys(terms(500))).toEqual([]);
  expect(await keys(["x".repeat(128)])).toEqual([]);
  expect(await keys(terms(501))).toEqual(["keyterms"]);
  expect(await keys(["a", "x".repeat(129)])).toEqual(["keyterms[1]"]);
  expect(await keys(["a", "b", ""])).toEqual(["keyterms[2]"]);
  set.sent();
});

test("trap 19: 50 tags reach the API, one of them the owner mark", async () => {
  const set = await scene();
  const run = set.run();
  expect(Object.keys(await problems(run, "service", set.service({ tags: labels(50) })))).toEqual(["tags"]);
  set.sent();
  await run.create("service", set.service({ tags: labels(49) }));
  const tags = bodyOf(set.sent("create-service")[0]).tags as object[];
  expect(tags).toHaveLength(50);
  expect(tags.at(-1)).toEqual({ key: "pulumi-owner", value: OWNER });
});

test("trap 19: a tag value of null is an absent one", async () => {
  await underEach([{ defaultsInAnswers: true }, { defaultsInAnswers: false }], async (set) => {
    const inputs = set.service({ tags: [{ key: "urgent" }, { key: "team", value: "desk" }] });
    const desk = await set.run().create("service", inputs);
    expect(bodyOf(set.sent("create-service")[0]).tags).toContainEqual({ key: "urgent" });
    await set.run().refresh(desk);
    expect(desk.outputs.tags).toEqual(inputs.tags);
    expect(await set.run().update(desk, inputs)).toBe("same");
    set.sent("get-service");
  });
});

test("trap 19: the order of keyterms and tags is no change", async () => {
  const set = await scene();
  const tags = [{ key: "a" }, { key: "b", value: "x" }];
  const desk = await set.run().create("service", set.service({ keyterms: ["one", "two"], tags }));
  const service = set.store.services.get(desk.id);
  set.store.services.update(desk.id, {
    keyterms: service?.keyterms.toReversed(),
    tags: service?.tags.toReversed(),
  });
  set.clear();
  await set.run().refresh(desk);
  expect(desk.outputs).toMatchObject({ keyterms: ["one", "two"], tags });
  const reversed = set.service({ keyterms: ["two", "one"], tags: tags.toReversed() });
  expect(await set.run().update(desk, reversed)).toBe("same");
  set.sent("get-service");
  const other = set.service({ keyterms: ["two", "three"], tags: [{ key: "a" }, { key: "b", value: "y" }] });
  expect(await set.run().update(desk, other)).toBe("updated");
  set.sent("get-service", "update-service");
});

test("trap 19: every write keeps the owner mark; the program never sees it", async () => {
  const set = await scene();
  const desk = await set.run().create("service", set.service({ tags: [{ key: "a" }] }));
  set.clear();
  for (const tags of [[{ key: "b" }], undefined]) {
    await set.run().update(desk, set.service({ tags }));
    expect(desk.outputs.tags).toEqual(tags);
    const sent = bodyOf(set.sent("get-service", "update-service")[1]).tags;
    expect(sent).toEqual([...(tags ?? []), { key: "pulumi-owner", value: OWNER }]);
  }
});
