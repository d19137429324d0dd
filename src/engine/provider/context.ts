import { AmigoClient } from "../../api/client.js";
import { AuthenticationError } from "../../api/errors.js";
import type { Listed, ServiceResponse, UseCaseResponse } from "../../api/index.js";
import { redact } from "../../api/redact.js";
import { SharedList, SharedReads } from "../../api/shared-reads.js";
import { version } from "../../version.js";
import type { Settings } from "../settings.js";
import { messageOf } from "./failure.js";
import type { Journal } from "./journal.js";
import { Run } from "./run.js";

/** What the API shows of one workspace, read once for many. */
export interface WorkspaceReads {
  readonly services: SharedReads<ServiceResponse>;
  readonly useCases: SharedList<Listed<UseCaseResponse>>;
  /** The ids of the use cases that existed before this run made its first; asked for once. */
  useCasesBefore(): Promise<UseCaseResponse[]>;
  /** Answers once the workspace is known to be visible; throws what its GET threw. */
  visible(): Promise<void>;
}

/** Everything that the operations of one provider process share. */
export class ProviderContext {
  readonly warn: (message: string) => void;
  readonly run = new Run();
  private readonly workspaces = new Map<string, WorkspaceReads>();
  private madeClient: AmigoClient | undefined;

  constructor(
    readonly settings: Settings,
    warn: (message: string) => void = (message) => console.warn(`warning: ${message}`),
    /** Kept by the engine's provider process only: nothing else is killed with a create under way that nobody remembers. */
    readonly journal?: Journal,
  ) {
    this.warn = (message) => warn(redact(message));
  }

  /** Made at the first request: a run that changes nothing loads no HTTP client. */
  get client(): AmigoClient {
    if (!this.madeClient) {
      const { maxConcurrency, requestsPerSecond, timeoutSeconds, maxAttempts, apiKey, baseUrl } = this.settings;
      this.madeClient = new AmigoClient({
        baseUrl,
        apiKey,
        maxConcurrency,
        requestsPerSecond,
        timeoutSeconds,
        maxAttempts,
        userAgent: `pulumi-amigo/${version}`,
      });
    }
    return this.madeClient;
  }

  /** The error's message as a user is to read it. */
  messageOf(error: unknown): string {
    return isAboutTheKey(error) ? this.withKeyAdvice(messageOf(error)) : messageOf(error);
  }

  /** The message about a key, with all that there is to say of the key where this is the first one in the run. */
  withKeyAdvice(message: string): string {
    const facts = message.replace(/\.$/, "");
    if (!this.run.saysFirst("key")) return `${facts}: see the first error about the key.`;
    return `${facts}. ${this.settings.keyAdvice().replace(/^t/, "T")}`;
  }

  workspace(id: string): WorkspaceReads {
    let reads = this.workspaces.get(id);
    if (!reads) {
      reads = makeReads(this, id);
      this.workspaces.set(id, reads);
    }
    return reads;
  }

  async close(): Promise<void> {
    await this.madeClient?.close();
  }
}

/** Whether it is a refused or missing key, or what came of one. */
export function isAboutTheKey(error: unknown): boolean {
  if (AuthenticationError.isInstance(error)) return true;
  return error instanceof Error && error.cause !== undefined && isAboutTheKey(error.cause);
}

function makeReads(context: ProviderContext, workspaceId: string): WorkspaceReads {
  const useCases = new SharedList(() => context.client.listUseCases(workspaceId));
  let before: Promise<UseCaseResponse[]> | undefined;
  let visible: Promise<void> | undefined;
  return {
    useCases,
    services: new SharedReads({
      walk: () => context.client.walkServices(workspaceId),
      single: (id) => context.client.getService(workspaceId, id),
    }),
    useCasesBefore: () => {
      if (!before) {
        before = useCases.shared();
        before.catch(() => {
          before = undefined;
        });
      }
      return before;
    },
    visible: () => {
      if (!visible) {
        visible = context.client.getWorkspace(workspaceId).then(() => undefined);
        visible.then(
          () => setTimeout(() => (visible = undefined), 30_000).unref(),
          () => (visible = undefined),
        );
      }
      return visible;
    },
  };
}
