import { expect, it } from "vitest";
import { reportTo } from "../../src/stack/run.js";

it("hears the warnings of the engine and those that a provider process writes, and nothing else", () => {
  const warned: string[] = [];
  const { onDiagnostic } = reportTo(
    () => undefined,
    (line) => warned.push(line),
  );
  onDiagnostic?.({ severity: "warning", message: "of the engine\n" });
  onDiagnostic?.({ severity: "info#err", message: "warning: of the provider\nsomething else\n" });
  onDiagnostic?.({ severity: "info", message: "warning: printed by the program" });
  onDiagnostic?.({ severity: "error", message: "of the run" });
  expect(warned).toEqual(["of the engine", "of the provider"]);
});
