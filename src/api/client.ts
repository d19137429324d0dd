import type { ZodType } from "zod";
import type * as bodies from "./bodies.js";
import { Connection } from "./connection.js";
import { ApiError } from "./errors.js";
import { checkIdentity, type Fact, factsOf } from "./identity.js";
import type { Listed } from "./listed.js";
import { movedSelfServicePath, type OperationId, operations } from "./operations.js";
import type { ClientOptions } from "./options.js";
import { allItems, PageWalk } from "./pages.js";
import { misfit, parseReply } from "./parse.js";
import { buildPath, buildQuery, type PathParameters } from "./paths.js";
import * as schemas from "./schemas.js";

/** The API addresses of this process whose self-service route is the newer one. */
const movedSelfService = new Set<string>();

/**
 * One method per operation of the contract. Every method answers the parsed response in the API's own snake_case or throws an error of
 * the AmigoError family; a 404 is always a NotFoundError. Wrong ids, names and settings are SettingsErrors before anything is sent.
 */
export class AmigoClient {
  readonly #connection: Connection;

  constructor(options: ClientOptions) {
    this.#connection = new Connection(options);
  }

  /** Waits for what is under way and closes the connections; a later call opens new ones. */
  async close(): Promise<void> {
    await this.#connection.close();
  }

