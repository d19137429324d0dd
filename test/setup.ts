import { afterAll } from "vitest";

const before = { ...process.env };

// Files share a process: what a program's run leaves in the environment, or in the SDK, is not the next file's.
afterAll(() => {
  for (const name of Object.keys(process.env)) if (!(name in before)) delete process.env[name];
  Object.assign(process.env, before);
  delete (globalThis as { globalStore?: unknown }).globalStore;
});
