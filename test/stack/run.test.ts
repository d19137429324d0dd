import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { expect, it } from "vitest";
import { previewSteps } from "../../src/stack/preview.js";
import { Pulumi } from "../../src/stack/pulumi.js";
import { failureText, foundNoStack, reportTo, runStack } from "../../src/stack/run.js";

it("shows what the CLI says without its mark, and what to do where there is no stack", async () => {
  const folder = mkdtempSync(path.join(tmpdir(), "run-"));
  try {
    const bin = path.join(folder, "pulumi");
    const pulumi = Pulumi.at(bin, "prod", folder, {});
    const saying = (text: string) => writeFileSync(bin, `#!/bin/sh\necho "${text}" >&2\nexit 1\n`, { mode: 0o755 });
    saying("error: the disk is full");
    expect(failureText(await runStack(pulumi, "up"))).toBe("pulumi up failed:\nthe disk is full");
    await expect(previewSteps(pulumi)).rejects.toThrow(/^the preview of stack prod failed:\nthe disk is full$/);
    // A preview marks its messages itself.
    const digest = JSON.stringify({ diagnostics: [{ severity: "error", message: "error: the program is wrong\n" }] });
    writeFileSync(bin, `#!/bin/sh\ncat <<END\n${digest}\nEND\nexit 1\n`, { mode: 0o755 });
    await expect(previewSteps(pulumi)).rejects.toThrow(/^the preview of stack prod failed:\nthe program is wrong$/);
    saying("error: no stack named 'prod' found");
    const none = await runStack(pulumi, "preview");
    expect(foundNoStack(none)).toBe(true);
    expect(failureText(none)).toContain(`there is no stack prod in ${folder}: name another one with --stack`);
    const builtIn = path.join(folder, ".pulumi-amigo", "prod");
    mkdirSync(builtIn, { recursive: true });
    writeFileSync(path.join(builtIn, "Pulumi.yaml"), "name: amigo\nruntime: nodejs\n");
    writeFileSync(path.join(folder, "Pulumi.yaml"), "name: own\nruntime: nodejs\n");
    expect(failureText(await runStack(Pulumi.at(bin, "prod", folder, {}), "preview"))).toContain(
      `: give \`-C ${path.relative("", builtIn)}\` if you mean`,
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
});

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

it("says of each step which kind of resource it is of", () => {
  const noted: string[] = [];
  const { onStep } = reportTo(
    (line) => noted.push(line),
    () => undefined,
  );
  for (const kind of ["UseCase", "ServiceBinding"]) {
    const type = `pulumi-nodejs:dynamic/amigo:${kind}`;
    const urn = `urn:pulumi:dev::clinic::${type}::Reception`;
    onStep?.({ op: "create", urn, type, name: "Reception", status: "done", id: "1" });
  }
  expect(noted).toEqual(["done create UseCase Reception", "done create ServiceBinding Reception"]);
});
