import { unsupportedNode } from "./node-version.js";

const problem = unsupportedNode();
// The SDK shows an error with this property, which its RunError has, without a stack trace.
if (problem) throw Object.assign(new Error(problem), { stack: problem, __pulumiRunError: true });
