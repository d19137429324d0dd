import { COMMAND } from "../command.js";
import { HIDDEN } from "../engine/hidden.js";
import { strangeSettings } from "../engine/settings.js";
import { providerText, typeToken } from "../engine/tokens.js";
import { firstNames } from "../first-names.js";
import { projectName, stackFlags } from "../stack/project.js";
import { hasPassphrase, NoCli, Pulumi, SET_PASSPHRASE } from "../stack/pulumi.js";
import { exportState, lifecycleOf, nameOf, pendingText, type StackState, type StateResource } from "../stack/state.js";
import type { Caused, Check } from "./doctor-check.js";

/** The stack that was named or is selected; undefined where there is no project, a check where it cannot be found. */
export async function openStack(folder: string, stack: string | undefined): Promise<Pulumi | Caused | undefined> {
  try {
    if (stack === undefined && projectName(folder) === undefined) return undefined;
    return await Pulumi.find(stack, folder);
  } catch (error) {
    const { message } = error as Error;
    const cause = error instanceof NoCli ? NoCli.name : message;
    if (stack !== undefined) {
      return { name: "stack", state: "problem", found: message, next: "check --stack and -C", cause };
    }
    const next = "name one with --stack or choose one with `pulumi stack select`, to look at its state too";
    return { name: "stack", state: "warning", found: "no stack is selected, or none can be read", next, cause };
  }
}

export async function stackChecks(pulumi: Pulumi): Promise<Check[]> {
  try {
    const [state, config] = await Promise.all([exportState(pulumi), pulumi.run("config", "--json")]);
    const keys = Object.keys(JSON.parse(config) as object);
    const strange = strangeSettings(keys, projectName(pulumi.cwd) ?? "").map(
      (one): Check => ({ name: "config", state: "warning", ...one }),
    );
    return [...checksOf(pulumi.stack, state, stackFlags(pulumi)), ...passphraseChecks(state), ...strange];
  } catch (error) {
    const next = "check --stack, -C and the backend";
    return [{ name: `stack ${pulumi.stack}`, state: "problem", found: (error as Error).message, next }];
  }
}

/** Where the CLI can ask for it, on a terminal, it need not be set. */
function passphraseChecks({ secretsProvider }: StackState): Check[] {
  if (secretsProvider !== "passphrase" || hasPassphrase()) return [];
  const found = "no passphrase is set, with which the secrets of the stack are encrypted";
  return [{ name: "passphrase", state: "warning", found, next: SET_PASSPHRASE }];
}

/** What the state of a stack holds that this version does not write. */
export function checksOf(stack: string, { resources, pending }: StackState, flags = `--stack ${stack}`): Check[] {
  const name = `stack ${stack}`;
  const own = resources.filter(({ type }) => type.startsWith(typeToken("")));
  const unknown = own.filter(({ type }) => lifecycleOf(type) === undefined);
  const known = own.filter(({ type }) => lifecycleOf(type) !== undefined);
  const otherCode = known.filter(({ type, inputs, outputs }) =>
    [inputs, outputs].some((values) => !isConstant(type, values?.[HIDDEN.provider])),
  );
  const problems: Check[] = [
    ...(pending.length > 0
      ? [
          {
            name,
            state: "warning" as const,
            found: `an interrupted run left ${pendingText(pending)}`,
            next: `run \`${COMMAND} recover ${flags}\``,
          },
        ]
      : []),
    ...(unknown.length > 0
      ? [
          {
            name,
            state: "problem" as const,
            found: `its state holds kinds of resources that this version does not know: ${listed(unknown)}`,
            next: "was it written by a newer pulumi-amigo? Install that version in the project",
          },
        ]
      : []),
    ...(otherCode.length > 0
      ? [
          {
            name,
            state: "warning" as const,
            found: `its state holds resources that another version or form of this provider wrote: ${listed(otherCode)}`,
            next: "run `pulumi up`: it writes them anew, without a change to what exists",
          },
        ]
      : []),
  ];
  if (problems.length > 0) return problems;
  return [
    {
      name,
      state: "ok",
      found: `${own.length} ${own.length === 1 ? "resource" : "resources"} of this provider, in the shape that this version writes`,
    },
  ];
}

/** Whether this is the text from which the SDK makes the provider; versions without it held their code in state. */
function isConstant(type: string, text: unknown): boolean {
  const kind = lifecycleOf(type)?.kind ?? "";
  return text === providerText(kind);
}

function listed(resources: readonly StateResource[]): string {
  return firstNames(resources.map(({ type, urn }) => `${type.slice(typeToken("").length)} ${nameOf(urn)}`));
}
