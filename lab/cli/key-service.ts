import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

/** How a stack names its key in the service. */
export const SECRETS_PROVIDER = "hashivault://tests";

/**
 * Variables of a key service, as Vault is one, which runs in this process. It takes what it gets for its own cipher. With a passphrase,
 * deriving the key is an eighth of what a small run costs.
 */
export function keyService(): Promise<Record<string, string>> {
  service ??= new Promise((resolve) => {
    const server = createServer(async (request, response) => {
      const { plaintext, ciphertext } = JSON.parse((await request.toArray()).join(""));
      response.end(JSON.stringify({ data: { plaintext: ciphertext, ciphertext: plaintext } }));
    });
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address() as AddressInfo;
      resolve({ VAULT_SERVER_URL: `http://127.0.0.1:${port}`, VAULT_SERVER_TOKEN: "none" });
    });
    server.unref();
  });
  return service;
}

let service: Promise<Record<string, string>> | undefined;
