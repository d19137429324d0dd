import { commonGuards } from "./guards/common.js";
import type { Guard } from "./guards/guard.js";
import { lineGuards } from "./guards/lines.js";
import { serviceGuards } from "./guards/services.js";
import { workspaceGuards } from "./guards/workspaces.js";

/** Every guard against a trap; `tools/traps.ts` takes each away and sees that a test of that trap fails. */
export const guards: readonly Guard[] = [...commonGuards, ...serviceGuards, ...workspaceGuards, ...lineGuards].toSorted(
  (a, b) => a.trap - b.trap,
);
