import { type Answer, type Call, readMoment } from "./call.js";
import { requireWorkspace } from "./workspaces.js";

export function getTestCallerNumbers(call: Call): Answer {
  const workspace = requireWorkspace(call);
  const shown = call.store.workspaces.get(workspace.id, readMoment(call)) ?? workspace;
  return { status: 200, body: { numbers: shown.test_caller_numbers } };
}

/** Replaces the whole list. */
export function updateTestCallerNumbers(call: Call): Answer {
  const workspace = requireWorkspace(call);
  const { numbers } = call.body as { numbers: string[] };
  const updated = call.store.workspaces.update(workspace.id, { test_caller_numbers: numbers });
  return { status: 200, body: { numbers: updated.test_caller_numbers } };
}
