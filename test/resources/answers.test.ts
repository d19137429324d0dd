import { createRequire } from "node:module";
import type * as pulumi from "@pulumi/pulumi";
import { expect, test } from "vitest";
import { withPlainAnswers } from "../../src/engine/provider/answers.js";
import { PartialFailure } from "../../src/engine/provider/failure.js";

const { Struct } = createRequire(require.resolve("@pulumi/pulumi"))("google-protobuf/google/protobuf/struct_pb.js");

const odd = { name: "Desk", workspaceId: undefined, voiceConfig: { fillerStyle: undefined, delays: [1, undefined] } };
const plain = { name: "Desk", voiceConfig: { delays: [1, null] } };

const provider = withPlainAnswers<pulumi.dynamic.ResourceProvider>({
  check: async () => ({ inputs: odd, failures: [{ property: "name", reason: "is taken", more: undefined }] }),
  diff: async () => ({ changes: true, replaces: undefined, deleteBeforeReplace: undefined }),
  create: async () => ({ id: "1", outs: odd }),
  read: async () => ({ id: undefined, props: odd, inputs: odd }),
  update: async () => {
    throw new PartialFailure("1", odd, "it stopped half way");
  },
  delete: async () => {},
});

test("no answer of the provider holds a key with undefined, at any depth", async () => {
  const checked = await provider.check?.({}, {});
  expect(checked).toStrictEqual({ inputs: plain, failures: [{ property: "name", reason: "is taken" }] });
  expect(await provider.diff?.("1", {}, {})).toStrictEqual({ changes: true });
  expect(await provider.create({})).toStrictEqual({ id: "1", outs: plain });
  expect(await provider.read?.("1", {})).toStrictEqual({ props: plain, inputs: plain });
  const failure: unknown = await provider.update?.("1", {}, {}).catch((error: unknown) => error);
  expect(failure).toMatchObject({ id: "1", message: "it stopped half way", reasons: ["it stopped half way"] });
  expect((failure as PartialFailure).properties).toStrictEqual(plain);
  await provider.delete?.("1", {});

  // What the SDK does with an answer.
  expect(() => Struct.fromJavaScript(odd)).toThrow("Unexpected struct type");
  expect(Struct.fromJavaScript(checked?.inputs).toJavaScript()).toEqual(plain);
});
