import { type Guard, guardsOf } from "./guard.js";

const useCase = guardsOf("src/resources/use-case.ts");
const binding = guardsOf("src/resources/service-binding.ts");
const moves = guardsOf("src/resources/binding-moves.ts");
const hints = guardsOf("src/api/hints.ts");
const children = guardsOf("src/resources/children.ts");
const service = guardsOf("src/resources/service.ts");
const retry = guardsOf("src/api/interceptors/retry.ts");
const settle = guardsOf("src/resources/settle.ts");
const memory = guardsOf("src/engine/memory.ts");
const context = guardsOf("src/engine/context.ts");

const keyOrder = "deleteFirst: (replaces) => !NATURAL_KEY.some((name) => replaces.includes(name)),";
const ownerMatch = "if (found && news[HIDDEN.owner] !== undefined && ownerOf(found) === news[HIDDEN.owner])";

export const lineGuards: Guard[] = [
  useCase(
    11,
    "a second list before a use case is called gone",
    "async () => byId(await useCases.shared()) ?? byId(await useCases.fresh()),",
    "async () => byId(await useCases.shared()),",
  ),
  useCase(11, "under another key the new one comes first", keyOrder, "deleteFirst: () => true,"),
  useCase(11, "under the same key the old one goes first", keyOrder, "deleteFirst: () => false,"),
  useCase(
    11,
    "a failed deletion says that the binding was removed",
    "if (unbound !== undefined && AmigoError.isInstance(error)) {",
    "if (false) {",
  ),
  memory(
    11,
    "a binding that was left alone does not count as removed",
    // biome-ignore lint/suspicious/noTemplateCurlyInString: text of the source
    "if (this.leftIds.has(`${kind} ${id}`)) return;",
  ),
  hints(
    11,
    "a setup that is not approved is recognised",
    '{ operations: ["create-use-case"], statuses: [409], when: /approv|pending|verif/i, hint: setupNotApproved },',
  ),
  hints(
    11,
    "assigned phone numbers are recognised",
    '{ operations: ["delete-use-case"], statuses: [409], when: /phone|number|assign/i, hint: phoneAssigned },',
    '{ operations: ["delete-use-case"], statuses: [409], hint: stillBound },',
  ),
  useCase(11, "a 409 looks for the one that exists", "if (holder) return takeOver(context, news, holder, error);"),
  useCase(11, "the channel is part of the key", "useCase.channel === values.channel && "),
  useCase(11, "the entity name is part of the key", "useCase.entity_name === values.entityName && "),
  service(12, "a lost service is looked up", "if (!outcomeUnknown(error)) throw error;", "throw error;"),
  service(12, "only a service with our owner mark is ours", ownerMatch, "if (found)"),
  service(
    12,
    "without a mark of its own nothing is ours",
    ownerMatch,
    "if (found && ownerOf(found) === news[HIDDEN.owner])",
  ),
  retry(
    12,
    "a create is not sent again unless it was not carried out",
    'return request.operation.kind !== "create" || error.outcome === "not-sent";',
    "return true;",
  ),
  useCase(12, "what was there before is not ours", "!known.has(useCase.id) && "),
  useCase(12, "what another resource holds is not ours", ' && !context.memory.isHeld("UseCase", useCase.id)'),
  useCase(12, "one match only", "found?.length === 1 ? found[0] : undefined", "found?.[0]"),
  useCase(
    12,
    "a match that differs is not ours",
    "if (only && differencesOf(news, only).length === 0) {",
    "if (only) {",
  ),
  useCase(12, "an identical one stops the POST", "if (standing) return takeOver(context, news, standing);"),
  useCase(
    12,
    "taking over needs adopt",
    "if (news.adopt === true && differing.length === 0) {",
    "if (differing.length === 0) {",
  ),
  useCase(
    12,
    "taking over needs the same values",
    "if (news.adopt === true && differing.length === 0) {",
    "if (news.adopt === true) {",
  ),
  context(12, "one list before the first use case of a run", "if (!before) {", "if (true) {"),
  settle(
    12,
    "a lost create is looked for until the time is over",
    "if (found !== undefined || left <= 0) return found;",
    "return found;",
  ),
  children(12, "the 404 of a repeated DELETE is done", "    return undefined;\n", "    throw error;\n"),
  binding(13, "a create does not take a line over", "if (current) refuseTakeover(context, current, news);"),
  binding(
    13,
    "an update does not take a line over",
    "if (current && current.service_id !== olds.serviceId) refuseTakeover(context, current, wanted);",
  ),
  binding(
    13,
    "the service in our own state is no third one",
    "if (current && current.service_id !== olds.serviceId) refuse",
    "if (current) refuse",
  ),
  binding(13, "a binding as declared is not written again", "if (current?.service_id === serviceId) {", "if (false) {"),
  binding(
    13,
    "a binding that was moved is not deleted",
    "if (current.service_id !== state.serviceId) {",
    "if (false) {",
  ),
  binding(
    13,
    "an update that finds its goal reached writes nothing",
    "if (current?.service_id === serviceId) return existing(current).live;",
  ),
  binding(
    13,
    "check records what each binding wants",
    "recordMove(context, { workspaceId, useCaseId, from, to: serviceId });",
  ),
  moves(13, "the holder's check may come later", "} else if (Date.now() < end) {", "} else if (false) {"),
  moves(
    13,
    "what failed half-way is restored",
    "const failed = await restoreAll(context, workspaceId, restore);",
    "const failed: string[] = [];",
  ),
  moves(
    13,
    "the bindings that made way are bound anew",
    "    for (const { useCaseId, to } of [...holders].reverse())\n      await context.client.bindUseCase(workspaceId, useCaseId, to);\n",
  ),
  moves(
    13,
    "a holder outside this run is named",
    // biome-ignore lint/suspicious/noTemplateCurlyInString: text of the source
    " ${await nameHolder(context, workspaceId, wish, channel)}",
  ),
  memory(
    14,
    "a binding that was left alone still protects its service",
    // biome-ignore lint/suspicious/noTemplateCurlyInString: text of the source
    "if (this.leftIds.has(`${kind} ${id}`)) return;",
  ),
  binding(14, "an unknown service unbinds first", ", unknownReplaces: true"),
  useCase(
    16,
    "the ends of a use case's description are not compared",
    "normalise: (value) => asText(value) || undefined",
    "normalise: (value) => value || undefined",
  ),
  service(
    16,
    "the ends of a service's description are not compared",
    'description: { ...resets(""), normalise: asText },',
    'description: resets(""),',
  ),
];
