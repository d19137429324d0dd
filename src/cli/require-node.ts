import { unsupportedNode } from "../node-version.js";

const problem = unsupportedNode();
if (problem) {
  console.error(`error: ${problem}`);
  process.exit(1);
}
