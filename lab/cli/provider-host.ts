import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import * as path from "node:path";

export interface ProviderHosts {
  /** Where `node` on the PATH of tests asks for a provider. */
  readonly port: number;
  close(): void;
}

/**
 * Gives the engine providers that have loaded the SDK already. Each run has one to itself, with our modules loaded anew; it
 * ends for the engine as a process does.
 */
export async function startProviderHosts(): Promise<ProviderHosts> {
  const all = new Set<ChildProcess>();
  const idle = new Set<ChildProcess>();
  const start = () => {
    const host = fork(path.join(__dirname, "provider-host.cjs"), { execArgv: ["--require", lazySdk] });
    all.add(host);
    host.once("exit", () => {
      all.delete(host);
      idle.delete(host);
    });
    return host;
  };

  const server = createServer((waiting) => {
    waiting.on("error", () => waiting.destroy());
    waiting.once("data", (pid) => {
      const [host = start()] = idle;
      idle.delete(host);
      const lost = () => waiting.destroy();
      host.once("exit", lost);
      host.send(Number(pid));
      waiting.once("close", async () => {
        if (!host.connected) return;
        host.send(0);
        await once(host, "message");
        host.off("exit", lost);
        idle.add(host);
      });
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

const lazySdk = path.join(__dirname, "lazy-sdk.cjs");
