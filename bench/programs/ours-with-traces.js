// The same program, with the stack traces that the classes keep the SDK from making left on.
const path = require("node:path");
const dist = path.dirname(require.resolve("pulumi-amigo"));
require(path.join(dist, "engine", "stack-traces.js")).muteStackTraces = () => () => {};
require("./ours.js");
