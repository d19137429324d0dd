import { type Guard, guardsOf } from "./guard.js";

const writes = guardsOf("src/resources/service-writes.ts");
const service = guardsOf("src/resources/service.ts");
const form = guardsOf("src/resources/service-form.ts");
const deletion = guardsOf("src/resources/service-deletion.ts");
const versionSet = guardsOf("src/resources/version-set.ts");
const fields = guardsOf("src/resources/fields.ts");

export const serviceGuards: Guard[] = [
  writes(1, "a PUT sends every field as it was read", "{ ...fullBody(current), ...changes }", "{ ...changes }"),
  writes(1, "null fields are left out of a PUT", ".filter(([, value]) => value !== null)"),
  writes(
    1,
    "a PUT starts from a read of its own, never from a shared list",
    "withOwnWrites(context, await context.client.getService(workspaceId, serviceId))",
    "withOwnWrites(context, await context.workspace(workspaceId).services.read(serviceId))",
  ),
  writes(
    1,
    "what this process wrote is laid over the read",
    "withOwnWrites(context, await context.client.getService(workspaceId, serviceId))",
    "await context.client.getService(workspaceId, serviceId)",
  ),
  writes(
    1,
    "version sets that a PUT wrote are laid over later reads",
    "if (!same(undefined, setOf(before, name), now)) written.sets.set(name, now ?? null);",
  ),
  writes(
    1,
    "one lock per service",
    // biome-ignore lint/suspicious/noTemplateCurlyInString: text of the source
    "return context.locks.run(`service ${serviceId}`, work);",
    "return work();",
  ),
  writes(
    1,
    "the lock is one per service, not one for all",
    // biome-ignore lint/suspicious/noTemplateCurlyInString: text of the source
    "return context.locks.run(`service ${serviceId}`, work);",
    'return context.locks.run("service", work);',
  ),
  service(
    1,
    "a field that changed while it was written is a warning",
    "    warnOfOthers(context, current, answer, changes);\n",
  ),
  service(
    1,
    "nothing is sent where nothing differs",
    "if (differing.length === 0 && dropped.length === 0) return live;",
  ),
  service(
    2,
    "a voice config is compared with its defaults filled in",
    "voiceConfig: { ...resets(null), normalise: withVoiceDefaults },",
    "voiceConfig: resets(null),",
  ),
  writes(
    2,
    "the voice config goes with every PUT",
    '    voice_config: service.voice_config as UpdateServiceBody["voice_config"],\n',
  ),
  fields(2, "the default of backchannelDelayMs", "  backchannelDelayMs: 400,\n"),
  fields(2, "the default of fillerStyle", '  fillerStyle: "backchannel",\n'),
  fields(2, "the default of forwardCallEnabled", "  forwardCallEnabled: false,\n"),
  versionSet(
    3,
    "a removal leaves the set out of the PUT",
    "const { [name]: _removed, ...others } = current.version_sets;",
    "const others = current.version_sets;",
  ),
  versionSet(
    3,
    "a set that survives its removal is told",
    "if (Object.hasOwn(after.version_sets, name)) {",
    "if (false) {",
  ),
  versionSet(
    3,
    "a write is read back until it shows",
    'return same({ change: "update", normalise: fields.withSetDefaults }, pickBody(declared), live) || undefined;',
    "return true;",
  ),
  writes(
    3,
    "inline sets are read back until they show",
    "if (shows(answer)) return answer;",
    "if (answer) return answer;",
  ),
  versionSet(
    3,
    "a set that was written is laid over later reads",
    "rememberSet(context, serviceId, name, versionSet);",
  ),
  versionSet(
    3,
    "a set that is not shown is looked for once more",
    ": withOwnWrites(context, await context.client.getService(workspaceId, serviceId));",
    ": listed;",
  ),
  versionSet(3, "onDelete retain", 'if (policy === "retain" || (', "if (("),
  versionSet(3, "onDelete reset", 'if (policy === "reset") await', "if (false) await"),
  writes(
    3,
    "removals of one service take turns",
    // biome-ignore lint/suspicious/noTemplateCurlyInString: text of the source
    "return context.locks.run(`service ${serviceId}`, work);",
    "return work();",
  ),
  fields(4, "edge is refused", '.refine((name) => name !== "edge", {', ".refine(() => true, {"),
  versionSet(
    4,
    "release is taken over as it is",
    'if (found === undefined || name === "release") return;',
    "if (found === undefined) return;",
  ),
  versionSet(4, "release is never removed", ' || (policy === "remove" && name === "release")'),
  service(4, "an inline release is never left out", '        name !== "release" &&\n'),
  form(
    4,
    "of the version sets a service shows only those that it declares",
    "Object.keys((declared.versionSets as object | undefined) ?? service.version_sets)",
    "Object.keys(service.version_sets)",
  ),
  service(
    5,
    "withdrawn inline sets become unmanaged",
    'withdrawn: "unmanaged", normalise: withSetDefaults',
    "withdrawn: { default: {} }, normalise: withSetDefaults",
  ),
  versionSet(
    5,
    "a set with other values is somebody else's",
    "refuseOthersSet(context, setOf(service, name), news, name);",
  ),
  fields(
    6,
    "the pattern of names",
    '.regex(/^[A-Za-z0-9_-]+$/, { error: "must consist of letters, digits, _ and -" })',
    ".min(1)",
  ),
  fields(6, "the length of names", "  .max(40)\n"),
  service(
    14,
    "a service is not deleted while others use it",
    "await refuseWhileInUse(context, workspaceId, id, state[HIDDEN.owner]);",
  ),
  deletion(14, "one scan per run", "if (!scan) {", "if (true) {"),
  deletion(
    14,
    "a failed scan is forgotten",
    "scan.catch(() => scans.delete(workspaceId));",
    "scan.catch(() => false);",
  ),
  deletion(14, "another owner's service stays", "if (service) refuseForeignOwner(service, owner);"),
  service(14, "a replacement deletes first", "deleteFirst: () => true,", "deleteFirst: () => false,"),
  writes(18, "system services are not written", "if (service.is_system) {", "if (false) {"),
  deletion(18, "system services are not deleted", "if (service?.is_system)", "if (false)"),
  versionSet(
    18,
    "a changed version set looks at its service first",
    "    await readForWrite(context, workspaceId, serviceId);\n    return (await write(",
    "    return (await write(",
  ),
  versionSet(
    18,
    "a reset looks at its service first",
    "  await readForWrite(context, workspaceId, serviceId);\n  await put(",
    "  await put(",
  ),
  service(19, "keyterms are a set", "keyterms: { ...resets([]), normalise: asSet },", "keyterms: resets([]),"),
  service(19, "tags are a set", "tags: { ...resets([]), normalise: asSet },", "tags: resets([]),"),
  fields(19, "at most 500 keyterms", "z.array(plainText(1, 128)).max(500)", "z.array(plainText(1, 128))"),
  fields(
    19,
    "at most 128 characters of a keyterm",
    "z.array(plainText(1, 128)).max(500)",
    "z.array(plainText(1, 256)).max(500)",
  ),
  fields(19, "at most 49 tags beside the owner mark", "  .max(49)"),
  form(
    19,
    "the owner mark is hidden",
    "tags: service.tags.filter(({ key }) => key !== fields.OWNER_TAG),",
    "tags: service.tags,",
  ),
  form(
    19,
    "the owner mark goes with every write",
    "return mark === undefined ? own :",
    "return own.length >= 0 ? own :",
  ),
];
