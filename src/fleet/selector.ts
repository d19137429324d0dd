import { didYouMean } from "../engine/nearest.js";

/** What selectors look at. */
export interface Labelled {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
}

interface Condition {
  readonly key: string;
  readonly value: string;
  readonly equal: boolean;
}

/** A choice of stacks: `env=production,region!=eu`. */
export class Selector {
  private constructor(
    readonly text: string,
    private readonly conditions: readonly Condition[],
  ) {}

  /** Throws a sentence where the text is no selector. */
  static parse(text: string): Selector {
    const conditions = text.split(",").map((part): Condition => {
      const [, key, sign, value] = /^\s*([\w./-]+)\s*(!=|=)\s*([^=!]*?)\s*$/.exec(part) ?? [];
      if (key === undefined || value === undefined) {
        throw new Error(
          `found ${JSON.stringify(part)}; must be key=value or key!=value, with a comma between conditions, such as env=production,region!=eu`,
        );
      }
      return { key, value, equal: sign === "=" };
    });
    return new Selector(text, conditions);
  }

  matches({ name, labels }: Labelled): boolean {
    const values = new Map([["name", name], ...Object.entries(labels)]);
    return this.conditions.every(({ key, value, equal }) => (values.get(key) === value) === equal);
  }

  /** Why it may have chosen none of these: a key that none of them has, with the nearest name. */
  hint(stacks: readonly Labelled[]): string {
    const known = [...new Set(["name", ...stacks.flatMap(({ labels }) => Object.keys(labels))])];
    const unknown = this.conditions.find(({ key }) => !known.includes(key));
    return unknown === undefined ? "" : `: no stack has the label ${unknown.key}${didYouMean(unknown.key, known)}`;
  }
}
