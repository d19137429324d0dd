import { closest } from "fastest-levenshtein";
import { parseBaseUrl } from "../api/base-url.js";
import { registerSecret } from "../api/redact.js";
import { messageOf } from "./provider/failure.js";

/** The settings of the provider; each may come from the provider's arguments, stack config or the environment. */
export interface Settings {
  /** The key, read anew for each request so that a variable named by `apiKeyEnv` is never stored. */
  readonly apiKey: () => string | undefined;
  /** Where the key comes from, such as `environment variable AMIGO_API_KEY`; undefined where there is none. */
  readonly keySource: () => string | undefined;
  /** What there is to say where there is none: the setting that names its variable. */
  readonly keyMissing: () => string;
  /** How the user sets it there; where there is none, in each of its places. */
  readonly keySetting: () => string;
  /** Which source the key came from and what to look at, or where none was found. */
  readonly keyAdvice: () => string;
  readonly baseUrl: string;
  readonly workspaceId?: string;
  readonly maxConcurrency?: number;
  readonly requestsPerSecond?: number;
  readonly timeoutSeconds?: number;
  readonly maxAttempts?: number;
  /** How long an unknown outcome is looked up before it is given up, in seconds. */
  readonly settleSeconds: number;
  readonly ownershipTag: boolean;
  /** Settings that cannot be used, each as a sentence. */
  readonly problems: readonly string[];
}

/** The public server of the Amigo platform, from the contract's `servers`. */
export const PUBLIC_SERVER = "https://api.platform.amigo.ai";

/** What the settings that are numbers may be, and one of these numbers for messages. */
export const SETTING_LIMITS = {
  maxConcurrency: { least: 1, most: 256, whole: true, example: 16 },
  requestsPerSecond: { least: 0.01, most: 10_000, whole: false, example: 10 },
  timeoutSeconds: { least: 1, most: 3600, whole: false, example: 60 },
  maxAttempts: { least: 1, most: 20, whole: true, example: 5 },
  settleSeconds: { least: 0, most: 600, whole: false, example: 10 },
} as const;

/** The names of all settings, as arguments of a provider and after `amigo:` in stack config. */
export const SETTING_NAMES: readonly string[] = [
  "apiKey",
  "apiKeyEnv",
  "baseUrl",
  "workspaceId",
  ...Object.keys(SETTING_LIMITS),
  "ownershipTag",
];

/** A key of stack config under `amigo:` that no setting has. */
export interface StrangeSetting {
  readonly found: string;
  /** The command that removes it. */
  readonly next: string;
}

/** What has no effect among the keys of a stack's config. */
export function strangeSettings(keys: readonly string[], project: string): StrangeSetting[] {
  // In a project called amigo, the namespace is the program's own, too.
  if (project === "amigo") return [];
  const names = keys.filter((key) => key.startsWith("amigo:")).map((key) => key.slice("amigo:".length));
  return names
    .filter((name) => !SETTING_NAMES.includes(name))
    .map((name) => ({
      found: `the stack config amigo:${name} has no effect: did you mean amigo:${closest(name, SETTING_NAMES)}?`,
      next: `\`pulumi config rm amigo:${name}\``,
    }));
}

export interface SettingsSource {
  /** A value from the provider's arguments or stack config, without its `amigo:` prefix. */
  readonly config: (name: string) => string | undefined;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** An explicit provider's own key comes before the environment; the default provider's stored key comes after it. */
  readonly explicit: boolean;
  /** What a message calls the place of `apiKeyEnv`. @default the setting itself */
  readonly keyNamedBy?: string;
}

/** `maxConcurrency` is read from `AMIGO_MAX_CONCURRENCY`, and so on. */
export function environmentName(setting: string): string {
  return `AMIGO_${setting.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`;
}

