import * as path from "node:path";
import * as ts from "typescript";
import { expect, it } from "vitest";

it("compiles right programs against the built package, and refuses wrong combinations", () => {
  const program = ts.createProgram([path.join(__dirname, "types", "program.ts")], {
    strict: true,
    noEmit: true,
    skipLibCheck: false,
    types: ["node"],
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.Node16,
    moduleResolution: ts.ModuleResolutionKind.Node16,
  });
  const ours = ts
    .getPreEmitDiagnostics(program)
    .filter(({ file }) => !file || !/node_modules\/(?!pulumi-amigo)/.test(file.fileName));
  expect(
    ours.map(
      ({ messageText, file, start }) =>
        `${file?.fileName}:${start} ${ts.flattenDiagnosticMessageText(messageText, "\n")}`,
    ),
  ).toEqual([]);
}, 60_000);
