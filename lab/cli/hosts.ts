import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import * as path from "node:path";

export interface Hosts {
  /** Where the CLI and `node` of tests ask for one: they send its kind and their process id. */
  readonly port: number;
  close(): void;
}

/**
 * Processes that have loaded the SDK already, for the engine of tests: they run its programs, as for the Automation API, and are
 * its providers. Each run has one of either to itself, with our modules loaded anew for a provider; it ends for the engine as a
 * process does.
 */
export async function startHosts(): Promise<Hosts> {
  const all = new Set<ChildProcess>();
  const idle = { program: new Set<ChildProcess>(), provider: new Set<ChildProcess>() };
  const start = (kind: keyof typeof idle) => {
    const host = fork(path.join(__dirname, `${kind}-host.cjs`), { execArgv: ["--require", lazySdk] });
    all.add(host);
    host.once("exit", () => {
      all.delete(host);
      idle[kind].delete(host);
    });
    return host;
  };

  const server = createServer((waiting) => {
    waiting.on("error", () => waiting.destroy());
    waiting.once("data", (text) => {
      const [kind, pid] = text.toString().split(" ") as [keyof typeof idle, string];
      const [host = start(kind)] = idle[kind];
      idle[kind].delete(host);
      const lost = () => waiting.destroy();
      const hear = (message: string) => {
        if (message !== IDLE) {
          waiting.write(`${message}\n`);
          return;
        }
        host.off("exit", lost).off("message", hear);
        idle[kind].add(host);
      };
      host.once("exit", lost).on("message", hear).send(Number(pid));
      waiting.once("close", () => host.connected && host.send(0));
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    close: () => {
      server.close();
      for (const host of all) host.kill();
    },
  };
}

/** What a host says when its run has ended; a program's host says its address before. */
const IDLE = "idle";

const lazySdk = path.join(__dirname, "lazy-sdk.cjs");
