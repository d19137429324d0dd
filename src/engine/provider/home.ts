import { homedir } from "node:os";
import * as path from "node:path";

/** Where Pulumi keeps its own things: `PULUMI_HOME`, by default `~/.pulumi`. */
export function pulumiHome(): string {
  return process.env.PULUMI_HOME || path.join(homedir(), ".pulumi");
}
