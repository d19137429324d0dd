/** The things that every subject makes: per service one use case and one binding, in one workspace that exists. */
export interface Fleet {
  readonly workspaceId: string;
  readonly agentId: string;
  readonly contextGraphId: string;
  readonly setupId: string;
  readonly clinics: readonly Clinic[];
}

export interface Clinic {
  readonly name: string;
  readonly description: string;
  /** Letters only, as the contract wants it. */
  readonly useCase: string;
}

export const STEPS = ["create", "preview", "up", "refresh", "change", "destroy"] as const;
export type Step = (typeof STEPS)[number];

/** What each step is, as tables say it. */
export const STEP_TITLES: Record<Step, string> = {
  create: "create all",
  preview: "preview, no change",
  up: "up, no change",
  refresh: "refresh",
  change: "change one field of every service",
  destroy: "destroy all",
};

/** `place` tells the workspaces of several fleets apart. */
export function fleet(size: number, place = 0): Fleet {
  return {
    workspaceId: `6f0c8a52-1111-4222-8333-${String(place).padStart(12, "0")}`,
    agentId: "11111111-2222-4333-8444-555566667777",
    contextGraphId: "21111111-2222-4333-8444-555566667777",
    setupId: "31111111-2222-4333-8444-555566667777",
    clinics: Array.from({ length: size }, (_, index) => ({
      name: `Clinic ${String(index).padStart(4, "0")}`,
      description: "Books, moves and cancels visits",
      useCase: `Line ${letters(index)}`,
    })),
  };
}

function letters(index: number): string {
  return [676, 26, 1].map((place) => String.fromCharCode(65 + (Math.floor(index / place) % 26))).join("");
}
