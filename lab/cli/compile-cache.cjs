// Keeps compiled code from process to process, as `module.enableCompileCache` does from Node.js 22 on. The processes of tests are many
// and short, and compiling is a seventh of their time.
const { createHash } = require("node:crypto");
const { mkdirSync, readFileSync, renameSync, writeFileSync } = require("node:fs");
const Module = require("node:module");
const path = require("node:path");
const vm = require("node:vm");

const folder = path.join(__dirname, "../../node_modules/.cache/compiled", process.version);
const { _compile: compile } = Module.prototype;
/** What was compiled here, by the file that keeps it. */
const made = new Map();

Module.prototype._compile = function (content, filename, ...more) {
  // Code from a cache cannot import.
  if (content.includes("import(")) return compile.call(this, content, filename, ...more);
  const file = path.join(folder, createHash("sha1").update(filename).update(content).digest("hex"));
  const cachedData = contentOf(file);
  const script = new vm.Script(Module.wrap(content.replace(/^#!.*/, "")), { filename, cachedData });
  if (cachedData === undefined || script.cachedDataRejected) made.set(file, script);
  const require = Object.assign((id) => this.require(id), {
    resolve: (request, options) => Module._resolveFilename(request, this, false, options),
    main: process.mainModule,
    extensions: Module._extensions,
    cache: Module._cache,
  });
  return script.runInThisContext().call(this.exports, this.exports, require, this, filename, path.dirname(filename));
};

process.on("exit", () => {
  mkdirSync(folder, { recursive: true });
  for (const [file, script] of made) {
    writeFileSync(`${file}.${process.pid}`, script.createCachedData());
    renameSync(`${file}.${process.pid}`, file);
  }
});

function contentOf(file) {
  try {
    return readFileSync(file);
  } catch {
    return undefined;
  }
}
