import { total } from "./fixture/statistics.js";
import type { Step } from "./fleet.js";
import { terraformSeconds } from "./peers.js";
import { cellsOf, type ProcessCost, type Results, secondsTogether } from "./results.js";

/** A promise about speed, held against what was measured. */
export interface Mark {
  readonly promise: string;
  /** What was found, in words; undefined where this run did not measure it. */
  readonly found?: string;
  readonly met?: boolean;
}

/** All marks, whether or not this run measured them. */
export function marks(results: Results): Mark[] {
  return [
    againstDocumented(results, 100, 0.4),
    againstTerraform(results, "create", 100, 0.85),
    againstDocumented(results, 300, 0.25),
    againstTerraform(results, "create", 300, 0.65),
    againstTerraform(results, "refresh", 300, 0.45),
    refreshRequests(results),
    previewAgainstTraces(results),
    previewAgainstTerraform(results),
    atMost("state: at most 1,350 bytes per resource", stateBytes(results), 1350, "bytes"),
    atMost(
      "client: at most 0.3 ms of CPU per request over the bare connection pool",
      results.client && results.client.client - results.client.pool,
      0.3,
      "ms",
    ),
    ...processMarks(results),
    ...requestMarks(results),
  ];
}

function againstDocumented(results: Results, size: number, limit: number): Mark {
  const [ours, theirs] = secondsTogether(results, ["ours", "documented"], size, "create") ?? [];
  return ratio(`create at ${size}: at most ${limit} of the documented dynamic provider`, ours, theirs, limit);
}

function againstTerraform(results: Results, step: Step, size: number, limit: number): Mark {
  const peer = terraformSeconds(results, size, step);
  const promise = `${step} at ${size}: at most ${limit} of Terraform${peer?.scaled ? " (scaled)" : ""}`;
  return ratio(promise, peer?.ours, peer?.seconds, limit);
}

function previewAgainstTraces(results: Results): Mark {
  const [ours, traces] = secondsTogether(results, ["ours", "traces"], 300, "preview") ?? [];
  return ratio("no-op preview at 300: at most 0.80 of the same program with stack traces on", ours, traces, 0.8);
}

function previewAgainstTerraform(results: Results): Mark {
  const peer = terraformSeconds(results, 300, "preview");
  const promise = `no-op preview at 300: at most Terraform's time${peer?.scaled ? " (scaled)" : ""} + 1 s`;
  if (peer?.ours === undefined) return { promise };
  const { ours } = peer;
  return { promise, found: `${ours.toFixed(1)} s against ${peer.seconds.toFixed(1)} s`, met: ours <= peer.seconds + 1 };
}

function refreshRequests(results: Results): Mark {
  const promise = "refresh: N + N/20 + 1 requests for N services";
  const sizes = [...new Set(results.cells.map(({ size }) => size))];
  const found = sizes.flatMap((size) =>
    cellsOf(results, "ours", size, "refresh").map(({ operations }) => ({
      requests: total(operations),
      limit: size + Math.ceil(size / 20) + 1,
    })),
  );
  if (found.length === 0) return { promise };
  return {
    promise,
    found: found.map(({ requests, limit }) => `${requests} of ${limit}`).join(", "),
    met: found.every(({ requests, limit }) => requests <= limit),
  };
}

/** Per service; a use case has one list and a binding reads before it deletes. */
const FEWEST: Partial<Record<Step, readonly [text: string, limit: (size: number) => number]>> = {
  preview: ["none", () => 0],
  up: ["none", () => 0],
  create: ["one per object and one list of use cases", (size) => 3 * size + 1],
  change: ["one GET and one PUT per service", (size) => 2 * size],
  destroy: ["one DELETE per object, one GET per binding, one scan", (size) => 4 * size + Math.ceil(size / 20) + 1],
};

function requestMarks(results: Results): Mark[] {
  return Object.entries(FEWEST).map(([step, [text, limit]]) => {
    const promise = `requests of ${step}: ${text}`;
    const cells = results.cells.filter((cell) => cell.subject === "ours" && cell.step === step);
    if (cells.length === 0) return { promise };
    const found = cells.map(({ operations, size }) => ({ requests: total(operations), most: limit(size) }));
    return {
      promise,
      found: found.map(({ requests, most }) => `${requests} of ${most}`).join(", "),
      met: found.every(({ requests, most }) => requests <= most),
    };
  });
}

function processMarks({ processes }: Results): Mark[] {
  const bySize = [...processes].sort((a, b) => a.resources - b.resources);
  const process = bySize.at(-1);
  const cpu = process && Math.max(...Object.values(process.cpuMsPerResource));
  return [
    flat(bySize),
    atMost("provider process: at most 1.5 ms of CPU per resource and step beyond its start", cpu, 1.5, "ms"),
    withNote(
      process && `${process.hostMegabytes.toFixed(0)} MB of it the SDK's host before this library is loaded`,
      atMost(
        `provider process: under 150 MB at 3,000 resources${process && process.resources !== 3000 ? ` (measured at ${process.resources})` : ""}`,
        process?.peakMegabytes,
        150,
        "MB",
      ),
    ),
  ];
}

/** Each resource's share shrinks while the process warms up; what grows with their number would turn that round. */
function flat(bySize: readonly ProcessCost[]): Mark {
  const promise = "provider process: CPU per resource does not grow with their number, in any step (1.25 for noise)";
  const [smallest, largest] = [bySize[0], bySize.at(-1)];
  if (!smallest || !largest || smallest === largest) return { promise };
  const ratios = Object.entries(largest.cpuMsPerResource).map(
    ([step, cost]) => [step, cost / (smallest.cpuMsPerResource[step] ?? Number.NaN)] as const,
  );
  const found = ratios.map(([step, grown]) => `${step} ${grown.toFixed(2)}`).join(", ");
  return {
    promise,
    found: `${largest.resources} against ${smallest.resources}: ${found}`,
    met: ratios.every(([, grown]) => grown <= 1.25),
  };
}

function stateBytes(results: Results): number | undefined {
  const sizes = results.cells.filter(({ subject, step }) => subject === "ours" && step === "create");
  const largest = sizes.sort((a, b) => b.size - a.size)[0];
  return largest?.stateBytesPerResource;
}

function ratio(promise: string, ours: number | undefined, theirs: number | undefined, limit: number): Mark {
  if (ours === undefined || theirs === undefined) return { promise };
  const found = ours / theirs;
  return {
    promise,
    found: `${found.toFixed(2)} (${ours.toFixed(1)} s against ${theirs.toFixed(1)} s)`,
    met: found <= limit,
  };
}

function withNote(note: string | undefined, mark: Mark): Mark {
  return note && mark.found ? { ...mark, found: `${mark.found} (${note})` } : mark;
}

function atMost(promise: string, found: number | undefined, limit: number, unit: string): Mark {
  if (found === undefined) return { promise };
  const shown = found < 100 ? Number(found.toPrecision(3)) : Math.round(found);
  return { promise, found: `${shown.toLocaleString("en-US")} ${unit}`, met: found <= limit };
}
