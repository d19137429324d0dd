import { seedIds } from "../src/emulator/index.js";

/** What each subject makes in the emulator's workspace: per clinic a service, a use case and a binding. */
export interface Fleet {
  readonly workspaceId: string;
  readonly agentId: string;
  readonly contextGraphId: string;
  readonly setupId: string;
  readonly clinics: readonly { readonly name: string; readonly description: string; readonly useCase: string }[];
}

export type Clinic = Fleet["clinics"][number];

/** The steps in their order, each with its title in the tables. */
export const STEPS = {
  create: "create all",
  preview: "preview, no change",
  up: "up, no change",
  refresh: "refresh",
  change: "change each service",
  destroy: "destroy all",
};

export type Step = keyof typeof STEPS;

export function fleet(size: number): Fleet {
  return {
    workspaceId: seedIds.workspace,
    agentId: seedIds.agents.frontDesk,
    contextGraphId: seedIds.contextGraphs.scheduling,
    setupId: seedIds.setups.voiceApproved,
    clinics: Array.from({ length: size }, (_, index) => ({
      name: `Clinic ${index}`,
      description: "Books, moves and cancels visits",
      useCase: `Line ${letters(index)}`,
    })),
  };
}

/** The contract allows no digits in the name of a use case. */
function letters(index: number): string {
  return [676, 26, 1].map((place) => String.fromCharCode(65 + (Math.floor(index / place) % 26))).join("");
}
