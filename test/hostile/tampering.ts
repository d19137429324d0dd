import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll } from "vitest";

/** One answer on its way from the server to the client. */
export interface Passing {
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly body: unknown;
}

/** Stands between client and server; the server has done its work when an answer is tampered with. */
export class Tampering {
  /** The body to answer instead; undefined leaves the answer as it is. */
  change: (answer: Passing) => unknown = () => undefined;
  /** The address of the server behind. */
  target = "";
  private readonly server: Server;

  constructor() {
    this.server = createServer(async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk);
      const { method = "GET", url: path = "/", headers } = request;
      const answer = await fetch(this.target + path, {
        method,
        headers: { authorization: String(headers.authorization), "content-type": "application/json" },
        body: chunks.length > 0 ? Buffer.concat(chunks) : undefined,
      });
      const text = await answer.text();
      const body: unknown = text === "" ? undefined : JSON.parse(text);
      const changed = body === undefined ? undefined : this.change({ method, path, status: answer.status, body });
      response.writeHead(answer.status, { "content-type": "application/json" });
      response.end(changed === undefined ? text : JSON.stringify(changed));
    });
  }

  async open(): Promise<void> {
    await new Promise<void>((resolve) => this.server.listen(0, "127.0.0.1", resolve));
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }
}

/** One for a test file. */
export function tamperingOfFile(): Tampering {
  const tampering = new Tampering();
  beforeAll(() => tampering.open());
  afterAll(() => tampering.close());
  return tampering;
}
