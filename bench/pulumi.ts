import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import * as path from "node:path";
import { TestStack } from "../lab/cli/stack.js";
import type { Fleet, Step } from "./fleet.js";
import { type Cost, costOf, type Prepare, type Setting, type Subject } from "./subject.js";

export interface PulumiOptions {
  /** The program's file in `bench/programs`. */
  readonly program: string;
  readonly typescript?: boolean;
  readonly env?: Readonly<Record<string, string>>;
  /** Parameters of the backend's URL. */
  readonly backend?: string;
}

/** A program on the real engine, with state in local files. */
export function pulumi({ program, typescript, env, backend }: PulumiOptions): Prepare {
  return async (setting) => {
    const text = readFileSync(path.join(__dirname, "programs", program), "utf8");
    const stack = await TestStack.create({
      name: "bench",
      program: typescript ? asTypeScript(text) : text,
      language: typescript ? "typescript" : "javascript",
      typeCheck: true,
      env: { AMIGO_BASE_URL: setting.url, AMIGO_API_KEY: setting.apiKey, ...env },
    });
    stack.env.PULUMI_BACKEND_URL += backend ?? "";
    return new PulumiSubject(stack, setting);
  };
}

class PulumiSubject implements Subject {
  constructor(
    private readonly stack: TestStack,
    private readonly setting: Setting,
  ) {
    this.write(setting.fleet);
  }

  run(step: Step): Promise<Cost> {
    if (step === "change") this.write(changed(this.setting.fleet));
    const command = step === "create" || step === "change" ? "up" : step;
    const flags = command === "preview" ? ["--expect-no-changes"] : ["--yes", "--skip-preview"];
    const args = [command, ...flags, "--parallel", String(this.setting.parallel)];
    return costOf(this.stack.command(args, { timeoutMs: 3_600_000 }));
  }

  stateBytes(): number {
    const stacks = path.join(this.stack.folder, "backend", ".pulumi", "stacks", "bench");
    // `dev.json`, or with the ending of what it is compressed with.
    const file = readdirSync(stacks).find((name) => /^dev\.json(\.(gz|zst))?$/.test(name)) ?? "";
    return statSync(path.join(stacks, file)).size;
  }

  remove(): void {
    this.stack.remove();
  }

  private write(fleet: Fleet): void {
    writeFileSync(path.join(this.stack.folder, "fleet.json"), JSON.stringify(fleet));
  }
}

function changed(fleet: Fleet): Fleet {
  const clinics = fleet.clinics.map((clinic) => ({ ...clinic, description: `${clinic.description}, by phone` }));
  return { ...fleet, clinics };
}

function asTypeScript(program: string): string {
  return program
    .replace(/const (\w+) = require\("pulumi-amigo"\)/, 'import * as $1 from "pulumi-amigo"')
    .replace(
      /const (\{[^}]+\}) = require\("\.\/fleet\.json"\)/,
      'import { readFileSync } from "node:fs";\nconst $1 = JSON.parse(readFileSync("fleet.json", "utf8"))',
    );
}
