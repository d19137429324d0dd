// Serves the programs of tests to the CLI, one after the other; `hosts.ts` starts it.
const { createRequire } = require("node:module");
const path = require("node:path");
const grpc = require("@grpc/grpc-js");
const { LanguageServer } = require("@pulumi/pulumi/automation/server");
const { LanguageRuntimeService } = require("@pulumi/pulumi/proto/language_grpc_pb");
const { grpcClientOptions } = require("@pulumi/pulumi/runtime/settings");
const { takePlaceOf } = require("./take-place.cjs");

// The connections of a process share what they know of an address, and the SDK leaves them open. An engine that gets the port of
// an earlier one would not be reached.
grpcClientOptions["grpc.use_local_subchannel_pool"] = 1;

/** Runs the program's own modules anew; the packages stay loaded. */
async function program() {
  const folder = process.cwd();
  const load = createRequire(path.join(folder, "package.json"));
  for (const file of Object.keys(load.cache)) if (file.startsWith(folder)) delete load.cache[file];
  const made = load("./index.js");
  return typeof made === "function" ? made() : made;
}

const server = new grpc.Server();
let run = Promise.resolve();
class Server extends LanguageServer {
  run(...args) {
    run = super.run(...args).catch(() => undefined);
  }
}
server.addService(LanguageRuntimeService, new Server(program));
const address = new Promise((resolve, reject) => {
  server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, port) => {
    if (error) reject(error);
    else resolve(`127.0.0.1:${port}`);
  });
});

process.on("message", async (pid) => {
  if (pid) {
    takePlaceOf(pid);
    process.send(await address);
    return;
  }
  // The engine ends before the program of a run that fails; one that waits for ever is not used again.
  const end = setTimeout(() => process.exit(), 2_000);
  await run;
  clearTimeout(end);
  process.send("idle");
});
process.on("disconnect", () => process.exit());