  async listWorkspacesPage(page: bodies.PageRequest = {}): Promise<schemas.Page<schemas.WorkspaceResponse>> {
    return readable("list-workspaces", operations["list-workspaces"].path, await this.#workspacePage(page));
  }

  /** All pages; a thing that moved between pages during the scan may be missing, never double. */
  async listWorkspaces(): Promise<Listed<schemas.WorkspaceResponse>> {
    return allItems("list-workspaces", operations["list-workspaces"].path, (page) => this.#workspacePage(page));
  }

  /** The bootstrap route: makes a workspace without an owner, which nobody can archive. */
  async createWorkspace(body: bodies.CreateWorkspaceBody): Promise<schemas.WorkspaceResponse> {
    return this.#call("create-workspace", {}, { body, schema: schemas.workspaceSchema, facts: newWorkspace(body) });
  }

  /** The caller becomes the owner. A server without the route (404, 405) gets the same at its newer address. */
  async createSelfServiceWorkspace(body: bodies.CreateWorkspaceBody): Promise<schemas.WorkspaceResponse> {
    const request = { body, schema: schemas.workspaceSchema, facts: newWorkspace(body) };
    const address = this.#connection.baseUrl;
    const moved = { ...request, template: movedSelfServicePath };
    if (movedSelfService.has(address)) return this.#call("create-self-service-workspace", {}, moved);
    try {
      return await this.#call("create-self-service-workspace", {}, request);
    } catch (error) {
      if (!isMissingRoute(error)) throw error;
    }
    try {
      const workspace = await this.#call("create-self-service-workspace", {}, moved);
      movedSelfService.add(address);
      return workspace;
    } catch (error) {
      if (ApiError.isInstance(error) && !isMissingRoute(error)) movedSelfService.add(address);
      throw error;
    }
  }

  async getWorkspace(workspaceId: string): Promise<schemas.WorkspaceResponse> {
    const request = { schema: schemas.workspaceSchema, facts: idOf(workspaceId) };
    return this.#call("get-workspace", { workspace_id: workspaceId }, request);
  }

  async updateWorkspace(workspaceId: string, body: bodies.UpdateWorkspaceBody): Promise<schemas.WorkspaceResponse> {
    const request = { body, schema: schemas.workspaceSchema, facts: idOf(workspaceId) };
    return this.#call("update-workspace", { workspace_id: workspaceId }, request);
  }

  /** Cannot be undone; `slug` must repeat the workspace's slug. */
  async archiveWorkspace(workspaceId: string, slug: string): Promise<schemas.WorkspaceResponse> {
    const request = { body: { slug }, schema: schemas.workspaceSchema, facts: idOf(workspaceId) };
    return this.#call("archive-workspace", { workspace_id: workspaceId }, request);
  }

  async provisionWorkspace(workspaceId: string): Promise<schemas.WorkspaceResponse> {
    const facts = ({ workspace }: { workspace: object }) => factsOf(workspace, { id: workspaceId }, "workspace.");
    const request = { schema: schemas.provisionSchema, facts };
    return (await this.#call("provision-workspace", { workspace_id: workspaceId }, request)).workspace;
  }

  async getTestCallerNumbers(workspaceId: string): Promise<schemas.TestCallerNumbersResponse> {
    const request = { schema: schemas.testCallerNumbersSchema };
    return this.#call("get-test-caller-numbers", { workspace_id: workspaceId }, request);
  }

  /** Replaces the whole list. */
  async updateTestCallerNumbers(workspaceId: string, numbers: string[]): Promise<schemas.TestCallerNumbersResponse> {
    const request = { body: { numbers }, schema: schemas.testCallerNumbersSchema };
    return this.#call("update-test-caller-numbers", { workspace_id: workspaceId }, request);
  }

  async listServicesPage(
    workspaceId: string,
    page: bodies.PageRequest & bodies.ServiceFilters = {},
  ): Promise<schemas.Page<schemas.ServiceResponse>> {
    return readable("list-services", servicesPath(workspaceId), await this.#servicePage(workspaceId, page));
  }

  /** The pages of all services, to be read one after another as far as needed. */
  walkServices(workspaceId: string, filters: bodies.ServiceFilters = {}): PageWalk<schemas.ServiceResponse> {
    return new PageWalk({
      operation: "list-services",
      path: servicesPath(workspaceId),
      fetch: (page) => this.#servicePage(workspaceId, { ...filters, ...page }),
      isFiltered: hasValue(filters),
    });
  }

  /** All pages; a thing that moved between pages during the scan may be missing, never double. */
  async listServices(
    workspaceId: string,
    filters: bodies.ServiceFilters = {},
  ): Promise<Listed<schemas.ServiceResponse>> {
    return this.walkServices(workspaceId, filters).all();
  }

  async getService(workspaceId: string, serviceId: string): Promise<schemas.ServiceResponse> {
    const parameters = { workspace_id: workspaceId, service_id: serviceId };
    return this.#call("get-service", parameters, {
      schema: schemas.serviceSchema,
      facts: idOf(serviceId, workspaceId),
    });
  }

  async createService(workspaceId: string, body: bodies.CreateServiceBody): Promise<schemas.ServiceResponse> {
    const facts = (made: object) => factsOf(made, { id: undefined, workspace_id: workspaceId, name: body.name });
    return this.#call("create-service", { workspace_id: workspaceId }, { body, schema: schemas.serviceSchema, facts });
  }

  async updateService(
    workspaceId: string,
    serviceId: string,
    body: bodies.UpdateServiceBody,
  ): Promise<schemas.ServiceResponse> {
    const parameters = { workspace_id: workspaceId, service_id: serviceId };
    const request = { body, schema: schemas.serviceSchema, facts: idOf(serviceId, workspaceId) };
    return this.#call("update-service", parameters, request);
  }

  async deleteService(workspaceId: string, serviceId: string): Promise<void> {
    await this.#call("delete-service", { workspace_id: workspaceId, service_id: serviceId }, {});
  }

  async upsertVersionSet(
    workspaceId: string,
    serviceId: string,
    name: string,
    versionSet: bodies.VersionSetBody,
  ): Promise<void> {
    const parameters = { workspace_id: workspaceId, service_id: serviceId, name };
    await this.#call("upsert-service-version-set", parameters, { body: { version_set: versionSet } });
  }

  /**
   * Documented as one list without pages; an answer that says that there is more is followed all
   * the same.
   */
  async listUseCases(
    workspaceId: string,
    filters: bodies.UseCaseFilters = {},
  ): Promise<Listed<schemas.UseCaseResponse>> {
    const parameters = { workspace_id: workspaceId };
    const { entity_name, channel, setup_id } = filters;
    const fetch = ({ limit, continuationToken }: bodies.PageRequest) => {
      const further = continuationToken === undefined ? {} : { limit, continuation_token: continuationToken };
      const query = { entity_name, channel, setup_id, ...further };
      return this.#call("list-use-cases", parameters, { query, schema: schemas.useCasePageSchema });
    };
    const path = buildPath(operations["list-use-cases"].path, parameters);
    return allItems("list-use-cases", path, fetch, hasValue(filters));
  }

  async createUseCase(workspaceId: string, body: bodies.CreateUseCaseBody): Promise<schemas.UseCaseResponse> {
    const { channel, entity_name, name } = body;
    const facts = (made: object) => factsOf(made, { id: undefined, channel, entity_name, name });
    return this.#call("create-use-case", { workspace_id: workspaceId }, { body, schema: schemas.useCaseSchema, facts });
  }

  async deleteUseCase(workspaceId: string, useCaseId: string): Promise<void> {
    await this.#call("delete-use-case", { workspace_id: workspaceId, use_case_id: useCaseId }, {});
  }

  /** Throws NotFoundError when the use case is not bound. */
  async getServiceBinding(workspaceId: string, useCaseId: string): Promise<schemas.ServiceBindingResponse> {
    const parameters = { workspace_id: workspaceId, use_case_id: useCaseId };
    const facts = (bound: object) => factsOf(bound, { ...parameters, service_id: undefined });
    return this.#call("get-use-case-service-binding", parameters, { schema: schemas.serviceBindingSchema, facts });
  }

  /** Takes the use case from whatever service it was bound to. */
  async bindUseCase(
    workspaceId: string,
    useCaseId: string,
    serviceId: string,
  ): Promise<schemas.ServiceBindingResponse> {
    const parameters = { workspace_id: workspaceId, use_case_id: useCaseId };
    const facts = (bound: object) => factsOf(bound, { ...parameters, service_id: serviceId });
    const request = { body: { service_id: serviceId }, schema: schemas.serviceBindingSchema, facts };
    return this.#call("bind-use-case-to-service", parameters, request);
  }

  async unbindUseCase(workspaceId: string, useCaseId: string): Promise<void> {
    await this.#call("unbind-use-case-from-service", { workspace_id: workspaceId, use_case_id: useCaseId }, {});
  }

  #workspacePage(page: bodies.PageRequest): Promise<schemas.Page<schemas.WorkspaceResponse>> {
    return this.#call("list-workspaces", {}, { query: pageQuery(page), schema: schemas.workspacePageSchema });
  }

  #servicePage(
    workspaceId: string,
    page: bodies.PageRequest & bodies.ServiceFilters,
  ): Promise<schemas.Page<schemas.ServiceResponse>> {
    const query = { ...pageQuery(page), search: page.search, is_active: page.isActive };
    const facts = ({ items }: { items: object[] }) =>
      items.flatMap((item, index) => factsOf(item, { workspace_id: workspaceId }, `items[${index}].`));
    const request = { query, schema: schemas.servicePageSchema, facts };
    return this.#call("list-services", { workspace_id: workspaceId }, request);
  }

