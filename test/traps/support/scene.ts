import { expect, onTestFinished } from "vitest";
import type { Dialect, EmulatorOptions, RequestLogEntry } from "../../../src/emulator/index.js";
import { type Bench, type Kind, type Managed, type Run, startBench } from "../../support/lifecycle.js";

export type Values = Record<string, unknown>;

/** The owner mark of the resource that the tests manage. */
export const OWNER = "pulumi/org/project/stack/pulumi-nodejs:dynamic/amigo:Service/desk";

export const SERVER_FIELDS = ["id", "workspace_id", "is_system", "created_at", "updated_at", "created_by"];

/** An emulated API and one workspace of it that exists already; gone when the test is over. */
export class Scene {
  readonly emulator: Bench["emulator"];
  readonly ids: Bench["emulator"]["seedIds"];
  readonly workspaceId: string;

  constructor(readonly bench: Bench) {
    this.emulator = bench.emulator;
    this.ids = this.emulator.seedIds;
    this.workspaceId = this.ids.workspace;
  }

  get store(): Bench["emulator"]["store"] {
    return this.emulator.store;
  }

  run(config: Record<string, string> = {}): Run {
    return this.bench.run({ settleSeconds: "0.3", ...config });
  }

  workspace(changes: Values = {}): Values {
    return { slug: "clinic", name: "Clinic", environment: "staging", deletionProtection: false, ...changes };
  }

  service(changes: Values = {}): Values {
    const { agents, contextGraphs } = this.ids;
    return {
      workspaceId: this.workspaceId,
      name: "Desk",
      agentId: agents.frontDesk,
      contextGraphId: contextGraphs.scheduling,
      __owner: OWNER,
      ...changes,
    };
  }

  versionSet(serviceId: string, changes: Values = {}): Values {
    return { workspaceId: this.workspaceId, serviceId, name: "canary", agentVersionNumber: 1, ...changes };
  }

  useCase(changes: Values = {}): Values {
    const { workspaceId, ids } = this;
    return {
      workspaceId,
      channel: "inbound_voice",
      entityName: "Clinic",
      name: "Line",
      setupId: ids.setups.voiceApproved,
      ...changes,
    };
  }

  binding(useCaseId: string, serviceId: string, changes: Values = {}): Values {
    return { workspaceId: this.workspaceId, useCaseId, serviceId, ...changes };
  }

  /** A service that somebody else has made. */
  othersService(name: string, changes: Values = {}) {
    const { agents, contextGraphs } = this.ids;
    return this.store.addService({
      workspace_id: this.workspaceId,
      name,
      agent_id: agents.frontDesk,
      context_graph_id: contextGraphs.scheduling,
      ...changes,
    });
  }

  /** A use case that somebody else has made. */
  othersUseCase(name: string, changes: Values = {}) {
    return this.store.addUseCase({
      workspace_id: this.workspaceId,
      channel: "inbound_voice",
      entity_name: "Clinic",
      name,
      setup_id: this.ids.setups.voiceApproved,
      ...changes,
    });
  }

  /** The service that a use case is bound to, as the server has it. */
  bound(useCaseId: string): string | undefined {
    return this.store.bindings.get(useCaseId)?.service_id;
  }

  /** Somebody archives the workspace behind our back. */
  archive(id = this.workspaceId): void {
    this.store.workspaces.update(id, { archived_at: new Date().toISOString() });
  }

  /** Forgets the requests so far. */
  clear(): void {
    this.emulator.clearRequests();
  }

  /** Asserts the operations since the last look, in their order. */
  sent(...expected: string[]): RequestLogEntry[] {
    return this.taken((seen) => expect(seen).toEqual(expected));
  }

  /** The same for requests that go out at once. */
  sentInAnyOrder(...expected: string[]): RequestLogEntry[] {
    return this.taken((seen) => expect(seen.toSorted()).toEqual(expected.toSorted()));
  }

  /** Asserts how often one operation was asked for since the last look; forgets nothing. */
  count(operation: string, times: number): RequestLogEntry[] {
    const found = this.emulator.requests.filter((entry) => entry.operation === operation);
    expect(found.length, `requests for ${operation}`).toBe(times);
    return found;
  }

  private taken(check: (seen: string[]) => void): RequestLogEntry[] {
    const entries = [...this.emulator.requests];
    this.clear();
    check(entries.map(({ operation }) => operation ?? "unknown"));
    expect(entries.flatMap(({ error }) => error ?? [])).toEqual([]);
    return entries;
  }
}

export async function scene(options: EmulatorOptions = {}): Promise<Scene> {
  const bench = await startBench(options);
  onTestFinished(() => bench.close());
  return new Scene(bench);
}

/** The body of a request that was seen. */
export function bodyOf(entry: RequestLogEntry | undefined): Values {
  expect(entry?.requestBody, "a request with a body").toBeTypeOf("object");
  return entry?.requestBody as Values;
}

/** Does the work under each dialect; a failure says under which. */
export async function underEach(
  dialects: readonly Partial<Dialect>[],
  work: (set: Scene, dialect: Partial<Dialect>) => Promise<void>,
): Promise<void> {
  for (const dialect of dialects) {
    try {
      await work(await scene({ dialect }), dialect);
    } catch (error) {
      if (error instanceof Error) error.message = `under ${JSON.stringify(dialect)}: ${error.message}`;
      throw error;
    }
  }
}

/** Every combination of the given answers. */
export function combinations<Name extends keyof Dialect>(
  answers: Record<Name, readonly Dialect[Name][]>,
): Partial<Dialect>[] {
  return Object.entries(answers).reduce<Partial<Dialect>[]>(
    (dialects, [name, values]) =>
      dialects.flatMap((dialect) => (values as unknown[]).map((value) => ({ ...dialect, [name]: value }))),
    [{}],
  );
}

export interface Failure extends Error {
  /** Where the thing had come to exist: what goes into state. */
  readonly id?: string;
  readonly properties?: Values;
}

/** The error of work that must fail. */
export async function failureOf(work: Promise<unknown>): Promise<Failure> {
  const outcome = await work.then(
    () => undefined,
    (error: unknown) => error,
  );
  expect(outcome, "the failure").toBeInstanceOf(Error);
  return outcome as Failure;
}

/** What the engine keeps of a create or an update that failed half-way. */
export function kept(kind: Kind, inputs: Values, failure: Failure): Managed {
  expect(failure.id, "the id that goes into state").toBeTypeOf("string");
  return { kind, id: String(failure.id), inputs, outputs: failure.properties ?? {} };
}

/** What the engine does next with a resource that failed half-way: an update, even where nothing differs. */
export async function goOn(run: Run, resource: Managed, news: Values = resource.inputs): Promise<void> {
  const inputs = await run.check(resource.kind, news, resource.inputs);
  const { outs } = await run.provider(resource.kind).update(resource.id, resource.outputs, inputs);
  Object.assign(resource, { inputs, outputs: outs });
}

/** What check finds wrong, by property. */
export async function problems(run: Run, kind: Kind, news: Values, olds: Values = {}): Promise<Record<string, string>> {
  const { failures } = await run.provider(kind).check(olds, { ...news });
  return Object.fromEntries((failures ?? []).map(({ property, reason }) => [property, reason]));
}
