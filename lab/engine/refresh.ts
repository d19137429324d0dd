import { StepFailed, type Steps } from "./steps.js";

/** Reads every resource, takes what exists into state, and drops what is gone. */
export async function refresh(steps: Steps, targets?: readonly string[]): Promise<void> {
  const entries = steps.state.entries.filter(({ urn }) => targets?.includes(urn) ?? true);
  const results = await Promise.allSettled(entries.map((entry) => steps.read(entry)));
  for (const result of results) {
    if (result.status === "fulfilled") continue;
    if (!(result.reason instanceof StepFailed)) throw result.reason;
    steps.fail(result.reason);
  }
  const failure = results.find((result) => result.status === "rejected");
  if (failure) throw failure.reason;
}
