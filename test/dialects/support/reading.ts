import type { Scene } from "../../traps/support/scene.js";

/** How one setting shows, on the wire and in what the provider does; rows of docs/dialects.md. */
export interface Reading {
  /** The label of the setting. */
  readonly setting: string;
  /** What is different on the wire, in a clause. */
  readonly wire: string;
  /** What the provider does about it. */
  readonly provider: string;
  /** What can be seen of both; run on a default server and on one with the setting. */
  readonly look: (set: Scene) => Promise<unknown>;
  readonly byDefault: unknown;
  readonly otherwise: unknown;
}
