import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { HIDDEN } from "../engine/hidden.js";
import type { Existing, Lifecycle, Values } from "../engine/lifecycle.js";
import { observed, outputsOf } from "../engine/provider/outputs.js";
import type { Pulumi } from "./pulumi.js";
import { nameOf, providerUrn, type StateResource, secretAs } from "./state.js";

/** A resource that exists, to be brought into a stack as the program declares it. */
export interface ImportEntry {
  /** As the engine knows the declaration; its inputs say which values are secret. */
  readonly resource: StateResource;
  readonly lifecycle: Lifecycle;
  /** In clear, and with the full owner mark. */
  readonly inputs: Values;
  readonly existing: Existing;
}

/**
 * Brings what exists into the stack, without a request to the API. An import file that holds outputs makes the engine take them as
 * they are, where it would else ask a dynamic provider, which cannot answer. Dependencies come back with the next `up`.
 */
export async function importExisting(pulumi: Pulumi, entries: readonly ImportEntry[]): Promise<void> {
  for (const protect of [true, false]) {
    const chosen = entries.filter(({ resource }) => Boolean(resource.protect) === protect);
    if (chosen.length === 0) continue;
    // Private, since an import file holds secrets in clear.
    const folder = mkdtempSync(path.join(tmpdir(), "pulumi-amigo-"));
    const file = path.join(folder, "import.json");
    try {
      writeFileSync(file, JSON.stringify(importFile(chosen)), { mode: 0o600 });
      const flags = ["--generate-code=false", `--protect=${protect}`, "--skip-preview", "--yes"];
      await pulumi.run("import", "--file", file, ...flags);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }
}

export function importFile(entries: readonly ImportEntry[]): object {
  const nameTable: Record<string, string> = {};
  const named = (urn: string) => {
    const name = `urn${Object.keys(nameTable).length}`;
    const known = Object.keys(nameTable).find((key) => nameTable[key] === urn);
    if (known === undefined) nameTable[name] = urn;
    return known ?? name;
  };
  const resources = entries.map(({ resource, lifecycle, inputs, existing }, index) => {
    const live = { ...existing.live };
    const { [HIDDEN.takenFrom]: takenFrom, ...own } = inputs;
    const declared = lifecycle.kind === "Workspace" ? unprovisioned(own, live) : own;
    const always = { [HIDDEN.provider]: resource.inputs?.[HIDDEN.provider] };
    return {
      type: resource.type,
      name: `resource${index}`,
      logicalName: nameOf(resource.urn),
      id: existing.id,
      ...(hasOwnParent(resource) ? { parent: named(resource.parent) } : {}),
      ...(resource.provider ? { provider: named(providerUrn(resource.provider)) } : {}),
      inputs: secretAs(resource.inputs ?? {}, { ...observed(lifecycle, declared, live), ...always }),
      outputs: secretAs(resource.inputs ?? {}, {
        ...outputsOf(lifecycle, { ...declared, [HIDDEN.takenFrom]: takenFrom }, live),
        ...always,
      }),
    };
  });
  return { nameTable, resources };
}

/** The stack itself is the parent of everything that names none. */
function hasOwnParent(resource: StateResource): resource is StateResource & { parent: string } {
  return resource.parent !== undefined && !resource.parent.includes("::pulumi:pulumi:Stack::");
}

/** Says in state that the last request of the create is missing, so that the next `up` sends it. */
function unprovisioned(inputs: Values, live: Values): Values {
  const missing = inputs.provision !== false && live.provisionedAt === undefined;
  return missing ? { ...inputs, provision: false } : inputs;
}
