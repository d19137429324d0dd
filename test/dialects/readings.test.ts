import { expect, test } from "vitest";
import { scene } from "../traps/support/scene.js";
import { readings } from "./support/readings.js";
import { departures, dialectOf } from "./support/values.js";

test("every setting has one reading", () => {
  expect(readings.map(({ setting }) => setting)).toEqual(departures.map(({ label }) => label));
});

for (const setting of departures) {
  const found = readings.find((reading) => reading.setting === setting.label);
  test(`default: what ${setting.label} would change`, async () => {
    expect(found?.byDefault).not.toEqual(found?.otherwise);
    expect(await found?.look(await scene())).toEqual(found?.byDefault);
  });

  test(`${setting.label}: what is different`, async () => {
    expect(await found?.look(await scene({ dialect: dialectOf([setting]) }))).toEqual(found?.otherwise);
  });
}
