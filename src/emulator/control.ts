import type { HttpBindings } from "@hono/node-server";
import { closest } from "fastest-levenshtein";
import { Hono } from "hono";
import { z } from "zod";
import { parseDialect } from "./dialect-settings.js";
import type { Dialect } from "./dialects.js";
import type { FaultInjector, FaultRule } from "./faults.js";
import type { RequestLog } from "./log.js";
import { handlers } from "./operations.js";
import type { EmulatorStore } from "./store.js";

export interface ControlParts {
  store: EmulatorStore;
  dialect: Dialect;
  faults: FaultInjector;
  log: RequestLog;
}

const milliseconds = z.number().nonnegative();

const actionSchema = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("reset") }),
  z.strictObject({
    kind: z.literal("status"),
    status: z.int().min(200).max(599),
    headers: z.record(z.string(), z.string()).optional(),
    body: z.unknown().optional(),
  }),
  z.strictObject({ kind: z.literal("lateCommit"), delayMs: milliseconds, status: z.int().min(200).max(599) }),
  z.strictObject({ kind: z.literal("stallHeaders"), ms: milliseconds }),
  z.strictObject({ kind: z.literal("stallBody"), ms: milliseconds }),
  z.strictObject({ kind: z.literal("drip"), bytesPerSecond: z.number().positive() }),
  z.strictObject({ kind: z.literal("truncate") }),
  z.strictObject({ kind: z.literal("contentType"), value: z.string(), body: z.string().optional() }),
  z.strictObject({
    kind: z.literal("edit"),
    set: z.record(z.string(), z.unknown()).optional(),
    drop: z.array(z.string()).optional(),
  }),
  z.strictObject({ kind: z.literal("pageShift"), by: z.int().optional() }),
  z.strictObject({ kind: z.literal("repeatToken") }),
  z.strictObject({ kind: z.literal("staleList"), ms: milliseconds }),
]);

const pattern = z
  .string()
  .refine(isPattern, "not a regular expression")
  .transform((source) => new RegExp(source));

const operation = z.union([z.string(), z.array(z.string())]).superRefine((given, { addIssue }) => {
  const names = Object.keys(handlers);
  for (const id of [given].flat().filter((one) => !names.includes(one)))
    addIssue(`there is no operation "${id}"; did you mean ${closest(id, names)}?`);
});

const ruleSchema = z.strictObject({
  id: z.string().optional(),
  operation: operation.optional(),
  method: z.string().optional(),
  path: pattern.optional(),
  body: pattern.optional(),
  times: z.int().nonnegative().optional(),
  skip: z.int().nonnegative().optional(),
  probability: z.number().min(0).max(1).optional(),
  when: z.enum(["before", "after"]),
  action: actionSchema,
});

const faultsSchema = z.strictObject({ rules: z.array(ruleSchema), seed: z.int().optional() });

const FAULTS_BODY = "the body must be an object with `rules`, a list of rules, and may have `seed`, a whole number";

/**
 * Lets other processes steer the emulator: faults (PUT replaces all, as `{rules, seed?}`; GET shows how often each
 * struck; DELETE removes all), the request log (GET, DELETE), the dialect (GET, PUT changes what it names) and the
 * whole state (GET). Takes no key; answers only requests that come from and are addressed to this machine.
 */
export function controlRoutes(parts: ControlParts): Hono<{ Bindings: HttpBindings }> {
  const control = new Hono<{ Bindings: HttpBindings }>();
  control.use(async (context, next) => {
    const host = new URL(`http://${context.req.header("host") ?? ""}`).hostname;
    const remote = context.env.incoming.socket.remoteAddress ?? "";
    if (isLoopback(host) && isLoopback(remote)) return next();
    return context.json({ detail: "The control plane answers this machine only." }, 403);
  });
  control.onError((error, context) => context.json({ detail: error.message }, 400));

  control.get("/faults", (context) => context.json({ rules: parts.faults.list().map(faultView) }));
  control.put("/faults", async (context) => {
    const { rules, seed } = readFaults(await context.req.json());
    parts.faults.clear();
    if (seed !== undefined) parts.faults.reseed(seed);
    return context.json({ ids: rules.map((rule) => parts.faults.add(rule)) });
  });
  control.delete("/faults", (context) => {
    parts.faults.clear();
    return context.body(null, 204);
  });

  control.get("/requests", (context) => context.json({ requests: parts.log.entries }));
  control.delete("/requests", (context) => {
    parts.log.clear();
    return context.body(null, 204);
  });

  control.get("/dialect", (context) => context.json(parts.dialect));
  control.put("/dialect", async (context) => {
    Object.assign(parts.dialect, parseDialect(await context.req.json()));
    return context.json(parts.dialect);
  });

  control.get("/state", (context) => context.json(parts.store.snapshot()));
  return control;
}

export function isLoopback(host: string): boolean {
  return /^(localhost|127(\.\d{1,3}){3}|::1|\[::1\]|::ffff:127(\.\d{1,3}){3})$/i.test(host);
}

function readFaults(body: unknown): { rules: FaultRule[]; seed?: number } {
  const parsed = faultsSchema.safeParse(body);
  if (parsed.success) return parsed.data;
  throw new Error(
    parsed.error.issues.map(({ path, message }) => `${path.join(".") || FAULTS_BODY}: ${message}`).join("\n"),
  );
}

function faultView(status: ReturnType<FaultInjector["list"]>[number]): unknown {
  const { path, body, ...rule } = status.rule;
  const text = (found: RegExp | undefined) => found?.source.replaceAll("\\/", "/");
  return { ...status, rule: { ...rule, path: text(path), body: text(body) } };
}

function isPattern(source: string): boolean {
  try {
    return new RegExp(source) !== undefined;
  } catch {
    return false;
  }
}
