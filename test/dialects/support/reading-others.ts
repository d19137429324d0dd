import type { Scene } from "../../traps/support/scene.js";
import { answered, outcomeOf, raw, refusedAs, servicePath } from "./raw.js";
import type { Reading } from "./reading.js";

/** The provider reads many bindings at once; told to wait, it asks for nothing until then. */
const throttling = (setting: string, wire: string): Reading => ({
  setting,
  wire,
  provider:
    "a 429 was not carried out, so even a create is sent again; nobody sends anything before the time that the server gave",
  look: async (set: Scene) => {
    const service = set.othersService("Somebody's");
    const lines = Array.from({ length: 9 }, (_, index) => {
      const useCase = set.othersUseCase(`Line ${"abcdefghi"[index]}`);
      set.store.bind(useCase.id, service.id);
      const inputs = set.binding(useCase.id, service.id);
      return { kind: "serviceBinding" as const, id: useCase.id, inputs, outputs: inputs };
    });
    const run = set.run();
    const seen = await Promise.all(lines.map((line) => run.refresh(line)));
    const arrivals = set.emulator.requests.map(({ at, status }) => ({ at: Date.parse(at), status }));
    const refused = arrivals.find(({ status }) => status === 429);
    // Requests that were under way may still arrive; the server asks for a second or more.
    const early = arrivals.filter(({ at }) => refused && at > refused.at + 150 && at < refused.at + 850);
    return [refused !== undefined, early.length, seen.every(Boolean)];
  },
  byDefault: [false, 0, true],
  otherwise: [true, 0, true],
});

