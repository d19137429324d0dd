import { ensureEngine } from "./engine.js";

async function main(): Promise<void> {
  const engine = await ensureEngine({ log: (line) => console.error(line) });
  const how = { path: "on PATH", home: "in the Pulumi home", downloaded: "downloaded", built: "built" }[engine.source];
  console.log(`Pulumi ${engine.version}, ${how}: ${engine.bin}`);
}

main().catch((error: Error) => {
  console.error(error.message);
  process.exitCode = 1;
});