export function readSettings({ config, environment, explicit, keyNamedBy = "`apiKeyEnv`" }: SettingsSource): Settings {
  const problems: string[] = [];
  const text = (name: string) => nonEmpty(config(name)) ?? nonEmpty(environment[environmentName(name)]);

  const refuse = (name: string, found: string, allowed: string, example: unknown) => {
    const [place, how] =
      nonEmpty(config(name)) === undefined
        ? [environmentName(name), `, as in \`export ${environmentName(name)}=${example}\``]
        : explicit
          ? [argumentOf(name), ""]
          : [`amigo:${name}`, `, as in \`pulumi config set amigo:${name} ${example}\``];
    problems.push(`${place}: found ${JSON.stringify(found)}; must be ${allowed}${how}`);
  };

  const number = (name: keyof typeof SETTING_LIMITS): number | undefined => {
    const found = text(name);
    if (found === undefined) return undefined;
    const { least, most, whole, example } = SETTING_LIMITS[name];
    const value = Number(found);
    if (Number.isFinite(value) && value >= least && value <= most && (!whole || Number.isInteger(value))) return value;
    refuse(name, found, `a ${whole ? "whole " : ""}number from ${least} to ${most}`, example);
    return undefined;
  };

  const keyVariable = text("apiKeyEnv");
  const naming = namingOf(nonEmpty(config("apiKeyEnv")) !== undefined, explicit);
  const namedUnset = `${naming.place} says that the key is in ${keyVariable}, and that is not set`;
  const storedKey = nonEmpty(config("apiKey"));
  const variable = (name: string): KeySource => ({
    key: nonEmpty(environment[name]),
    text: `environment variable ${name}`,
    set: `\`export ${name}=...\``,
  });
  const named = (): KeySource[] => {
    if (!keyVariable) return [];
    const source = variable(keyVariable);
    const unset = `${namedUnset}. Set it with ${source.set}, or ${naming.removal}; then AMIGO_API_KEY is used.`;
    return [{ ...source, text: `${source.text} (which ${keyNamedBy} names)`, unset }];
  };
  const ambient = () => variable("AMIGO_API_KEY");
  /** In the order in which they count. */
  const keySources = (): KeySource[] => {
    // A variable that is named means that account and no other: with the key of another one a run would go to the wrong place.
    if (!explicit) {
      return [...(keyVariable ? named() : [ambient()]), { key: storedKey, ...STACK_KEY }];
    }
    const argument = "argument `apiKey` of the amigo.Provider";
    const own = { key: storedKey, text: argument, set: `the ${argument}` };
    return keyVariable && storedKey === undefined ? named() : [own, ambient()];
  };
  const findSource = () => keySources().find(({ key }) => key !== undefined);

  const ownership = text("ownershipTag") ?? "true";
  if (ownership !== "true" && ownership !== "false") refuse("ownershipTag", ownership, "true or false", true);

  const baseUrl = text("baseUrl") ?? PUBLIC_SERVER;
  try {
    parseBaseUrl(baseUrl);
  } catch (error) {
    problems.push(messageOf(error));
  }

  return {
    apiKey: () => {
      const key = findSource()?.key;
      // Before any message can quote it.
      if (key !== undefined) registerSecret(key);
      return key;
    },
    keySource: () => findSource()?.text,
    keySetting: () => {
      const found = findSource();
      return (found ? [found] : keySources()).map(({ set }) => set).join(" or ");
    },
    keyMissing: () => (keyVariable ? namedUnset : "there is none"),
    keyAdvice: () => adviceOf(keySources(), baseUrl),
    baseUrl,
    workspaceId: text("workspaceId"),
    maxConcurrency: number("maxConcurrency"),
    requestsPerSecond: number("requestsPerSecond"),
    timeoutSeconds: number("timeoutSeconds"),
    maxAttempts: number("maxAttempts"),
    settleSeconds: number("settleSeconds") ?? 10,
    ownershipTag: ownership !== "false",
    problems,
  };
}

/** What messages call an argument of an explicit provider. */
export function argumentOf(setting: string): string {
  return `the argument \`${setting}\` of the amigo.Provider`;
}

interface KeySource {
  readonly key: string | undefined;
  readonly text: string;
  /** How the user sets it. */
  readonly set: string;
  /** Of a variable that a setting names: what to say where no key is found. */
  readonly unset?: string;
}

/** What says in which variable the key is, and how that goes away. */
function namingOf(isConfigured: boolean, explicit: boolean): { readonly place: string; readonly removal: string } {
  if (!isConfigured)
    return {
      place: "the environment variable AMIGO_API_KEY_ENV",
      removal: "remove that with `unset AMIGO_API_KEY_ENV`",
    };
  if (explicit)
    return {
      place: argumentOf("apiKeyEnv"),
      removal: "take that argument out of the program",
    };
  return {
    place: "the stack config `amigo:apiKeyEnv`",
    removal: "remove the setting with `pulumi config rm amigo:apiKeyEnv`",
  };
}

const STACK_KEY = {
  text: "stack config `amigo:apiKey`",
  set: "`pulumi config set --secret amigo:apiKey`",
};

function adviceOf(sources: readonly KeySource[], baseUrl: string): string {
  const found = sources.findIndex(({ key }) => key !== undefined);
  const named = sources.find(({ unset }) => unset !== undefined);
  if (found < 0 && named?.unset !== undefined) return named.unset;
  const unset = sources.slice(0, found < 0 ? sources.length : found).map(({ text }) => `the ${text}`);
  if (found < 0)
    return `${unset.join(" and ")} ${unset.length > 1 ? "are" : "is"} not set where the engine runs. ${KEY_PLACES}`;
  const since = unset.length > 0 ? `, since ${unset.join(" and ")} ${unset.length > 1 ? "are" : "is"} not set` : "";
  return (
    `The key was read from the ${sources[found]?.text}${since}: ` +
    `is it complete, not revoked, and made for the account behind ${baseUrl}?`
  );
}

/** Of a `workspaceId` that is missing: what to do, and where it is looked for. */
export const WORKSPACE_MISSING =
  "is required: run `pulumi config set amigo:workspaceId <id>`. It was found in none of its places: " +
  "the argument `workspaceId`, the stack config `amigo:workspaceId`, the environment variable " +
  "AMIGO_WORKSPACE_ID (`export AMIGO_WORKSPACE_ID=<id>`), and the `workspaceId` of an explicit amigo.Provider, which reads no stack config";

/** Where a key is looked for. */
export const KEY_PLACES =
  "A key is looked for in three places: the environment variable AMIGO_API_KEY (`export AMIGO_API_KEY=...`, or the variable that the stack config `amigo:apiKeyEnv` names), the stack config `amigo:apiKey` (" +
  "`pulumi config set --secret amigo:apiKey`), and the arguments `apiKey` or `apiKeyEnv` of an explicit " +
  "amigo.Provider, which reads no stack config.";

function nonEmpty(value: string | undefined): string | undefined {
  return value === undefined || value.trim() === "" ? undefined : value.trim();
}
