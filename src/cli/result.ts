import { InvalidArgumentError, Option } from "commander";

const FORMATS = ["text", "markdown", "json"] as const;
export type Format = (typeof FORMATS)[number];

export interface FormatFlags {
  readonly format: Format;
  readonly json?: boolean;
}

export function formatOption(): Option {
  return new Option("--format <format>", "how the result is printed").choices(FORMATS).default("text");
}

export function jsonOption(): Option {
  return new Option("--json", "the same as --format json").implies({ format: "json" });
}

/** Prints the result, each form of which is made only when it is asked for. */
export function printResult(
  { format, json }: FormatFlags,
  forms: Record<"text" | "markdown", () => string> & { json: () => unknown },
) {
  // Both at once are one JSON value, as whoever reads it expects.
  console.log(json || format === "json" ? JSON.stringify(forms.json(), undefined, 2) : forms[format]());
}

/** A parser of `a,b` that takes these words only. */
export function wordsOf<Word extends string>(known: readonly Word[]) {
  return (text: string): Word[] => {
    const words = text.split(",").map((word) => word.trim());
    const wrong = words.find((word) => !known.includes(word as Word));
    if (wrong !== undefined) throw new InvalidArgumentError(`"${wrong}" is none of ${known.join(", ")}.`);
    return words as Word[];
  };
}