  async #call<Result>(id: OperationId, parameters: PathParameters, call: Call<Result>): Promise<Result> {
    const operation = operations[id];
    const path = buildPath(call.template ?? operation.path, parameters) + buildQuery(call.query ?? {});
    const body = call.body === undefined ? undefined : JSON.stringify(call.body);
    const reply = await this.#connection.send({ operation, path, body });
    if (call.schema === undefined) return undefined as Result;
    const answer = parseReply(operation, path, reply, call.schema);
    await checkIdentity(operation, path, reply, call.facts?.(answer) ?? []);
    return answer;
  }
}

interface Call<Result> {
  body?: object;
  query?: Record<string, string | number | boolean | undefined>;
  schema?: ZodType<Result>;
  /** What the answer must say of itself. */
  facts?: (answer: Result) => Fact[];
  /** Instead of the operation's own path. */
  template?: string;
}

function pageQuery({ limit = 20, continuationToken }: bodies.PageRequest) {
  return { limit, continuation_token: continuationToken };
}

function servicesPath(workspaceId: string): string {
  return buildPath(operations["list-services"].path, { workspace_id: workspaceId });
}

function hasValue(filters: object): boolean {
  return Object.values(filters).some((value) => value !== undefined);
}

/** The page, if at least one of its entries could be read. */
function readable<Item>(operation: OperationId, path: string, page: schemas.Page<Item>): schemas.Page<Item> {
  const [first] = page.items.unreadable ?? [];
  if (page.items.length > 0 || first === undefined) return page;
  const request = { operation, method: "GET", path, outcome: "rejected" as const, attempts: 1 };
  throw misfit(request, ["items", first.index, ...first.path], first.message, "200");
}

/** The answer is about this workspace, or this service of a workspace. */
function idOf(id: string, workspaceId?: string): (answer: object) => Fact[] {
  return (answer) => factsOf(answer, { id, ...(workspaceId && { workspace_id: workspaceId }) });
}

function newWorkspace({ slug }: bodies.CreateWorkspaceBody): (answer: object) => Fact[] {
  return (answer) => factsOf(answer, { id: undefined, slug });
}

function isMissingRoute(error: unknown): boolean {
  return ApiError.isInstance(error) && (error.status === 404 || error.status === 405);
}
