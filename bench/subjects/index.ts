import * as path from "node:path";
import type { Engine } from "../../tools/engine/engine.js";
import { floor } from "./floor.js";
import { type OverHttpOptions, overHttp } from "./journal.js";
import { repositoryRoot } from "./project.js";
import { type PulumiOptions, pulumiSubject } from "./pulumi.js";
import type { SubjectKind } from "./subject.js";
import { terraform } from "./terraform.js";

const ours = { program: "ours.js" };

/** The programs on the real engine; the first three are compared unless `--subjects` says otherwise. */
const programs: readonly PulumiOptions[] = [
  { ...ours, name: "ours", title: "pulumi-amigo" },
  { name: "traces", title: "pulumi-amigo, stack traces on", program: "ours-with-traces.js" },
  { name: "documented", title: "documented dynamic provider", program: "documented.js" },
  { ...ours, name: "typescript", title: "pulumi-amigo, TypeScript program", typescript: true },
  {
    ...ours,
    name: "transpile-only",
    title: "pulumi-amigo, TypeScript program, types unchecked",
    typescript: true,
    env: { PULUMI_NODEJS_TRANSPILE_ONLY: "true" },
  },
  {
    ...ours,
    name: "compile-cache",
    title: "pulumi-amigo, Node keeps compiled code",
    // Node 20 does not know it.
    env: { NODE_COMPILE_CACHE: path.join(repositoryRoot, "state", "compile-cache") },
  },
  { ...ours, name: "gzip", title: "pulumi-amigo, state in gzip", env: { PULUMI_DIY_BACKEND_GZIP: "true" } },
  { ...ours, name: "zstd", title: "pulumi-amigo, state in zstd", env: { PULUMI_DIY_BACKEND_ZSTD: "true" } },
  {
    ...ours,
    name: "no-backups",
    title: "pulumi-amigo, no backups of the state",
    env: { PULUMI_DIY_BACKEND_DISABLE_CHECKPOINT_BACKUPS: "true" },
  },
  {
    ...ours,
    name: "no-sidecar",
    title: "pulumi-amigo, no file of checksums beside the state",
    backend: "?metadata=skip",
  },
  {
    ...ours,
    name: "lean",
    title: "pulumi-amigo, state in zstd, no file of checksums",
    env: { PULUMI_DIY_BACKEND_ZSTD: "true" },
    backend: "?metadata=skip",
  },
  {
    ...ours,
    name: "no-integrity",
    title: "pulumi-amigo, integrity checks off",
    flags: ["--disable-integrity-checking"],
  },
  { ...ours, name: "parallel-4", title: "pulumi-amigo, --parallel 4", flags: ["--parallel", "4"] },
  { ...ours, name: "parallel-64", title: "pulumi-amigo, --parallel 64", flags: ["--parallel", "64"] },
  {
    ...ours,
    name: "no-checkpoints",
    title: "pulumi-amigo, checkpoints off",
    env: { PULUMI_EXPERIMENTAL: "true", PULUMI_SKIP_CHECKPOINTS: "true" },
  },
];

/** State kept by a service that is spoken to over HTTP. */
const overHttpPrograms: readonly OverHttpOptions[] = [
  { ...ours, name: "journal", title: "pulumi-amigo, journal over HTTP", journal: true },
  {
    ...ours,
    name: "journal-64",
    title: "pulumi-amigo, journal over HTTP, --parallel 64",
    journal: true,
    flags: ["--parallel", "64"],
  },
  { ...ours, name: "http-state", title: "pulumi-amigo, whole state over HTTP", journal: false },
];

export const DEFAULT_SUBJECTS = ["floor", "ours", "traces", "documented", "terraform"];

/** Everything that can be compared on this machine. */
export function subjectKinds(engine: Engine): SubjectKind[] {
  const other = terraform(process.env);
  return [
    floor,
    ...programs.map((program) => pulumiSubject(engine, program)),
    ...overHttpPrograms.map((program) => overHttp(engine, program)),
    ...(other ? [other] : []),
  ];
}

export const SUBJECT_NAMES = ["floor", ...[...programs, ...overHttpPrograms].map(({ name }) => name), "terraform"];
