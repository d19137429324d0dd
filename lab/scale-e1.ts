import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import * as path from "node:path";
import { startEmulator, seedIds as s } from "../src/emulator/index.js";
import { cleanEnvironment, testEngine } from "./cli/environment.js";
async function main() {
  const [nS, nU, nB] = process.argv.slice(2).map(Number) as [number, number, number];
  const e = await startEmulator();
  const folder = mkdtempSync(path.join("state", "test-scale-"));
  mkdirSync(path.join(folder, "state"));
  writeFileSync(path.join(folder, "amigo.yaml"), `workspaces:\n  staging: { id: ${s.workspace}, apiKeyEnv: AMIGO_API_KEY }\n`);
  const odd = ["a::b", "a/b", "🏥 ward", "100%", "x$y", "class", 'say "hi"', "受付"];
  const services = Array.from({ length: nS }, (_, i) => e.store.addService({ workspace_id: s.workspace, name: odd[i] ?? `Service ${i}`, agent_id: s.agents.frontDesk, context_graph_id: s.contextGraphs.scheduling, description: `Number ${i}`, version_sets: { edge: {}, release: i % 2 ? { agent_version_number: 1 } : {} } } as never));
  const letters = (i: number) => String(i).replace(/\d/g, (d) => "abcdefghij"[Number(d)] as string);
  const useCases = Array.from({ length: nU }, (_, i) => e.store.addUseCase({ workspace_id: s.workspace, channel: i % 2 ? "inbound_voice" : "outbound_voice", entity_name: "Riverside", name: `Case ${letters(i)}`, setup_id: s.setups.voiceApproved } as never));
  for (let i = 0; i < nB; i++) e.store.bind(useCases[i]!.id, services[Math.floor(i / 2) % nS]!.id);
  const engine = await testEngine();
  const env = { ...cleanEnvironment(), ...engine.env, AMIGO_BASE_URL: e.url, AMIGO_API_KEY: "amigo-demo-key", PULUMI_BACKEND_URL: `file://${path.resolve(folder, "state")}`, PULUMI_CONFIG_PASSPHRASE: "x" };
  const run = async (label: string, bin: string, ...a: string[]) => {
    const at = Date.now(); e.clearRequests();
    const out = await new Promise<string>((res) => execFile(bin, a, { env, cwd: folder, maxBuffer: 1e9 }, (er, so, se) => res(`${er ? `exit ${(er as { code?: number }).code}` : "ok"}\n${so.slice(-300)}\n${se.slice(-600)}`)));
    const writes = e.requests.filter((r) => r.method !== "GET").length;
    console.log(`== ${label}: ${Date.now() - at} ms, ${e.requests.length} requests, ${writes} writes: ${out}`);
  };
  const cli = path.resolve("dist/cli/main.js");
  await run("export", process.execPath, cli, "export", "staging", "--program", "clinic");
  await run("init", engine.bin, "stack", "init", "dev", "--cwd", "clinic", "--non-interactive");
  await run("adopt", process.execPath, cli, "adopt", "staging", "--stack", "dev", "-C", "clinic", "--yes");
  await run("again", process.execPath, cli, "adopt", "staging", "--stack", "dev", "-C", "clinic", "--yes");
  await run("preview", engine.bin, "preview", "--cwd", "clinic", "--non-interactive", "--expect-no-changes", "--refresh", "--stack", "dev");
  await run("destroy", engine.bin, "destroy", "--cwd", "clinic", "--non-interactive", "--yes", "--skip-preview", "--stack", "dev");
  await e.close();
}
main();
