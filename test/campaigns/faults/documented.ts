import type { Kind, Values } from "./program.js";
import type { Observed, Session, Subject } from "./subject.js";

type Call = (method: string, path: string, body?: object) => Promise<Values>;

/** One provider object as Pulumi's documentation teaches to write it. */
interface Provider {
  /** A change of these replaces. */
  readonly replaces: readonly string[];
  create(call: Call, inputs: Values): Promise<Observed>;
  read(call: Call, id: string, state: Values): Promise<Observed | undefined>;
  update?(call: Call, id: string, news: Values): Promise<Values>;
  delete(call: Call, id: string, state: Values): Promise<void>;
}

export interface DocumentedOptions {
  readonly url: string;
  readonly apiKey: string;
  /** A third of the time after which a request is given up. */
  readonly timeoutSeconds: number;
}

/** A plain dynamic provider: a request per call, an error for what is no success, no retry and no second look. */
export function documented({ url, apiKey, timeoutSeconds }: DocumentedOptions): Subject {
  const call: Call = async (method, path, body) => {
    const response = await fetch(`${url}/v1${path}`, {
      method,
      headers: { authorization: `Bearer ${apiKey}`, "content-type": "application/json" },
      body: body && JSON.stringify(body),
      // The library's own 300 s, shortened so that a run comes to an end.
      signal: AbortSignal.timeout(3000 * timeoutSeconds),
    });
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
    return response.status === 204 ? {} : ((await response.json()) as Values);
  };
  return {
    name: "documented",
    start: async () => sessionOf(call),
    hidden: () => ({}),
    asksToRecover: () => false,
    leftovers: () => "",
    close: async () => undefined,
  };
}

function sessionOf(call: Call): Session {
  return {
    check: async (_kind, _olds, news) => news,
    diff: async (kind, _id, olds, news) => {
      const names = [...new Set([...Object.keys(olds), ...Object.keys(news)])].filter((name) => !computed.has(name));
      const changed = names.filter((name) => JSON.stringify(olds[name]) !== JSON.stringify(news[name]));
      const replaces = changed.filter((name) => providers[kind].replaces.includes(name));
      return { changes: changed.length > 0, replaces, deleteBeforeReplace: true };
    },
    create: (kind, inputs) => providers[kind].create(call, inputs),
    update: async (kind, id, _olds, news) => (await providers[kind].update?.(call, id, news)) ?? news,
    delete: (kind, id, state) => providers[kind].delete(call, id, state),
    read: (kind, id, state) => providers[kind].read(call, id, state),
    log: () => "",
    stop: async () => undefined,
  };
}

const computed = new Set(["createdAt"]);

/** camelCase to the API's snake_case, key by key. */
function body(inputs: Values, names: readonly string[]): Values {
  const snake = (name: string) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  return Object.fromEntries(
    names.filter((name) => inputs[name] !== undefined).map((name) => [snake(name), inputs[name]]),
  );
}

/** The values that the API shows, for the names that were declared. */
function shown(state: Values, names: readonly string[], answer: Values): Values {
  const there = names.filter((name) => state[name] !== undefined);
  const snake = (name: string) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  return { ...state, ...Object.fromEntries(there.map((name) => [name, answer[snake(name)] ?? undefined])) };
}

const service = [
  "name",
  "agentId",
  "contextGraphId",
  "description",
  "channelType",
  "keyterms",
  "isActive",
  "tags",
  "toolCapacity",
];
const useCase = ["channel", "entityName", "name", "setupId", "description", "senderEmailAddress", "emailType"];
const pins = ["agentVersionNumber", "contextGraphVersionNumber"];
const bindingPath = (values: Values, id: unknown) => `/${values.workspaceId}/use-cases/${id}/service-binding`;
const numbersPath = (id: unknown) => `/workspaces/${id}/test-caller-numbers`;
const setPath = ({ workspaceId, serviceId, name }: Values) =>
  `/${workspaceId}/services/${serviceId}/version-sets/${name}`;