/** What the other switches change. */
export const otherReadings: readonly Reading[] = [
  {
    setting: "regionImmutable=true",
    wire: "a `region` in PATCH workspace is a 422",
    provider: "never sends an unchanged region; a changed one is tried, and its refusal explained",
    look: async (set) => {
      const run = set.run();
      const clinic = await run.create("workspace", set.workspace({ region: "us-east-1" }));
      const renamed = await outcomeOf(run.update(clinic, set.workspace({ region: "us-east-1", name: "Clinic II" })));
      const moved = run.update(clinic, set.workspace({ region: "eu-central-1", name: "Clinic II" }));
      const refused = await refusedAs(moved, /region is immutable here/);
      return [renamed, refused, set.store.workspaces.get(clinic.id)?.region];
    },
    byDefault: ["updated", "done", "eu-central-1"],
    otherwise: ["updated", true, "us-east-1"],
  },
  {
    setting: "archivedStatus=403",
    wire: "everything in an archived workspace is a 403 instead of a 404",
    provider:
      "either may mean that the workspace is archived: it says so and keeps state, of the workspace and of what is in it",
    look: async (set) => {
      const desk = await set.run().create("service", set.service());
      set.archive();
      set.clear();
      const refused = await refusedAs(set.run().refresh(desk), /is archived, or this key cannot see it/);
      return [answered(set, "get-service"), refused];
    },
    byDefault: [["get-service 404"], true],
    otherwise: [["get-service 403"], true],
  },
  {
    setting: "selfServiceRoute=me",
    wire: "self-service is `POST /v1/me/workspaces`, and the contract's route a 404",
    provider: "tries the newer route where the contract's one is missing, and remembers that for the run",
    look: async (set) => {
      const run = set.run();
      const first = await outcomeOf(run.create("workspace", set.workspace()).then(() => "made"));
      const second = await outcomeOf(run.create("workspace", set.workspace({ slug: "second" })).then(() => "made"));
      const posts = set.emulator.requests.filter(({ path }) => !path.includes("provision"));
      return [first, second, posts.map(({ path, status }) => `${path} ${status}`)];
    },
    byDefault: ["made", "made", ["/v1/workspaces/self-service 201", "/v1/workspaces/self-service 201"]],
    otherwise: ["made", "made", ["/v1/workspaces/self-service 404", "/v1/me/workspaces 201", "/v1/me/workspaces 201"]],
  },
  {
    setting: "listLagMs=150",
    wire: "lists show the state of a moment ago",
    provider: "does not take what this run has deleted for something that stands in the way",
    look: async (set) => {
      const calls = await set.run().create("useCase", set.useCase());
      set.store.load(set.store.snapshot());
      const { dialect } = set.emulator;
      dialect.listLagMs *= 10;
      const run = set.run();
      await run.remove(calls);
      const { body } = await raw(set, "GET", `/v1/${set.workspaceId}/use-cases`);
      const again = await outcomeOf(run.create("useCase", set.useCase()).then(() => "made"));
      return [body.items.length, again, set.store.useCases.list().length];
    },
    byDefault: [0, "made", 1],
    otherwise: [1, "made", 1],
  },
  {
    setting: "getLagMs=140",
    wire: "a GET of one thing shows the state of a moment ago: a 404 for what was just made",
    provider: "does not read before a write what this run has made, and waits for it where it reads after one",
    look: async (set) => {
      const { dialect } = set.emulator;
      dialect.getLagMs *= 4;
      const run = set.run({ settleSeconds: "3" });
      const desk = await run.create("service", set.service());
      set.clear();
      const canary = await outcomeOf(run.create("versionSet", set.versionSet(desk.id)).then(() => "made"));
      const stored = set.store.services.get(desk.id)?.version_sets.canary?.agent_version_number;
      return [answered(set).includes("get-service 404"), canary, stored];
    },
    byDefault: [false, "made", 1],
    otherwise: [true, "made", 1],
  },
  {
    setting: "deleteBoundService=refused",
    wire: "deleting a service that is bound is a 409",
    provider: "unbinds its own first and stops at others'; where one comes in between, the 409 fails the deletion",
    look: async (set) => {
      const desk = await set.run().create("service", set.service());
      const useCase = set.othersUseCase("Somebody's");
      const bind = () => void set.store.bind(useCase.id, desk.id);
      set.emulator.faults.add({ operation: "delete-service", when: "before", action: { kind: "call", fn: bind } });
      const refused = await refusedAs(set.run().remove(desk), /delete-service: .*409/);
      return [refused, set.store.services.get(desk.id) !== undefined, set.bound(useCase.id) === desk.id];
    },
    byDefault: ["done", false, true],
    otherwise: [true, true, true],
  },
  {
    setting: "deleteBoundService=cascades",
    wire: "deleting a service takes its bindings along",
    provider: "takes a binding that is gone, in a workspace that can be seen, for done",
    look: async (set) => {
      const run = set.run();
      const desk = await run.create("service", set.service());
      const calls = await run.create("useCase", set.useCase());
      const line = await run.create("serviceBinding", set.binding(calls.id, desk.id));
      await raw(set, "DELETE", servicePath(set, desk.id));
      set.clear();
      const removed = await outcomeOf(set.run().remove(line));
      return [removed, answered(set), set.bound(calls.id)];
    },
    byDefault: ["done", ["get-use-case-service-binding 200", "unbind-use-case-from-service 204"], undefined],
    otherwise: ["done", ["get-use-case-service-binding 404", "get-workspace 200"], undefined],
  },
  {
    setting: "useCaseUnique=false",
    wire: "an identical use case is made a second time instead of being a 409",
    provider: "lists before its first create of a run, and never makes one that stands already",
    look: async (set) => {
      const { channel, entityName: entity_name, name, setupId: setup_id } = set.useCase();
      const body = { channel, entity_name, name, setup_id };
      const first = await raw(set, "POST", `/v1/${set.workspaceId}/use-cases`, body);
      const second = await raw(set, "POST", `/v1/${set.workspaceId}/use-cases`, body);
      set.store.useCases.delete(second.body.id);
      set.clear();
      const refused = await refusedAs(set.run().create("useCase", set.useCase()), new RegExp(first.body.id));
      return [second.status, refused, set.store.useCases.list().length];
    },
    byDefault: [409, true, 1],
    otherwise: [201, true, 1],
  },
  throttling("rateLimit=seconds", "too many requests are a 429 with `Retry-After` in seconds"),
  throttling("rateLimit=date", "too many requests are a 429 with `Retry-After` as a date"),
  throttling("rateLimit=absent", "too many requests are a 429 without `Retry-After`; `X-RateLimit-Reset` says when"),
  {
    setting: "validationBodies=empty",
    wire: "a 422 has no body",
    provider: "knows a refusal by operation, status and what was sent, not by its words",
    look: async (set) => {
      set.emulator.dialect.regionImmutable = true;
      const run = set.run();
      const clinic = await run.create("workspace", set.workspace({ region: "us-east-1" }));
      const { body } = await raw(set, "PATCH", `/v1/workspaces/${clinic.id}`, { region: "eu-central-1" });
      const moved = run.update(clinic, set.workspace({ region: "eu-central-1" }));
      return [body === undefined, await refusedAs(moved, /region is immutable here/)];
    },
    byDefault: [false, true],
    otherwise: [true, true],
  },
  {
    setting: "errorBodies=object",
    wire: "the `detail` of an error is an object",
    provider: "finds the server's words in every likely shape, and tells them as they are",
    look: async (set) => {
      const setupId = set.ids.setups.voiceUnapproved;
      const { channel, entityName: entity_name, name } = set.useCase();
      const asked = { channel, entity_name, name, setup_id: setupId };
      const { body } = await raw(set, "POST", `/v1/${set.workspaceId}/use-cases`, asked);
      const create = set.run().create("useCase", set.useCase({ setupId }));
      return [typeof body.detail, await refusedAs(create, /: Setup not approved: [\w-]+\.? \(409/)];
    },
    byDefault: ["string", true],
    otherwise: ["object", true],
  },
  {
    setting: "errorBodies=empty",
    wire: "errors have no body",
    provider: "looks for what a 409 may mean instead of reading it in the words, and names what it finds",
    look: async (set) => {
      const { status, body } = await raw(set, "GET", "/v1/nowhere");
      const made: string[] = [];
      const fn = () => void made.push(set.othersUseCase("Line").id);
      set.emulator.faults.add({ operation: "create-use-case", when: "before", times: 1, action: { kind: "call", fn } });
      const message = await outcomeOf(set.run().create("useCase", set.useCase()));
      return [status, body === undefined, String(message).includes(`use case ${made[0]} has this channel`)];
    },
    byDefault: [404, false, true],
    otherwise: [404, true, true],
  },
];
