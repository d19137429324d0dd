import { readFileSync } from "node:fs";
import * as path from "node:path";
import { expect, test } from "vitest";
import { withStack } from "../../lab/cli/stack.js";

/**
 * All that this library takes from the SDK's inner workings, on a resource of the test's own: the type token, the
 * constant `__provider` string, and the plugin process that evaluates it. Red here after an upgrade of the SDK or the
 * engine means that its contract has changed.
 */

const provider = 'exports.handler=()=>require("constant-provider").note';

const constantProvider = `
const { appendFileSync } = require("node:fs");
const log = (line) => appendFileSync(process.env.CALLS, line + "\\n");
exports.note = {
  async check(olds, news) {
    const failures = news.text === "bad" ? [{ property: "text", reason: "bad text" }] : [];
    return { inputs: news, failures };
  },
  async diff(id, olds, news) {
    return { changes: olds.text !== news.text || olds.shelf !== news.shelf, replaces: olds.shelf === news.shelf ? [] : ["shelf"], deleteBeforeReplace: true };
  },
  async create(inputs) {
    log("create " + inputs.text);
    return { id: "note-" + inputs.shelf, outs: { ...inputs, size: inputs.text.length } };
  },
  async update(id, olds, news) {
    log("update " + id + " " + olds.text + " " + news.text);
    return { outs: { ...news, size: news.text.length } };
  },
  async read(id, state) {
    log("read " + id);
    const { size, ...inputs } = state;
    return { id, props: state, inputs };
  },
  async delete(id, state) {
    log("delete " + id + " " + state.text);
  },
};`;

const program = (text: string, { shelf = "a", code = provider } = {}) => `
const pulumi = require("@pulumi/pulumi");
class Note extends pulumi.CustomResource {
  constructor(name, args, opts) {
    super("pulumi-nodejs:dynamic/contract:Note", name, { ...args, size: undefined, __provider: ${JSON.stringify(code)} }, opts);
  }
}
exports.size = new Note("note", { text: ${JSON.stringify(text)}, shelf: ${JSON.stringify(shelf)} }).size;
`;

const project = {
  name: "contract",
  program: program("one"),
  packages: { "constant-provider": { "index.js": constantProvider } },
};

test("a constant provider string carries a resource through its whole life", async () => {
  await withStack(project, async (stack) => {
    stack.env.CALLS = path.join(stack.folder, "calls");
    const calls = () =>
      readFileSync(stack.env.CALLS ?? "", "utf8")
        .split("\n")
        .filter(Boolean);

    expect((await stack.up()).changed).toEqual(["create note"]);
    expect(await stack.outputs()).toEqual({ size: 3 });
    const { id, type, inputs, outputs } = await stack.resource("note");
    expect({ id, type }).toEqual({ id: "note-a", type: "pulumi-nodejs:dynamic/contract:Note" });
    expect([inputs?.__provider, outputs?.__provider]).toEqual([provider, provider]);

    expect((await stack.up({ preview: true, args: ["--expect-no-changes"] })).changed).toEqual([]);

    stack.program(program("three"));
    expect((await stack.preview()).changed).toEqual(["update note"]);
    expect(calls()).toEqual(["create one"]);
    expect((await stack.up()).changed).toEqual(["update note"]);
    expect(await stack.outputs()).toEqual({ size: 5 });

    await stack.refresh();
    stack.program(program("three", { shelf: "b" }));
    expect((await stack.up()).changed).toEqual(["delete-replaced note", "replace note", "create-replacement note"]);

    expect((await stack.destroy()).changed).toEqual(["delete note"]);
    expect(calls()).toEqual([
      "create one",
      "update note-a one three",
      "read note-a",
      "delete note-a three",
      "create three",
      "delete note-b three",
    ]);
  });
});

test("a failure of check stands at its property and stops the preview", async () => {
  await withStack({ ...project, program: program("bad") }, async (stack) => {
    const { output } = await stack.preview({ outcome: "fails" });
    expect(output).toContain("bad text");
  });
});

test.each([
  ["names a provider that the package does not have", 'exports.handler=()=>require("constant-provider").other'],
  ["names a package that is not installed", 'exports.handler=()=>require("no-such-package").note'],
  ["is not a program", "exports.handler=()=>{"],
  ["has no handler", "exports.other=1"],
])("a provider string that %s fails, and makes nothing", async (_, code) => {
  await withStack({ ...project, program: program("one", { code }) }, async (stack) => {
    stack.env.CALLS = path.join(stack.folder, "calls");
    const { diagnostics } = await stack.up({ outcome: "fails" });
    expect(diagnostics.filter(({ severity }) => severity === "error")).not.toEqual([]);
    const { resources = [] } = (await stack.exportState()).deployment;
    expect(resources.map(({ type }) => type)).not.toContain("pulumi-nodejs:dynamic/contract:Note");
  });
});
