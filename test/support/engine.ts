import { type TestStack, type TestStackOptions, withStack } from "../../lab/cli/stack.js";
import { type Emulator, type EmulatorOptions, startEmulator } from "../../src/emulator/index.js";

export interface Deployment {
  readonly stack: TestStack;
  readonly emulator: Emulator;
  /** The requests since the last call, in the order in which the server took them. */
  operations(): string[];
}

/** Runs a test with a stack of the real engine and a server of its own, and checks that the server kept to the contract. */
export async function deploy(
  options: TestStackOptions & { emulator?: EmulatorOptions },
  test: (deployment: Deployment) => Promise<void>,
): Promise<void> {
  const emulator = await startEmulator(options.emulator);
  const broken: string[] = [];
  const env = { AMIGO_BASE_URL: emulator.url, AMIGO_API_KEY: "amigo-demo-key", ...options.env };
  try {
    await withStack({ ...options, env }, async (stack) => {
      await test({
        stack,
        emulator,
        operations: () => {
          const seen = emulator.requests.map(({ operation, status }) => {
            if (status === 500) broken.push(String(operation));
            return operation ?? "unknown";
          });
          emulator.clearRequests();
          return seen;
        },
      });
    });
  } finally {
    await emulator.close();
  }
  if (broken.length > 0) throw new Error(`the emulator broke the contract in ${broken.join(", ")}`);
}

/** The operations that change something, in their order. */
export function writes(operations: readonly string[]): string[] {
  return operations.filter((operation) => !/^(get|list)-/.test(operation));
}