const providers: Record<Kind, Provider> = {
  workspace: {
    replaces: ["slug"],
    create: async (call, inputs) => {
      const made = await call("POST", "/workspaces/self-service", body(inputs, ["slug", "name", "environment"]));
      if (inputs.connectorType) await call("PATCH", `/workspaces/${made.id}`, { connector_type: inputs.connectorType });
      await call("POST", `/workspaces/${made.id}/provision`);
      return { id: String(made.id), outputs: { ...inputs, createdAt: made.created_at } };
    },
    read: async (call, id, state) => {
      const there = await call("GET", `/workspaces/${id}`);
      return { id, outputs: shown(state, ["slug", "name", "environment", "connectorType"], there) };
    },
    update: async (call, id, news) => {
      await call("PATCH", `/workspaces/${id}`, body(news, ["name", "environment", "connectorType"]));
      return news;
    },
    delete: async (call, id, { slug }) => void (await call("POST", `/workspaces/${id}/archive`, { slug })),
  },
  service: {
    replaces: ["workspaceId"],
    create: async (call, inputs) => {
      const made = await call("POST", `/${inputs.workspaceId}/services`, body(inputs, service));
      return { id: String(made.id), outputs: { ...inputs, createdAt: made.created_at } };
    },
    read: async (call, id, state) => {
      const there = await call("GET", `/${state.workspaceId}/services/${id}`);
      return { id, outputs: shown(state, service, there) };
    },
    update: async (call, id, news) => {
      await call("PUT", `/${news.workspaceId}/services/${id}`, { description: "", tags: [], ...body(news, service) });
      return news;
    },
    delete: async (call, id, { workspaceId }) => void (await call("DELETE", `/${workspaceId}/services/${id}`)),
  },
  versionSet: {
    replaces: ["workspaceId", "serviceId", "name"],
    create: async (call, inputs) => {
      await call("PUT", setPath(inputs), { version_set: body(inputs, pins) });
      return { id: `${inputs.serviceId}/${inputs.name}`, outputs: inputs };
    },
    read: async (call, id, state) => {
      const there = await call("GET", `/${state.workspaceId}/services/${state.serviceId}`);
      const set = (there.version_sets as Record<string, Values>)[String(state.name)];
      return set && { id, outputs: shown(state, pins, set) };
    },
    update: async (call, _id, news) => {
      await call("PUT", setPath(news), { version_set: body(news, pins) });
      return news;
    },
    delete: async (call, _id, state) => {
      const path = `/${state.workspaceId}/services/${state.serviceId}`;
      const { [String(state.name)]: _gone, ...others } = (await call("GET", path)).version_sets as Values;
      await call("PUT", path, { version_sets: others });
    },
  },
  useCase: {
    replaces: ["workspaceId", ...useCase],
    create: async (call, inputs) => {
      const made = await call("POST", `/${inputs.workspaceId}/use-cases`, body(inputs, useCase));
      return { id: String(made.id), outputs: { ...inputs, createdAt: made.created_at } };
    },
    read: async (call, id, state) => {
      const { items } = (await call("GET", `/${state.workspaceId}/use-cases`)) as { items: Values[] };
      const there = items.find((item) => item.id === id);
      return there && { id, outputs: shown(state, useCase, there) };
    },
    delete: async (call, id, { workspaceId }) => void (await call("DELETE", `/${workspaceId}/use-cases/${id}`)),
  },
  serviceBinding: {
    replaces: ["workspaceId", "useCaseId"],
    create: async (call, inputs) => {
      await call("PUT", bindingPath(inputs, inputs.useCaseId), { service_id: inputs.serviceId });
      return { id: String(inputs.useCaseId), outputs: inputs };
    },
    read: async (call, id, state) => {
      const there = await call("GET", bindingPath(state, id));
      return { id, outputs: { ...state, serviceId: there.service_id } };
    },
    update: async (call, id, news) => {
      await call("PUT", bindingPath(news, id), { service_id: news.serviceId });
      return news;
    },
    delete: async (call, id, state) => void (await call("DELETE", bindingPath(state, id))),
  },
  testCallerNumbers: {
    replaces: ["workspaceId"],
    create: async (call, inputs) => {
      await call("PUT", numbersPath(inputs.workspaceId), { numbers: inputs.numbers });
      return { id: String(inputs.workspaceId), outputs: inputs };
    },
    read: async (call, id, state) => {
      const { numbers } = await call("GET", numbersPath(id));
      return { id, outputs: { ...state, numbers } };
    },
    update: async (call, id, news) => {
      await call("PUT", numbersPath(id), { numbers: news.numbers });
      return news;
    },
    delete: async (call, id) => void (await call("PUT", numbersPath(id), { numbers: [] })),
  },
};
