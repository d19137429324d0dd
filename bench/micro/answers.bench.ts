import { bench, describe } from "vitest";
import { servicePageSchema, serviceSchema } from "../../src/api/schemas.js";
import { observed, outputsOf } from "../../src/engine/outputs.js";
import { existing } from "../../src/resources/service-form.js";
import { samples, serviceAnswer } from "./support.js";

const one = JSON.stringify(serviceAnswer(0));
const items = Array.from({ length: 20 }, (_, index) => serviceAnswer(index));
const page = JSON.stringify({ items, has_more: true, continuation_token: 20, total: 300 });

describe("answers, from text to values", () => {
  bench("a service: JSON alone", () => void JSON.parse(one));
  bench("a service: JSON and schema", () => void serviceSchema.parse(JSON.parse(one)));
  bench("a page of 20 services: JSON alone", () => void JSON.parse(page));
  bench("a page of 20 services: JSON and schema", () => void servicePageSchema.parse(JSON.parse(page)));
});

describe("from an answer to state", () => {
  const service = serviceSchema.parse(JSON.parse(one));
  const { lifecycle, inputs = {} } = samples["a small service"] ?? {};
  if (!lifecycle) throw new Error("the sample is gone");
  const { live } = existing(service, inputs);
  bench("as the program names it", () => void existing(service, inputs));
  bench("outputs", () => void outputsOf(lifecycle, inputs, live));
  bench("inputs of a refresh", () => void observed(lifecycle, inputs, live));
});
