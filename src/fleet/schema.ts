import { z } from "zod";
import { SETTING_LIMITS } from "../engine/settings.js";

const DURATION = /^([1-9]\d{0,4})(s|m|h)$/;
const AS_DURATION = "must be a number with s, m or h, such as 5m";
/** A timer that is set for longer than 24 days goes off at once. */
const LONGEST_TIMEOUT_MS = 500 * 3_600_000;

/** What a stack is called in Pulumi, in reports and in file names. */
export const stackName = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,99}$/, {
    error: "must be letters, digits, dots, hyphens and underscores, 100 at most, the first one a letter or digit",
  })
  .describe("The Pulumi stack. Each name stands once in a fleet.");

const labels = z
  .record(
    z.string().regex(/^(?!name$)[\w./-]+$/, {
      error: "must be letters, digits and . _ - /, and not name, which is the stack's own",
    }),
    z.string().regex(/^[^,=!]*$/, { error: "must not hold a comma, = or !" }),
  )
  .describe("Words that waves and --select choose stacks by.");

const selector = z
  .string()
  .min(1)
  .describe("key=value or key!=value; a comma means and. The key `name` is the stack's name.");

const path = z.string().min(1);

const stack = z.strictObject({
  name: stackName.optional(),
  match: path
    .optional()
    .describe(
      "Instead of a name: a pattern of document files. Each is a stack, named like the file, as its workspace is.",
    ),
  labels: labels.optional(),
  environment: path.optional().describe("The document that the stack deploys, relative to this file."),
  project: path.optional().describe("Instead of a document: the folder of a Pulumi project, relative to this file."),
  workspace: z
    .string()
    .min(1)
    .optional()
    .describe("The workspace's alias in amigo.yaml. A document needs one; for a project it names the account."),
});

const wave = z.strictObject({
  name: z.string().regex(/^[A-Za-z0-9][\w.-]{0,59}$/, {
    error: "must be letters, digits, dots, hyphens and underscores, 60 at most",
  }),
  select: selector.optional().describe("The stacks of this wave, less those that an earlier wave took. Default: all."),
  count: z.int().min(1).max(10_000).optional().describe("How many of them, in the order of this file. Default: all."),
  concurrency: z
    .int()
    .min(1)
    .max(256)
    .optional()
    .describe("How many run at once. Default: as many as there are cores."),
});

const { maxConcurrency, requestsPerSecond } = SETTING_LIMITS;

/** The contract of a fleet file. */
export const fleetSchema = z.strictObject({
  version: z.literal(1),
  $schema: z.string().optional(),
  stacks: z.array(stack).min(1),
  waves: z.array(wave).min(1).optional().describe("What runs after what. Default: one wave of all stacks."),
  gate: z
    .strictObject({
      command: z
        .string()
        .min(1)
        .describe("A shell command, run in this file's folder after the built-in checks of each wave. 0 passes."),
      timeout: z
        .string({ error: AS_DURATION })
        .regex(DURATION, { error: AS_DURATION })
        .refine((text) => !DURATION.test(text) || milliseconds(text) <= LONGEST_TIMEOUT_MS, {
          error: "must be 500h at most",
        })
        .optional()
        .describe("Default: 10m."),
    })
    .optional(),
  budget: z
    .strictObject({
      maxConcurrency: z.int().min(maxConcurrency.least).max(maxConcurrency.most).optional(),
      requestsPerSecond: z.number().min(requestsPerSecond.least).max(requestsPerSecond.most).optional(),
    })
    .optional()
    .describe("The requests of all stacks together."),
});

export type FleetText = z.infer<typeof fleetSchema>;
export type StackText = FleetText["stacks"][number];

/** The JSON Schema that editors use; shipped as `schemas/fleet.schema.json`. */
export function fleetJsonSchema(): object {
  const { $schema, ...schema } = z.toJSONSchema(fleetSchema, { io: "input" }) as Record<string, unknown>;
  return { $schema, title: "Amigo fleet", description: "Many stacks, and the waves in which they run.", ...schema };
}

/** `5m` in milliseconds. */
export function milliseconds(duration: string): number {
  const [, number, unit] = DURATION.exec(duration) ?? [];
  return Number(number) * { s: 1_000, m: 60_000, h: 3_600_000 }[unit as "s" | "m" | "h"];
}
