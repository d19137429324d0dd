import { onTestFinished, vi } from "vitest";
import { apiErrorFor, TransportError } from "../../src/api/errors.js";
import type { ServiceResponse, UseCaseResponse } from "../../src/api/index.js";
import type { Values } from "../../src/engine/lifecycle.js";
import type { ProviderContext } from "../../src/engine/provider/context.js";
import { Run } from "../../src/engine/provider/run.js";

const request = { operation: "do-thing", method: "POST", path: "/v1/things" };
export const refusal = (status: number, more: object = {}) =>
  apiErrorFor({ ...request, status, detail: `status ${status}`, ...more });
export const lost = () =>
  new TransportError({ ...request, reason: "reset", problem: "the connection broke", outcome: "unknown" });
export const fail = (error: unknown) => async (): Promise<never> => {
  throw error;
};

export const STACK = "pulumi/organization/clinic/dev";
export const mark = (name: string, stack = STACK) => `${stack}/pulumi-nodejs:dynamic/amigo:Any/${name}`;
export const tags = (value: string) => [{ key: "pulumi-owner", value }];
export const pin = (agent_version_number: number) => ({ agent_version_number });
export const listed = <T>(items: readonly T[], unreadable: object[] = []) => Object.assign([...items], { unreadable });

export const service = (more: object = {}) =>
  ({
    ...{ id: "s", workspace_id: "w", name: "Desk", description: "", agent_id: "a", context_graph_id: "g" },
    ...{ keyterms: [], is_active: true, tags: [], tool_capacity: 3, safety_filters_enabled: true, version_sets: {} },
    ...{ channel_type: "voice", environment: "production", persona_id: null, voice_config: null, is_system: false },
    ...{ agent_name: "Ann", created_at: "then", updated_at: "now", ...more },
  }) as unknown as ServiceResponse;
export const useCase = (more: object = {}) =>
  ({
    ...{ id: "u", channel: "inbound_voice", entity_name: "Clinic", name: "Line", setup_id: "x" },
    ...{ created_at: "2026-01-01T00:00:00Z", updated_at: "2026-01-01T00:00:00Z", ...more },
  }) as unknown as UseCaseResponse;

/** What a server holds; any of its operations may be another function. */
interface Server {
  services?: ServiceResponse[];
  useCases?: UseCaseResponse[];
  /** Services by use case. */
  bindings?: Record<string, string>;
  visible?: boolean;
  [operation: string]: unknown;
}

/** A provider process with such a server; `calls` are the requests, and when lists became too old. */
export function processWith(
  { services = [service()], useCases = [], bindings = {}, visible = true, ...own }: Server = {},
  settleSeconds = 0,
) {
  const calls: unknown[][] = [];
  const warnings: string[] = [];
  const found = <T>(value: T | undefined): T => {
    if (value === undefined) throw refusal(404);
    return value;
  };
  const channel = (id: string) => useCases.find((one) => one.id === id)?.channel;
  const binding = (use_case_id: string, service_id = found(bindings[use_case_id])) => ({
    ...{ use_case_id, service_id, workspace_id: "w", channel: channel(use_case_id) },
    ...{ created_at: "then", updated_at: "now" },
  });
  // biome-ignore lint/suspicious/noExplicitAny: each operation has arguments of its own
  const operations: Record<string, (...path: any[]) => unknown> = {
    getWorkspace: () => found(visible ? {} : undefined),
    getService: (_, id: string) => found(services.find((one) => one.id === id)),
    listServices: () => listed(services),
    updateService: (_, id: string, body: object) => ({ ...found(services.find((one) => one.id === id)), ...body }),
    listUseCases: () => listed(useCases),
    getServiceBinding: (_, id: string) => binding(id),
    bindUseCase: (_, id: string, to: string) => {
      const others = Object.entries(bindings).filter(([other, at]) => other !== id && at === to);
      const isTaken = others.some(([other]) => channel(other) === channel(id));
      if (isTaken) throw refusal(409, { reason: "channel-taken" });
      bindings[id] = to;
      return binding(id);
    },
    unbindUseCase: (_, id: string) => {
      found(bindings[id]);
      delete bindings[id];
    },
    ...(own as object),
  };
  const ask = async (name: string, ...path: unknown[]) => {
    calls.push([name, ...path]);
    return operations[name]?.(...path);
  };
  const names = [...Object.keys(operations), "upsertVersionSet"];
  const client = Object.fromEntries(names.map((name) => [name, (...path: unknown[]) => ask(name, ...path)]));
  const lists = (id: string, operation: string) => {
    const list = () => ask(operation, id);
    return { shared: list, fresh: list, touched: () => calls.push(["touched", id]) };
  };
  const context = {
    settings: { settleSeconds, workspaceId: "w", baseUrl: "http://here" },
    run: new Run(),
    warn: (text: string) => warnings.push(text),
    client,
    workspace: (id: string) => ({
      services: { ...lists(id, "listServices"), read: (of: string) => ask("readService", id, of) },
      useCases: lists(id, "listUseCases"),
      useCasesBefore: () => ask("listUseCases", id),
      visible: () => ask("getWorkspace", id),
    }),
  } as unknown as ProviderContext;
  operations.readService ??= operations.getService as never;
  return { context, calls, warnings, bindings };
}

/** A resource of the program with these inputs: new, or with this state from the run before. */
export function declare(
  { run }: ProviderContext,
  kind: string,
  inputs: Values,
  id?: string,
  state: Values = {},
  more: { replaced?: boolean; former?: Values; mark?: string; elsewhere?: string[] } = {},
) {
  const { replaced = false, former = state, ...facts } = more;
  run.checked(kind, inputs, id === undefined ? undefined : former, facts);
  if (id !== undefined) run.compared(kind, id, state, inputs, replaced);
}

/** Stops the clock; the answer moves it on. */
export function stopClock(): (ms: number) => void {
  let now = Date.now();
  vi.spyOn(Date, "now").mockImplementation(() => now);
  onTestFinished(() => void vi.restoreAllMocks());
  return (ms) => {
    now += ms;
  };
}

/** Each look at the clock is an hour later: whoever waits looks once. */
export function hurryClock(): void {
  let now = Date.now();
  vi.spyOn(Date, "now").mockImplementation(() => (now += 3_600_000));
  onTestFinished(() => void vi.restoreAllMocks());
}
