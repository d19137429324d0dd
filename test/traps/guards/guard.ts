/** A smallest change of the source that takes one guard away, so that the tests of its trap must notice. */
export interface Guard {
  readonly trap: number;
  /** What the guard is, in a clause. */
  readonly guard: string;
  /** From the package's root. */
  readonly file: string;
  /** Occurs exactly once in the file. */
  readonly find: string;
  readonly replace: string;
}

type Take = (trap: number, guard: string, find: string, replace?: string) => Guard;

/** Makes the guards of one file; without a replacement the text is left out. */
export function guardsOf(file: string): Take {
  return (trap, guard, find, replace = "") => ({ trap, guard, file, find, replace });
}
