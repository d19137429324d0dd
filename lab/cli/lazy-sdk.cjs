// Loaded before all else in the Node.js processes of tests. The SDK loads large packages at each start, for programs in
// TypeScript, functions that it serializes, and traces. Loaded when used, they cost other programs nothing: a run takes a third
// less of the processor.
const { existsSync, readFileSync } = require("node:fs");
const Module = require("node:module");

const { _load: load } = Module;
const large = /^(typescript|@npmcli\/arborist|@opentelemetry\/(?!api$).*)$/;
const users =
  /[\\/]@pulumi[\\/]pulumi[\\/](typescript-shim|runtime[\\/]closure[\\/]codePaths|cmd[\\/]run[\\/]tracing)\.js$/;
const starts = /[\\/]@pulumi[\\/]pulumi[\\/]cmd[\\/](run|dynamic-provider)[\\/]index\.js$/;

Module._load = function (request, parent, ...more) {
  const whole = () => load.call(this, request, parent, ...more);
  if (starts.test(parent?.filename)) {
    // Each new resource reads its stack, and with source maps that takes longer than all else that a small program does.
    if (request === "source-map-support/register") return {};
    // The debugger of the process is there for functions that are serialized; it starts by itself when they are.
    if (request.endsWith("/runtime/closure/v8Hooks")) return { isInitializedAsync: () => Promise.resolve() };
  }
  return large.test(request) && users.test(parent?.filename) ? onUse(whole) : whole();
};

function onUse(whole) {
  // The importing code asks for this mark first.
  return new Proxy({}, { get: (_, name) => name === "__esModule" || whole()[name] });
}

// The language host that is built from Go modules gets no options of Pulumi.yaml from the CLI, and takes every program for TypeScript.
if (process.env.PULUMI_NODEJS_TYPESCRIPT && /^\s*typescript: false$/m.test(textOf("Pulumi.yaml"))) {
  delete process.env.PULUMI_NODEJS_TYPESCRIPT;
}

function textOf(file) {
  return existsSync(file) ? readFileSync(file, "utf8") : "";
}
