/** Where a run is killed: which request of it, and whether the server has carried that request out. */
export interface Boundary {
  readonly phase: "deploy" | "destroy";
  /** `cli`: the CLI and all that it has started; `provider`: the provider process alone, so that the CLI goes on. */
  readonly victim: "cli" | "provider";
  readonly when: "before" | "after";
  /** The request, counted from 1 in the order of arrival; of this operation, where one is given. */
  readonly request: number;
  readonly operation?: string;
}

export interface Outcome {
  readonly boundary: Boundary;
  /** The operation that the kill struck; undefined when the run had no such request. */
  readonly struck?: string;
  /** What `recover` said of each create, as `Kind outcome`. */
  readonly recovered: readonly string[];
  /** What was wrong in the end, each as a sentence; empty when all was right. */
  readonly failures: readonly string[];
  readonly ms: number;
}

export function boundaryText({ phase, victim, when, request, operation }: Boundary): string {
  return `${phase}: ${victim} killed ${when} ${operation ?? "request"} ${request}`;
}

/** Every boundary of a run whose requests were these: a read has no "after", since it commits nothing. */
export function boundariesOf(phase: Boundary["phase"], methods: readonly string[]): Boundary[] {
  return (["cli", "provider"] as const).flatMap((victim) =>
    methods.flatMap((method, index) =>
      (method === "GET" ? (["before"] as const) : (["before", "after"] as const)).map((when) => ({
        phase,
        victim,
        when,
        request: index + 1,
      })),
    ),
  );
}
