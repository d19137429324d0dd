import * as pulumi from "@pulumi/pulumi";
import { isLogLevel } from "../../api/log.js";
import { strangeSettings } from "../settings.js";
import { programRun } from "./conflicts.js";

const warned = new WeakSet<object>();

/** Warns once per program run of settings that have no effect, and of a key that anybody can read. */
export function warnOfConfig(): void {
  if (warned.has(programRun())) return;
  warned.add(programRun());
  const { allConfig, isConfigSecret } = pulumi.runtime as typeof pulumi.runtime & {
    isConfigSecret(key: string): boolean;
  };
  const keys = Object.keys(allConfig());
  for (const { found, next } of strangeSettings(keys, pulumi.getProject())) warn(`${found} Remove it with ${next}`);
  if (keys.includes("amigo:apiKey") && !isConfigSecret("amigo:apiKey")) {
    warn(
      "the stack config amigo:apiKey is stored as plain text: set it again with `pulumi config set --secret amigo:apiKey`, " +
        "and make a new key if the file was shared",
    );
  }
  const level = process.env.AMIGO_LOG;
  if (level && !isLogLevel(level)) {
    warn(`AMIGO_LOG=${level} is not a level, so nothing is logged: use off, debug or trace`);
  }
}

function warn(message: string): void {
  void pulumi.log.warn(message);
}
