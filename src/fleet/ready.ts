import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import * as path from "node:path";
import { parse } from "yaml";
import { validate } from "../environment/validate.js";
import { languageHost } from "../stack/find-cli.js";
import { backendUrl } from "../stack/local-backend.js";
import { hasPassphrase, Pulumi, SET_PASSPHRASE } from "../stack/pulumi.js";
import { accountOf, placeOf } from "./program.js";
import type { FleetStack } from "./stacks.js";

/** How long the language host has to come up, which takes a part of a second. */
const HOST_MS = 60_000;

/** Finds the CLI once for all stacks, tries its language host and asks for its backend; throws where one of these does not work. */
export async function readyEngine(stacks: readonly FleetStack[] = [], folder = "."): Promise<string> {
  const bin = await Pulumi.cli();
  const host = languageHost(bin) ?? "pulumi-language-nodejs";
  const failure = await hostFailure(host);
  if (failure === undefined) {
    await requireLoginAndPassphrase(bin, stacks, folder);
    return bin;
  }
  throw new Error(
    `the language host for Node of the Pulumi CLI ${bin} does not work: ${host} ${failure}. Nothing was started. Install the CLI anew (https://www.pulumi.com/docs/install/), or put another one first on PATH`,
  );
}

/** Without an engine's address a language host serves, prints its port, and waits. */
function hostFailure(host: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const child = spawn(host, [], { stdio: ["ignore", "pipe", "pipe"], timeout: HOST_MS, killSignal: "SIGKILL" });
    let said = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      said += text;
    });
    child.stdout.once("data", () => {
      resolve(undefined);
      child.kill("SIGKILL");
    });
    child.once("error", (error) => resolve(`could not be started: ${error.message}`));
    child.once("close", (code, by) =>
      resolve([`ended ${by ? `by ${by}` : `with ${code}`}`, said.trim()].join(" ").trim()),
    );
  });
}

/** Throws where the CLI is not logged in, or has no passphrase for stacks that need one; a project of the user's own may have its own backend. */
async function requireLoginAndPassphrase(bin: string, stacks: readonly FleetStack[], folder: string): Promise<void> {
  const places = stacks.flatMap((stack) => (stack.environment === undefined ? [] : [placeOf(stack, folder)]));
  const [first] = places;
  if (first === undefined) return;
  const cwd = existsSync(first.cwd) ? first.cwd : folder;
  const url = await backendUrl(Pulumi.at(bin, first.stack, cwd, {})).catch((error: Error) => {
    throw new Error(`${error.message}\nNothing was started`);
  });
  if (/^https?:/i.test(url) || hasPassphrase()) return;
  const without = places.filter((place) => !hasOtherSecrets(path.join(place.cwd, `Pulumi.${place.stack}.yaml`)));
  if (without.length === 0) return;
  throw new Error(
    `no passphrase is set, with which the backend ${url} encrypts the secrets of stacks (${without.map(({ stack }) => stack).join(", ")}): choose one and ${SET_PASSPHRASE}.\nNothing was started`,
  );
}

/** Whether a stack's settings name something other than a passphrase that encrypts its secrets. */
function hasOtherSecrets(settings: string): boolean {
  if (!existsSync(settings)) return false;
  const { secretsprovider = "passphrase" } = (parse(readFileSync(settings, "utf8")) ?? {}) as {
    secretsprovider?: string;
  };
  return secretsprovider !== "passphrase";
}

/** Throws where the key of a stack's account is not set. */
export function refuseMissingKeys(stacks: readonly FleetStack[]): void {
  const missing = stacks.flatMap((stack) => {
    try {
      accountOf(stack);
      return [];
    } catch (error) {
      return [`${stack.name}: ${(error as Error).message}`];
    }
  });
  if (missing.length > 0) throw new Error(`${missing.join("\n")}\nNothing was started`);
}

/** What keeps a stack's document from being deployed, each as a sentence with its place. */
export async function documentProblems(
  { environment: document, workspace }: FleetStack,
  cwd: string,
  warn: (line: string) => void,
): Promise<string[]> {
  if (document === undefined) return [];
  const { problems, openEnds } = await validate({ document, references: workspace?.references, cwd, warn });
  return [...problems, ...openEnds];
}

/** Throws all that is wrong with the stacks' documents: the last wave's must not be found out when the others are done. */
export async function refuseBadDocuments(
  stacks: readonly FleetStack[],
  cwd: string,
  warn: (line: string) => void,
): Promise<void> {
  const found = new Set<string>();
  for (const stack of stacks) for (const problem of await documentProblems(stack, cwd, warn)) found.add(problem);
  if (found.size > 0) throw new Error(`${[...found].join("\n")}\nNothing was started`);
}
