import { expect, test } from "vitest";
import { dialectsDocument } from "./support/document.js";

test("docs/dialects.md is what the data says (npm run docs writes it)", async () => {
  await expect(dialectsDocument()).toMatchFileSnapshot("../../docs/dialects.md");
});
