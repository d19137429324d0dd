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
  // Asked file by file: a check of the whole program would check the declarations of all packages, too.
  const ours = program
    .getSourceFiles()
    .filter(({ fileName }) => !/node_modules\/(?!pulumi-amigo)/.test(fileName))
    .flatMap((file) => ts.getPreEmitDiagnostics(program, file));
  expect(
    ours.map(
      ({ messageText, file, start }) =>
        `${file?.fileName}:${start} ${ts.flattenDiagnosticMessageText(messageText, "\n")}`,
    ),
  ).toEqual([]);
}, 60_000);
