// Loaded before all else in the Node.js processes of tests. The SDK loads much at each start that few programs use: for programs
// in TypeScript, functions that it serializes, traces, and the Automation API. Loaded when used, it costs other programs nothing,
// and a run takes a quarter less of the processor.
const { existsSync, readFileSync } = require("node:fs");
const Module = require("node:module");

const { _load: load } = Module;
/** What is loaded when it is used: the request, and the file that asks. */
const lazy = [
  [/^typescript$/, /@pulumi\/pulumi\/typescript-shim\.js$/],
  [/^(@npmcli\/arborist|normalize-package-data)$/, /@pulumi\/pulumi\/runtime\/closure\/codePaths\.js$/],
  [/^@opentelemetry\/(?!api$)/, /@pulumi\/pulumi\/cmd\/run\/tracing\.js$/],
  [/^\.\/automation$/, /@pulumi\/pulumi\/index\.js$/],
  [
    /^(@grpc\/grpc-js|@opentelemetry\/api|semver|fdir)$|^google-protobuf\/|\/proto\/\w+_pb$/,
    /@pulumi\/pulumi\/(?!proto\/)/,
  ],
  [/^\.\.\/locales\/index\.cjs$/, /zod\/v4\/(classic\/external|core\/index)\.cjs$/],
];
const starts = /@pulumi\/pulumi\/cmd\/(run|dynamic-provider)\/index\.js$/;

Module._load = function (request, parent, ...more) {
  const asking = parent?.filename ?? "";
  if (starts.test(asking)) {
    // Each new resource reads its stack, and with source maps that takes longer than all else that a small program does.
    if (request === "source-map-support/register") return {};
    // The debugger of the process is there for functions that are serialized; it starts by itself when they are.
    if (request.endsWith("/runtime/closure/v8Hooks")) return { isInitializedAsync: () => Promise.resolve() };
  }
  const whole = () => load.call(this, request, parent, ...more);
  if (request === "undici" && /dist\/api\/transport\.js$/.test(asking)) return undici(whole);
  return lazy.some(([what, file]) => what.test(request) && file.test(asking)) ? onUse(whole) : whole();
};

/** The HTTP client without fetch, web sockets, caches and mocks, which are most of it. */
function undici(whole) {
  const { resolve } = Module.createRequire(require.resolve("undici"));
  return {
    get Pool() {
      return require(resolve("./lib/dispatcher/pool.js"));
    },
    get EnvHttpProxyAgent() {
      return whole().EnvHttpProxyAgent;
    },
  };
}

function onUse(whole) {
  const get = (_, name) => {
    // The importing code asks for this mark first.
    if (name === "__esModule") return true;
    const made = whole();
    return name === "default" && !made.__esModule ? made : made[name];
  };
  return new Proxy({}, { get });
}

// The language host that is built from Go modules gets no options of Pulumi.yaml from the CLI, and takes every program for TypeScript.
if (process.env.PULUMI_NODEJS_TYPESCRIPT && /^\s*typescript: false$/m.test(textOf("Pulumi.yaml"))) {
  delete process.env.PULUMI_NODEJS_TYPESCRIPT;
}

function textOf(file) {
  return existsSync(file) ? readFileSync(file, "utf8") : "";
}
