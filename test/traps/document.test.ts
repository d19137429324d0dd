import { expect, test } from "vitest";
import { trapsDocument } from "./support/document.js";

test("docs/traps.md has each trap and the names of its tests (npm run docs writes it)", async () => {
  await expect(trapsDocument()).toMatchFileSnapshot("../../docs/traps.md");
});
