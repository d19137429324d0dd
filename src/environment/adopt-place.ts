import * as path from "node:path";
import { Accounts } from "../stack/accounts.js";
import type { Pulumi } from "../stack/pulumi.js";
import { type Account, environmentFor, openAccount } from "./account.js";
import { readDocument } from "./document.js";
import type { Environment } from "./environment.js";
import { accountOf, type DocumentName, referencesOf, sourceNamed } from "./source.js";
import { readStack } from "./stack-environment.js";

export interface PlaceOptions {
  /** An alias of `amigo.yaml`, a workspace's id, `stack:NAME`, or the path of a document. */
  readonly source: string;
  /** The references file of a document; it names the workspace where `amigo.yaml` does not. */
  readonly references?: string;
  /** The folder of the Pulumi project. */
  readonly cwd: string;
  /** `amigo.yaml`, where it is not in the folder or above. */
  readonly config?: string;
  readonly warn: (line: string) => void;
}

/** Where an adoption looks for what exists. */
export interface Place {
  /** Opens the account of the workspace. `pulumi` is the stack that adopts. */
  readonly open: (pulumi: Pulumi) => Promise<Account>;
  /** Laid over the environment of the program. */
  readonly environment: Record<string, string>;
  /** What the source itself declares, where it is a document. */
  readonly document?: Environment;
}

/** Throws what is wrong with the source, before anything is asked. */
export function placeOf(options: PlaceOptions): Place {
  const { source, references, cwd, warn } = options;
  const named = sourceNamed(source, options);
  if (named.kind === "document") return placeOfDocument(named, options);
  if (references !== undefined) {
    throw new Error(`--references is for a document, whose workspace it names; "${source}" is a ${named.kind}`);
  }
  if (named.kind === "workspace") {
    return { open: () => accountOf(named, warn), environment: named.entry ? environmentFor(named.entry) : {} };
  }
  const open = async (pulumi: Pulumi): Promise<Account> => {
    const { resources, own, workspaceId } = await readStack(named.stack, { cwd, showSecrets: true });
    const context = await new Accounts(pulumi, resources, warn).of(own[0]?.resource.provider);
    return { context, workspaceId };
  };
  return { open, environment: {} };
}

/** The workspace of `amigo.yaml` whose document it is, else the one whose references they are. */
function placeOfDocument(named: DocumentName, { source, references: file, cwd, warn }: PlaceOptions): Place {
  const [entry, another] = named.entries;
  if (another) {
    throw new Error(
      `${source} is the document of ${named.entries.map(({ alias }) => alias).join(" and ")} in amigo.yaml: say which is meant by its alias, such as \`adopt ${entry?.alias}\``,
    );
  }
  const { references, referencesFile } = referencesOf(named, file === undefined ? undefined : path.resolve(cwd, file));
  const document = readDocument(named.file, references);
  const { workspace: id } = references;
  if (entry) {
    const refuseOther = (workspaceId: string | undefined) => {
      if (id === undefined || workspaceId === undefined || id === workspaceId) return;
      throw new Error(
        `${referencesFile} holds the references of workspace ${id}, and in amigo.yaml ${source} is the document of "${entry.alias}" (${workspaceId}): adopt by the alias or the id of the workspace that is meant`,
      );
    };
    refuseOther(entry.id);
    const open = async () => {
      const account = await openAccount(entry, warn);
      try {
        refuseOther(account.workspaceId);
        return account;
      } catch (error) {
        await account.context.close();
        throw error;
      }
    };
    return { open, environment: environmentFor(entry), document };
  }
  if (id === undefined) {
    const why = referencesFile === undefined ? "" : `, and ${referencesFile} does not say whose ids it holds`;
    throw new Error(
      `nothing says which workspace ${source} is of: no alias in amigo.yaml has it as its \`environment\`${why}. Name a file with \`workspace: ID\` in it with --references, or adopt by an alias or an id in place of the document`,
    );
  }
  return { open: () => accountOf({ kind: "workspace", id }, warn), environment: {}, document };
}
