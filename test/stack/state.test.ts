import { tmpdir } from "node:os";
import { expect, it } from "vitest";
import { CliFailed, Pulumi, saysNoStack } from "../../src/stack/pulumi.js";
import { exportState } from "../../src/stack/state.js";

it("says of a stack that is not there what to do, in words that others recognise", async () => {
  const run = async () => {
    throw new CliFailed("pulumi stack export --stack prod ended with 6:\nno stack named 'prod' found");
  };
  const error = await exportState({ stack: "prod", cwd: "infra", run } as unknown as Pulumi).catch((thrown) => thrown);
  expect(error).toBeInstanceOf(CliFailed);
  expect(error.message).toBe(
    "there is no stack prod in infra: name another one with --stack (`pulumi stack ls --all` there lists them), or make this one there with `pulumi stack init prod`",
  );
  expect(saysNoStack(error.message)).toBe(true);
});

it("says that a folder holds no project, or is none", async () => {
  await expect(Pulumi.find(undefined, tmpdir())).rejects.toThrow(
    /there is no Pulumi project in .* or above it: run this in .* or name a stack with --stack/,
  );
  await expect(Pulumi.find("prod", tmpdir())).rejects.toThrow(
    /there is no Pulumi project in .*, and none that `clone` or `fleet` has written for a stack prod: run this in/,
  );
  await expect(Pulumi.find("prod", `${tmpdir()}/nowhere`)).rejects.toThrow(/there is no folder .*nowhere: --cwd names/);
});
