// Is the provider process of one run after the other, for the engine in tests; `hosts.ts` starts it.
const { writeSync, openSync, closeSync } = require("node:fs");
const path = require("node:path");
const grpc = require("@grpc/grpc-js");
const { takePlaceOf } = require("./take-place.cjs");
require("@pulumi/pulumi/runtime");
require("@pulumi/pulumi/proto/provider_grpc_pb");

const packages = path.join(__dirname, "..", "..", "node_modules", path.sep);
const provider = require.resolve("@pulumi/pulumi/cmd/dynamic-provider");

/** The server of the present run. */
let server;
const { bindAsync } = grpc.Server.prototype;
grpc.Server.prototype.bindAsync = function (...args) {
  server = this;
  return bindAsync.apply(this, args);
};

/** Takes the place of a process that waits: its folder, environment and output. */
function begin(pid) {
  const [stdout, stderr] = [4, 5].map((fd) => openSync(`/proc/${pid}/fd/${fd}`, "w"));
  takePlaceOf(pid);
  const { log, info, warn, error } = console;
  const write = { out: process.stdout.write, err: process.stderr.write };
  process.stdout.write = (text) => writeSync(stdout, text) > 0;
  process.stderr.write = (text) => writeSync(stderr, text) > 0;
  const listeners = ["uncaughtException", "unhandledRejection", "exit"].map((event) => [
    event,
    process.listeners(event),
  ]);

  // The packages stay; all else, and so the provider with what it knows of a run, is new.
  for (const file of Object.keys(require.cache)) {
    const isPackage = file.startsWith(packages) && !file.startsWith(path.join(packages, "pulumi-amigo"));
    if (file !== __filename && (!isPackage || file === provider)) delete require.cache[file];
  }
  process.argv = [process.execPath, provider, "the engine"];
  require(provider);

  return () => {
    server?.forceShutdown();
    Object.assign(console, { log, info, warn, error });
    process.stdout.write = write.out;
    process.stderr.write = write.err;
    for (const [event, before] of listeners) {
      for (const one of process.listeners(event)) if (!before.includes(one)) process.off(event, one);
    }
    closeSync(stdout);
    closeSync(stderr);
  };
}

let end = () => undefined;
process.on("message", (pid) => {
  if (pid) {
    end = begin(pid);
    return;
  }
  end();
  process.send("idle");
});
process.on("disconnect", () => process.exit());
