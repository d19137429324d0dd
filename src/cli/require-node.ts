import * as nodeModule from "node:module";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { unsupportedNode } from "../node-version.js";

const problem = unsupportedNode();
if (problem) {
  console.error(`error: ${problem}`);
  process.exit(1);
}

// From Node.js 22.1 on, compiled code is kept for the next start, which takes half of the time. What is started here keeps it too.
const { enableCompileCache } = nodeModule as { enableCompileCache?: (folder: string) => unknown };
if (enableCompileCache) {
  process.env.NODE_COMPILE_CACHE ||= path.join(tmpdir(), "node-compile-cache");
  enableCompileCache(process.env.NODE_COMPILE_CACHE);
}
