import type { Scene } from "../../traps/support/scene.js";

export interface RawAnswer {
  readonly status: number;
  /** Undefined where the answer has none. */
  // biome-ignore lint/suspicious/noExplicitAny: tests look into bodies of every shape
  readonly body: any;
}

/** A request as somebody else makes it, without the provider. */
export async function raw(set: Scene, method: string, path: string, body?: unknown): Promise<RawAnswer> {
  const headers = { authorization: "Bearer amigo-demo-key", "content-type": "application/json" };
  const answer = await fetch(set.emulator.url + path, { method, headers, body: JSON.stringify(body) });
  const text = await answer.text();
  return { status: answer.status, body: text === "" ? undefined : JSON.parse(text) };
}

export const servicePath = (set: Scene, id: string) => `/v1/${set.workspaceId}/services/${id}`;

/** What the provider asked for since the last look, as `operation status`. */
export function answered(set: Scene, ...operations: readonly string[]): string[] {
  const { requests } = set.emulator;
  return requests
    .filter(({ operation }) => operations.length === 0 || operations.includes(operation ?? ""))
    .map(({ operation, path, status }) => `${operation ?? path} ${status}`);
}

/** The message of work that fails, or what it answers. */
export async function outcomeOf(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    (done) => done ?? "done",
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  );
}

/** How the work ends, and whether a failure's message fits. */
export async function refusedAs(work: Promise<unknown>, message: RegExp): Promise<boolean | "done"> {
  return work.then(
    () => "done" as const,
    (error: unknown) => message.test(error instanceof Error ? error.message : String(error)),
  );
}
