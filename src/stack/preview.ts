import { cliWords, type Pulumi } from "./pulumi.js";
import type { StateResource } from "./state.js";

/** What a preview says of one resource. */
export interface PreviewStep {
  readonly op: string;
  readonly urn: string;
  /** As the program declares it; nothing where it would be deleted. Values that are not known yet hold the engine's text for that. */
  readonly newState?: DeclaredResource;
}

export interface DeclaredResource extends StateResource {
  /** The resources that each input comes from. */
  readonly propertyDependencies?: Readonly<Record<string, readonly string[] | null>>;
}

interface Digest {
  readonly steps?: readonly PreviewStep[];
  readonly diagnostics?: readonly { readonly severity: string; readonly message: string }[];
}

/** Previews a stack, and returns what its program declares; secrets are masked. Throws the program's own error. */
export async function previewSteps(pulumi: Pulumi): Promise<readonly PreviewStep[]> {
  const { code, stdout, stderr } = await pulumi.attempt(...["preview", "--json", "--stack", pulumi.stack]);
  const digest = parse(stdout);
  if (code === 0 && digest?.steps) return digest.steps;
  const errors = (digest?.diagnostics ?? [])
    .filter(({ severity }) => severity === "error")
    .map(({ message }) => cliWords(message));
  const said = errors.length > 0 ? [...new Set(errors)].join("\n") : cliWords(stderr) || cliWords(stdout);
  throw new Error(`the preview of stack ${pulumi.stack} failed:\n${said}`);
}

function parse(text: string): Digest | undefined {
  try {
    return JSON.parse(text) as Digest;
  } catch {
    return undefined;
  }
}
