import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { cpus, loadavg } from "node:os";
import { ensureDist } from "../tools/dist.js";
import { ensureEngine } from "../tools/engine/engine.js";
import { startFixture } from "./fixture/process.js";
import { measureClient } from "./measure/client.js";
import { measureHeldMemory } from "./measure/held-memory.js";
import { measureProviderProcess } from "./measure/provider-process.js";
import { measureStarts } from "./measure/starts.js";
import { type Options, readOptions } from "./options.js";
import { intoPage, markdown } from "./report/markdown.js";
import { plot } from "./report/svg.js";
import { text } from "./report/text.js";
import type { Results } from "./results.js";
import { runAll } from "./run.js";
import { subjectKinds } from "./subjects/index.js";
import { repositoryRoot } from "./subjects/project.js";

const log = (line: string) => console.error(`${new Date().toISOString().slice(11, 19)} ${line}`);

async function main(options: Options): Promise<void> {
  if (options.library === repositoryRoot) ensureDist(log);
  const engine = await ensureEngine({ log });
  const kinds = subjectKinds(engine).filter(({ name }) => options.subjects.includes(name));
  const load = () => Number((loadavg()[0] ?? 0).toFixed(2));
  const results: Results = {
    command: options.command,
    date: new Date().toISOString().slice(0, 10),
    machine: {
      processor: cpus()[0]?.model ?? "unknown",
      cores: cpus().length,
      node: process.version,
      engine: engine.version,
      load: [load()],
    },
    latencyMs: options.latencyMs,
    parallel: options.parallel,
    cells: [],
    processes: [],
    starts: [],
    ...(options.with ? earlier(options.with) : {}),
  };
  if (options.processServices.length > 0) await measureAlone(options, results);
  if (options.starts > 0) await measureStarts(kinds, options, results, log);
  // After each measurement, so that an interrupted run leaves what it has.
  const save = () => {
    if (options.json) writeFileSync(options.json, `${JSON.stringify(results, undefined, 2)}\n`);
  };
  await runAll(kinds, options, results, { log, save });
  results.machine.load.push(load());
  save();

  console.log(text(results));
  if (options.markdown) {
    const page = existsSync(options.markdown) ? readFileSync(options.markdown, "utf8") : "";
    writeFileSync(options.markdown, intoPage(page, "results", markdown(results)));
  }
  if (options.svg) writeFileSync(options.svg, plot(results));
}

/** What else the file holds is this run's own business: the machine's load, the command. */
function earlier(file: string): Pick<Results, "cells" | "processes" | "client" | "starts"> {
  const { cells, processes, client, starts } = JSON.parse(readFileSync(file, "utf8")) as Results;
  return { cells, processes, client, starts };
}

async function measureAlone({ processServices, latencyMs }: Options, results: Results): Promise<void> {
  log("the client alone");
  results.client = await measureClient();
  results.processes = [];
  const fixture = await startFixture(latencyMs);
  const idle = await startFixture(0);
  try {
    for (const services of processServices) {
      log(`the provider's process alone, ${services} services`);
      const cost = await measureProviderProcess(fixture, services);
      if (!cost) break;
      const heldMegabytes = (await measureHeldMemory(idle, services)) / 1e6;
      results.processes.push({ ...cost, heldMegabytes });
    }
  } finally {
    await Promise.all([fixture.stop(), idle.stop()]);
  }
}

// What runs is killed at exit, which a signal would pass over.
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(130));

main(readOptions(process.argv)).catch((error: Error) => {
  console.error(error.message);
  process.exitCode = 1;
});
