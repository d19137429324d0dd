import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "vitest";
import type { Dialect } from "../../../src/emulator/index.js";
import { type Bench, type Kind, type Managed, type Run, startBench } from "../../support/lifecycle.js";
import { expectTrue } from "./truth.js";

export type Values = Record<string, unknown>;

export const kinds = {
  clinic: "workspace",
  desk: "service",
  night: "service",
  calls: "useCase",
  canary: "versionSet",
  release: "versionSet",
  line: "serviceBinding",
  qa: "testCallerNumbers",
} as const satisfies Record<string, Kind>;

export type Name = keyof typeof kinds;

/** What may be worked on at once, as the engine does. */
const levels: readonly (readonly Name[])[] = [
  ["clinic"],
  ["desk", "night", "calls", "qa"],
  ["canary", "release", "line"],
];

/** All six kinds of resources on an emulated server, as one program and one state. */
export class Stack {
  readonly managed = new Map<Name, Managed>();
  /** What the program declares beyond the ids, by resource. */
  program: Record<Name, Values>;
  /** The current run of the engine. */
  run: Run;

  constructor(
    readonly bench: Bench,
    readonly dialect: Dialect,
  ) {
    this.run = bench.run({ settleSeconds: "2" });
    this.program = firstProgram(bench.emulator.seedIds);
  }

  get store() {
    return this.bench.emulator.store;
  }

  get(name: Name): Managed {
    const found = this.managed.get(name);
    if (!found) throw new Error(`${name} is not managed`);
    return found;
  }

  /** A later run of the engine, when lagging reads show everything that the one before it has written. */
  async nextRun(): Promise<Run> {
    const { versionSetLagMs, listLagMs, getLagMs } = this.dialect;
    const lag = Math.max(versionSetLagMs, listLagMs, getLagMs);
    if (lag > 0) await sleep(lag + 20);
    this.throttled += this.bench.emulator.requests.filter(({ status }) => status === 429).length;
    this.bench.emulator.clearRequests();
    this.run = this.bench.run({ settleSeconds: "2" });
    return this.run;
  }

  /** Lays changes over the program; a property that is undefined is withdrawn. */
  declare(changes: Partial<Record<Name, Values>>): void {
    for (const [name, values] of Object.entries(changes)) {
      this.program[name as Name] = { ...this.program[name as Name], ...values };
    }
  }

  /** The inputs of a resource, with the ids of those that it depends on. */
  inputs(name: Name): Values {
    const id = (other: Name) => this.managed.get(other)?.id;
    const workspaceId = name === "clinic" ? undefined : id("clinic");
    const ids = {
      clinic: {},
      desk: {},
      night: {},
      calls: {},
      qa: {},
      canary: { serviceId: id("desk") },
      release: { serviceId: id("desk") },
      line: { useCaseId: id("calls"), serviceId: id(this.lineTo) },
    } satisfies Record<Name, Values>;
    return { workspaceId, ...ids[name], ...this.program[name] };
  }

  /** How many requests of earlier runs were answered with 429. */
  throttled = 0;

  /** The service that the line is declared to be bound to. */
  lineTo: "desk" | "night" = "desk";

  /** Brings everything to what the program declares; answers what was done to each that changed. */
  async up(): Promise<Partial<Record<Name, string>>> {
    const done: Partial<Record<Name, string>> = {};
    for (const level of levels) {
      await Promise.all(
        level.map(async (name) => {
          const what = await this.bring(name);
          if (what !== "same") done[name] = what;
        }),
      );
    }
    return done;
  }

  async bring(name: Name): Promise<string> {
    const resource = this.managed.get(name);
    if (resource) return this.run.update(resource, this.inputs(name));
    this.managed.set(name, await this.run.create(kinds[name], this.inputs(name)));
    return "created";
  }

  /** Reads everything at once; what is gone leaves state. */
  async refresh(): Promise<Name[]> {
    const gone = await Promise.all(
      [...this.managed].map(async ([name, resource]) => ((await this.run.refresh(resource)) ? [] : [name])),
    );
    for (const name of gone.flat()) this.managed.delete(name);
    return gone.flat();
  }

