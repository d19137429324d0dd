import { demoKey, secondKey } from "../emulator-keys.js";
import { seedIds } from "./seed.js";

/**
 * Who sends a request. Names read `name` or `name@second` (the second organisation); a name that starts with
 * `viewer` may only read, one that starts with `machine` is no person and cannot make self-service workspaces.
 */
export interface Principal {
  name: string;
  organisation: string;
  readOnly: boolean;
  isPerson: boolean;
}

export type Principals = ReadonlyMap<string, Principal>;

/** The keys of both organisations' owners. */
export const defaultApiKeys: Record<string, string> = { [demoKey]: "owner", [secondKey]: "owner@second" };

export function readPrincipals(apiKeys: Record<string, string>): Principals {
  return new Map(Object.entries(apiKeys).map(([key, name]) => [key, readPrincipal(name)]));
}

function readPrincipal(name: string): Principal {
  const [person = "", organisation = "demo", ...rest] = name.split("@");
  const organisations: Record<string, string> = { demo: seedIds.organisation, second: seedIds.second.organisation };
  const id = organisations[organisation];
  if (person === "" || id === undefined || rest.length > 0) {
    throw new Error(`principal "${name}": write name, name@demo or name@second`);
  }
  return { name, organisation: id, readOnly: person.startsWith("viewer"), isPerson: !person.startsWith("machine") };
}
