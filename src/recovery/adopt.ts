import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { HIDDEN } from "../engine/hidden.js";
import type { Existing, Values } from "../engine/lifecycle.js";
import { observed, outputsOf } from "../engine/provider/outputs.js";
import type { Pulumi } from "../stack/pulumi.js";
import { nameOf, providerUrn, type StateResource, secretAs } from "../stack/state.js";
import type { OpenCreate } from "./creates.js";

export interface Adoption {
  readonly create: OpenCreate & { readonly pending: StateResource };
  readonly existing: Existing;
}

/**
 * Brings what interrupted creates have made into the stack. An import file that holds outputs makes the engine take them as
 * they are, where it would else ask a dynamic provider, which cannot answer. Dependencies come back with the next `up`.
 */
export async function adopt(pulumi: Pulumi, adoptions: readonly Adoption[]): Promise<void> {
  for (const protect of [true, false]) {
    const chosen = adoptions.filter(({ create }) => Boolean(create.pending.protect) === protect);
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

export function importFile(adoptions: readonly Adoption[]): object {
  const nameTable: Record<string, string> = {};
  const named = (urn: string) => {
    const name = `urn${Object.keys(nameTable).length}`;
    const known = Object.keys(nameTable).find((key) => nameTable[key] === urn);
    if (known === undefined) nameTable[name] = urn;
    return known ?? name;
  };
  const resources = adoptions.map(({ create: { pending, lifecycle, inputs }, existing }, index) => {
    const live = { ...existing.live };
    const declared = lifecycle.kind === "Workspace" ? unprovisioned(inputs, live) : inputs;
    const always = { [HIDDEN.provider]: pending.inputs?.[HIDDEN.provider] };
    return {
      type: pending.type,
      name: `resource${index}`,
      logicalName: nameOf(pending.urn),
      id: existing.id,
      ...(hasOwnParent(pending) ? { parent: named(pending.parent) } : {}),
      ...(pending.provider ? { provider: named(providerUrn(pending.provider)) } : {}),
      inputs: secretAs(pending.inputs ?? {}, { ...observed(lifecycle, declared, live), ...always }),
      outputs: secretAs(pending.inputs ?? {}, { ...outputsOf(lifecycle, declared, live), ...always }),
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