  async remove(...names: readonly Name[]): Promise<void> {
    for (const name of names) {
      await this.run.remove(this.get(name));
      this.managed.delete(name);
    }
  }

  /** The operations of this run that change something. */
  writes(): string[] {
    return this.bench.emulator.requests
      .filter(({ status, operation }) => status !== 429 && operation !== undefined && !/^(get|list)-/.test(operation))
      .map(({ operation }) => operation as string);
  }

  /** Asserts, in runs of their own, that state is what the server holds, that nothing is double and that nothing is to do. */
  async expectSettled(sets: Partial<Record<"desk" | "night", readonly string[]>>): Promise<void> {
    await this.nextRun();
    expect(await this.refresh(), "gone").toEqual([]);
    for (const [name, resource] of this.managed) expectTrue(this.store, this.dialect, resource, name);

    const workspaceId = this.get("clinic").id;
    const ids = (kind: Kind) => [...this.managed.values()].filter((one) => one.kind === kind).map(({ id }) => id);
    const inside = <T extends { workspace_id: string }>(records: readonly T[]) =>
      records.filter(({ workspace_id }) => workspace_id === workspaceId);
    expect(inside(this.store.services.list()).map(({ id }) => id)).toHaveLength(ids("service").length);
    expect(inside(this.store.useCases.list()).map(({ id }) => id)).toEqual(ids("useCase"));
    expect(inside(this.store.bindings.list()).map(({ use_case_id }) => use_case_id)).toEqual(ids("serviceBinding"));
    for (const [name, expected] of Object.entries(sets)) {
      const found = this.store.services.get(this.get(name as Name).id)?.version_sets ?? {};
      expect(Object.keys(found).sort(), `version sets of ${name}`).toEqual([...new Set(expected)].sort());
    }

    this.bench.emulator.clearRequests();
    expect(await this.up(), "a second up").toEqual({});
    expect(this.bench.emulator.requests, "requests of a second up").toEqual([]);
    expect(this.run.warnings).toEqual([]);
  }
}

export async function withStack(dialect: Partial<Dialect>, work: (stack: Stack) => Promise<void>): Promise<void> {
  const bench = await startBench({ dialect });
  try {
    await work(new Stack(bench, bench.emulator.dialect));
    expect(
      bench.emulator.requests.flatMap(({ error }) => error ?? []),
      "the emulator keeps to the contract",
    ).toEqual([]);
  } finally {
    await bench.close();
  }
}

function firstProgram(ids: Bench["emulator"]["seedIds"]): Record<Name, Values> {
  const { agents, contextGraphs, personas, setups } = ids;
  const service = { agentId: agents.frontDesk, contextGraphId: contextGraphs.scheduling };
  return {
    clinic: {
      slug: "first-clinic",
      name: "Clinic",
      environment: "staging",
      region: "us-east-1",
      connectorType: "epic",
      deletionProtection: false,
    },
    desk: {
      ...service,
      name: "Desk",
      description: "Days \n",
      keyterms: ["b", "a"],
      isActive: false,
      tags: [{ key: "team", value: "desk" }, { key: "flag" }],
      toolCapacity: 5,
      safetyFiltersEnabled: false,
      environment: "sandbox",
      personaId: personas.warm,
      voiceConfig: { ttsModel: "sonic-3", eotTimeoutMs: 900 },
      __owner: "stack/desk",
    },
    night: {
      ...service,
      name: "Night",
      versionSets: { stable: { agentVersionNumber: 1 }, spare: { contextGraphVersionNumber: 4 }, extra: {} },
      __owner: "stack/night",
    },
    calls: {
      channel: "inbound_voice",
      entityName: "Clinic",
      name: "Line",
      setupId: setups.voiceApproved,
      description: "Books visits ",
    },
    canary: {
      name: "canary",
      agentVersionNumber: 1,
      contextGraphVersionNumber: 2,
      llmModelPreferences: { default: { llmName: "large", params: { temperature: 0 } }, spare: { llmName: "small" } },
    },
    release: { name: "release", agentVersionNumber: 2 },
    line: {},
    qa: { numbers: ["+14155550101", "+14155550100"] },
  };
}
