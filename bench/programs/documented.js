// A dynamic provider as Pulumi's documentation teaches it: one provider object and one class per kind, a request per call.
const pulumi = require("@pulumi/pulumi");
const { workspaceId, agentId, contextGraphId, setupId, clinics } = require("./fleet.json");

async function call(method, path, body) {
  const response = await fetch(`${process.env.AMIGO_BASE_URL}/v1${path}`, {
    method,
    headers: { authorization: `Bearer ${process.env.AMIGO_API_KEY}`, "content-type": "application/json" },
    body: body && JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
  return response.status === 204 ? undefined : response.json();
}

const serviceProvider = {
  async create(inputs) {
    const service = await call("POST", `/${inputs.workspaceId}/services`, {
      name: inputs.name,
      agent_id: inputs.agentId,
      context_graph_id: inputs.contextGraphId,
      description: inputs.description,
    });
    return { id: service.id, outs: { ...inputs, agentName: service.agent_name, createdAt: service.created_at } };
  },
  async diff(_id, olds, news) {
    const replaces = olds.workspaceId === news.workspaceId ? [] : ["workspaceId"];
    const names = ["workspaceId", "name", "agentId", "contextGraphId", "description"];
    return { changes: names.some((name) => olds[name] !== news[name]), replaces, deleteBeforeReplace: true };
  },
  async read(id, props) {
    const service = await call("GET", `/${props.workspaceId}/services/${id}`);
    return { id, props: { ...props, name: service.name, description: service.description } };
  },
  async update(id, olds, news) {
    await call("PUT", `/${news.workspaceId}/services/${id}`, {
      name: news.name,
      agent_id: news.agentId,
      context_graph_id: news.contextGraphId,
      description: news.description,
    });
    return { outs: { ...olds, ...news } };
  },
  async delete(id, props) {
    await call("DELETE", `/${props.workspaceId}/services/${id}`);
  },
};

const useCaseProvider = {
  async create(inputs) {
    const useCase = await call("POST", `/${inputs.workspaceId}/use-cases`, {
      channel: inputs.channel,
      entity_name: inputs.entityName,
      name: inputs.name,
      setup_id: inputs.setupId,
    });
    return { id: useCase.id, outs: { ...inputs, tier: useCase.tier, createdAt: useCase.created_at } };
  },
  async diff(_id, olds, news) {
    const names = ["workspaceId", "channel", "entityName", "name", "setupId"];
    const replaces = names.filter((name) => olds[name] !== news[name]);
    return { changes: replaces.length > 0, replaces, deleteBeforeReplace: true };
  },
  async read(id, props) {
    const { items } = await call("GET", `/${props.workspaceId}/use-cases`);
    const useCase = items.find((item) => item.id === id);
    return useCase ? { id, props: { ...props, name: useCase.name } } : {};
  },
  async delete(id, props) {
    await call("DELETE", `/${props.workspaceId}/use-cases/${id}`);
  },
};

const bindingProvider = {
  async create(inputs) {
    const path = `/${inputs.workspaceId}/use-cases/${inputs.useCaseId}/service-binding`;
    const binding = await call("PUT", path, { service_id: inputs.serviceId });
    return { id: inputs.useCaseId, outs: { ...inputs, channel: binding.channel, createdAt: binding.created_at } };
  },
  async diff(_id, olds, news) {
    const names = ["workspaceId", "useCaseId", "serviceId"];
    const replaces = names.filter((name) => olds[name] !== news[name]);
    return { changes: replaces.length > 0, replaces, deleteBeforeReplace: true };
  },
  async read(id, props) {
    const binding = await call("GET", `/${props.workspaceId}/use-cases/${id}/service-binding`);
    return { id, props: { ...props, serviceId: binding.service_id } };
  },
  async delete(id, props) {
    await call("DELETE", `/${props.workspaceId}/use-cases/${id}/service-binding`);
  },
};

class Service extends pulumi.dynamic.Resource {
  constructor(name, args, opts) {
    super(serviceProvider, name, { agentName: undefined, createdAt: undefined, ...args }, opts);
  }
}

class UseCase extends pulumi.dynamic.Resource {
  constructor(name, args, opts) {
    super(useCaseProvider, name, { tier: undefined, createdAt: undefined, ...args }, opts);
  }
}

class ServiceBinding extends pulumi.dynamic.Resource {
  constructor(name, args, opts) {
    super(bindingProvider, name, { channel: undefined, createdAt: undefined, ...args }, opts);
  }
}

for (const [index, clinic] of clinics.entries()) {
  const service = new Service(`service-${index}`, {
    workspaceId,
    name: clinic.name,
    agentId,
    contextGraphId,
    description: clinic.description,
  });
  const useCase = new UseCase(`use-case-${index}`, {
    workspaceId,
    channel: "inbound_voice",
    entityName: "Clinic",
    name: clinic.useCase,
    setupId,
  });
  new ServiceBinding(`binding-${index}`, { workspaceId, useCaseId: useCase.id, serviceId: service.id });
}
