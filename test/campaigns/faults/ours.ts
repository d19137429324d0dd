import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { CallFailed, ProviderProcess } from "../../../lab/provider-process.js";
import type { Kind, Values } from "./program.js";
import { recoverForgotten } from "./recovery.js";
import { type Session, type Subject, Unfinished } from "./subject.js";

export interface OursOptions {
  readonly url: string;
  readonly apiKey: string;
  readonly timeoutSeconds: number;
  readonly settleSeconds: number;
}

const TYPES: Partial<Record<Kind, string>> = {
  workspace: "Workspace",
  service: "Service",
  useCase: "UseCase",
  testCallerNumbers: "TestCallerNumbers",
  versionSet: "VersionSet",
  serviceBinding: "ServiceBinding",
};

/** This package, in the SDK's own provider process. */
export function ours(options: OursOptions): Subject {
  const home = mkdtempSync(path.join(tmpdir(), "amigo-faults-"));
  const config = {
    "amigo:baseUrl": options.url,
    "amigo:apiKey": options.apiKey,
    "amigo:timeoutSeconds": String(options.timeoutSeconds),
    "amigo:settleSeconds": String(options.settleSeconds),
  };
  return {
    name: "ours",
    start: async () => new OurSession(await ProviderProcess.start(config, { PULUMI_HOME: home, AMIGO_LOG: "debug" })),
    hidden: (stack, kind, name) => {
      const type = TYPES[kind];
      const mark = `pulumi/organization/${project}/${stack}/pulumi-nodejs:dynamic/amigo:${type}/${name}`;
      return type === undefined ? {} : { __owner: mark };
    },
    recover: (stack) => recoverForgotten(stack, home, config),
    asksToRecover: (message) => message.includes("pulumi-amigo recover"),
    leftovers: () => textsBelow(home),
    close: async () => rmSync(home, { recursive: true, force: true }),
  };
}

export const project = "faults";

class OurSession implements Session {
  constructor(private readonly process: ProviderProcess) {}

  async check(kind: Kind, olds: Values, news: Values): Promise<Values> {
    const { inputs, failures } = await this.process.check(kind, olds, news);
    if (failures.length > 0)
      throw new Error(failures.map(({ property, reason }) => `${property} ${reason}`).join("; "));
    return inputs;
  }

  diff(kind: Kind, id: string, olds: Values, news: Values) {
    return this.process.diff(kind, id, olds, news);
  }

  async create(kind: Kind, inputs: Values) {
    return kept(this.process.create(kind, inputs));
  }

  update(kind: Kind, id: string, olds: Values, news: Values) {
    return kept(this.process.update(kind, id, olds, news));
  }

  delete(kind: Kind, id: string, state: Values) {
    return this.process.delete(kind, id, state);
  }

  async read(kind: Kind, id: string, state: Values) {
    const found = await this.process.read(kind, id, state);
    return found.id === "" ? undefined : found;
  }

  log(): string {
    return this.process.output;
  }

  stop(): Promise<void> {
    return this.process.stop();
  }
}

async function kept<T>(call: Promise<T>): Promise<T> {
  try {
    return await call;
  } catch (error) {
    if (!(error instanceof CallFailed) || !error.partial) throw error;
    throw new Unfinished(error.message, error.partial.id, error.partial.properties);
  }
}

function textsBelow(folder: string): string {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(path.join(entry.parentPath, entry.name), "utf8"))
    .join("\n");
}
