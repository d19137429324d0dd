import { type Guard, guardsOf } from "./guard.js";

const workspace = guardsOf("src/resources/workspace.ts");
const children = guardsOf("src/resources/children.ts");
const client = guardsOf("src/api/client.ts");
const context = guardsOf("src/engine/context.ts");
const numbers = guardsOf("src/resources/test-caller-numbers.ts");

export const workspaceGuards: Guard[] = [
  children(3, "what is not found in a visible workspace is gone", "    return undefined;\n", "    throw error;\n"),
  workspace(
    7,
    "a create that stopped half-way keeps the id",
    "throw new Unfinished(made.id, existing(reached).live, error);",
    "throw error;",
  ),
  workspace(
    7,
    "an update that stopped half-way keeps what it reached",
    "throw new Unfinished(id, reached, error);",
    "throw error;",
  ),
  workspace(
    7,
    "an update provisions what is not provisioned yet",
    "if (wanted.provision !== false && reached.provisionedAt === undefined) {",
    "if (false) {",
  ),
  workspace(
    7,
    "the connector is set after the POST",
    "if (news.connectorType !== undefined && news.connectorType !== made.connector_type) {",
    "if (false) {",
  ),
  workspace(
    8,
    "self-service is the default",
    'return news.creation === "bootstrap"',
    'return news.creation !== "self-service"',
  ),
  client(8, "only 404 and 405 mean a missing route", "&& (error.status === 404 || error.status === 405)"),
  client(8, "a 405 means a missing route", "(error.status === 404 || error.status === 405)", "(error.status === 404)"),
  client(8, "a moved route is tried", "if (!isMissingRoute(error)) throw error;", "throw error;"),
  client(8, "a moved route is remembered", "if (movedSelfService.has(address))", "if (false)"),
  children(
    9,
    "a child's 404 or 403 asks for the workspace",
    "    await workspaceMustBeVisible(context, workspaceId);\n    if",
    "    if",
  ),
  children(
    9,
    "a child that a list lacks asks for the workspace",
    "  if (found === undefined) await workspaceMustBeVisible(context, workspaceId);\n",
  ),
  children(9, "a 403 in a visible workspace stays one", "    if (PermissionError.isInstance(error)) throw error;\n"),
  workspace(
    9,
    "a workspace that cannot be seen is not gone",
    "if (!NotFoundError.isInstance(error) && !PermissionError.isInstance(error)) throw error;",
    "throw error;",
  ),
  workspace(9, "an archived workspace is archived", "if (NotFoundError.isInstance(error)) return;"),
  workspace(
    9,
    "deletionProtection is on by default",
    "if (state.deletionProtection !== false) {",
    "if (state.deletionProtection === true) {",
  ),
  workspace(9, "a replacement needs a new slug", "  rules,\n  // A new slug", "  // A new slug"),
  workspace(9, "what replaces a workspace is made first", "deleteFirst: () => false,", "deleteFirst: () => true,"),
  context(9, "one look at a workspace answers for many children", "if (!visible) {", "if (true) {"),
  workspace(
    10,
    "only what differs is sent",
    "wanted[name] !== undefined && !same(undefined, wanted[name], live[name])",
    "wanted[name] !== undefined",
  ),
  workspace(
    10,
    "a 422 of the region is explained",
    "if (body.region === undefined || (error as { status?: number }).status !== 422) throw error;",
    "throw error;",
  ),
  workspace(10, "a 422 without a region is not", "body.region === undefined || "),
  workspace(10, "a refused region does not reach state", "throw new Unfinished(id, reached, error);", "throw error;"),
  workspace(
    10,
    "a withdrawn region is unmanaged",
    'region: { change: "update", withdrawn: "unmanaged" },',
    'region: { change: "update", withdrawn: { default: "us-east-1" } },',
  ),
  workspace(12, "a workspace is found only if it is as asked for", "if (found && asAsked && time", "if (found && time"),
  workspace(
    12,
    "a workspace is found only if it is not older",
    "asAsked && timeOf(found.created_at) >= startedAt - CLOCK_TOLERANCE_MS",
    "asAsked",
  ),
  numbers(15, "the form of a number", "z.string().regex(/^\\+[1-9]\\d{1,14}$/, {", "z.string().regex(/^/, {"),
  numbers(15, "no number twice", "  rules: ({ numbers }) => repeated(numbers),\n"),
  numbers(15, "at most 20 numbers", "    .max(20),", "    .max(200),"),
  numbers(
    15,
    "numbers are a set",
    'const numbersProperty = { change: "update", normalise: asSet } as const;',
    'const numbersProperty = { change: "update", normalise: (value: unknown) => value } as const;',
  ),
  numbers(15, "a foreign list needs adopt", "if (numbers.length > 0 && news.adopt !== true) {", "if (false) {"),
  numbers(15, "others' numbers are named before they go", "if (others.length > 0) {", "if (false) {"),
  numbers(15, "deleting empties the list", "await context.client.updateTestCallerNumbers(id, []);"),
];
