import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createRequire } from "node:module";
import * as path from "node:path";
import { createInterface } from "node:readline";
import * as grpc from "@grpc/grpc-js";
import { repositoryRoot as root } from "./root.js";

const sdk = createRequire(path.join(root, "node_modules", "@pulumi", "pulumi", "index.js"));
const messages = sdk("./proto/provider_pb.js");
const services = sdk("./proto/provider_grpc_pb.js");
const { Struct } = sdk("google-protobuf/google/protobuf/struct_pb.js");
const { Status } = sdk("./proto/status_pb.js");

type Values = Record<string, unknown>;

export interface InitFailure {
  readonly id: string;
  readonly properties: Values;
  readonly reasons: string[];
}

/** An error as the engine receives it, with the resource that came to exist nevertheless. */
export class CallFailed extends Error {
  constructor(
    message: string,
    readonly partial: InitFailure | undefined,
  ) {
    super(message);
  }
}

/** The SDK's provider process, called over gRPC as the engine calls it. */
export class ProviderProcess {
  output = "";

  private constructor(
    private readonly child: ChildProcess,
    // The generated client has no declarations.
    private readonly client: Record<string, (...parameters: unknown[]) => void>,
  ) {}

  static async start(config: Record<string, string>, env: Record<string, string> = {}): Promise<ProviderProcess> {
    const script = path.join(root, "node_modules", "@pulumi", "pulumi", "cmd", "dynamic-provider", "index.js");
    const child = spawn(process.execPath, [script, "127.0.0.1:0"], {
      cwd: root,
      env: { PATH: process.env.PATH, HOME: process.env.HOME, ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream });
    const ended = once(child, "exit").then(([code, signal]) => {
      throw new Error(`the provider process ended with ${code ?? signal} before it printed its port`);
    });
    const [port] = (await Promise.race([once(lines, "line"), ended])) as [string];
    const client = new services.ResourceProviderClient(`127.0.0.1:${port}`, grpc.credentials.createInsecure());
    const started = new ProviderProcess(child, client);
    const collect = (text: unknown) => {
      started.output += `${text}\n`;
    };
    lines.on("line", collect);
    child.stderr?.on("data", collect);
    const request = new messages.ConfigureRequest();
    request.setArgs(Struct.fromJavaScript(config));
    await started.call("configure", request);
    return started;
  }

  async check(kind: string, olds: Values, news: Values) {
    const request = new messages.CheckRequest();
    request.setOlds(Struct.fromJavaScript(olds));
    request.setNews(Struct.fromJavaScript(withProvider(kind, news)));
    const answer = await this.call("check", request);
    return {
      inputs: answer.getInputs().toJavaScript() as Values,
      failures: answer.getFailuresList().map((failure: { getProperty(): string; getReason(): string }) => ({
        property: failure.getProperty(),
        reason: failure.getReason(),
      })) as { property: string; reason: string }[],
    };
  }

  async diff(kind: string, id: string, olds: Values, news: Values) {
    const request = new messages.DiffRequest();
    request.setId(id);
    request.setOlds(Struct.fromJavaScript(withProvider(kind, olds)));
    request.setNews(Struct.fromJavaScript(withProvider(kind, news)));
    const answer = await this.call("diff", request);
    return {
      changes: answer.getChanges() === messages.DiffResponse.DiffChanges.DIFF_SOME,
      replaces: answer.getReplacesList() as string[],
      deleteBeforeReplace: answer.getDeletebeforereplace() as boolean,
    };
  }

  async create(kind: string, inputs: Values) {
    const request = new messages.CreateRequest();
    request.setProperties(Struct.fromJavaScript(withProvider(kind, inputs)));
    const answer = await this.call("create", request);
    return { id: answer.getId() as string, outputs: answer.getProperties().toJavaScript() as Values };
  }

  async read(kind: string, id: string, state: Values) {
    const request = new messages.ReadRequest();
    request.setId(id);
    request.setProperties(Struct.fromJavaScript(withProvider(kind, state)));
    const answer = await this.call("read", request);
    return {
      id: answer.getId() as string,
      outputs: answer.getProperties()?.toJavaScript() as Values,
      inputs: answer.getInputs()?.toJavaScript() as Values | undefined,
    };
  }

  async update(kind: string, id: string, olds: Values, news: Values): Promise<Values> {
    const request = new messages.UpdateRequest();
    request.setId(id);
    request.setOlds(Struct.fromJavaScript(withProvider(kind, olds)));
    request.setNews(Struct.fromJavaScript(withProvider(kind, news)));
    return (await this.call("update", request)).getProperties().toJavaScript();
  }

  async delete(kind: string, id: string, state: Values): Promise<void> {
    const request = new messages.DeleteRequest();
    request.setId(id);
    request.setProperties(Struct.fromJavaScript(withProvider(kind, state)));
    await this.call("delete", request);
  }

  async stop(): Promise<void> {
    this.child.kill("SIGKILL");
    if (this.child.exitCode === null && this.child.signalCode === null) await once(this.child, "exit");
  }

  // biome-ignore lint/suspicious/noExplicitAny: the generated messages have no declarations
  private call(method: string, request: unknown): Promise<any> {
    return new Promise((resolve, reject) => {
      this.client[method]?.(request, (error: grpc.ServiceError | null, answer: unknown) => {
        if (error) reject(new CallFailed(error.details, partialOf(error)));
        else resolve(answer);
      });
    });
  }
}

function withProvider(kind: string, values: Values): Values {
  return { ...values, __provider: `exports.handler=require('pulumi-amigo/providers').${kind}` };
}

function partialOf(error: grpc.ServiceError): InitFailure | undefined {
  const [packed] = error.metadata?.get("grpc-status-details-bin") ?? [];
  if (!packed) return undefined;
  const [detail] = Status.deserializeBinary(packed).getDetailsList();
  const failed = messages.ErrorResourceInitFailed.deserializeBinary(detail.getValue_asU8());
  return { id: failed.getId(), properties: failed.getProperties().toJavaScript(), reasons: failed.getReasonsList() };
}
