import { z } from "zod";

/**
 * What we write for the Pulumi Kubernetes Operator, as its resource definitions (2.9) have it. Stricter where they are loose: the
 * cluster drops a field that it does not know, and takes a key in clear.
 */
const secret = z.strictObject({
  type: z.literal("Secret"),
  secret: z.strictObject({ name: z.string().min(1), key: z.string().regex(/^[\w.-]+$/) }),
});
const amount = z.union([z.string().regex(/^\d+(m|Mi|Gi)?$/), z.number()]);
const amounts = z.strictObject({ cpu: amount.optional(), memory: amount.optional() });

const workspaceTemplate = z.strictObject({
  apiVersion: z.literal("auto.pulumi.com/v1alpha1"),
  kind: z.literal("Workspace"),
  spec: z.strictObject({
    image: z.string().regex(/^[\w./-]+:[\w.-]+$/),
    securityProfile: z.enum(["baseline", "restricted"]),
    resources: z.strictObject({ requests: amounts.optional(), limits: amounts.optional() }).optional(),
    podTemplate: z
      .strictObject({
        spec: z.strictObject({
          containers: z.tuple([z.strictObject({ name: z.literal("pulumi") })]),
          terminationGracePeriodSeconds: z.number().int().positive().optional(),
        }),
      })
      .optional(),
  }),
});

const common = {
  serviceAccountName: z.string().min(1),
  stack: z.string().regex(/^[\w.-]+(\/[\w.-]+){0,2}$/),
  projectRepo: z.url(),
  branch: z.string().min(1).optional(),
  commit: z
    .string()
    .regex(/^[0-9a-f]{40}$/)
    .optional(),
  repoDir: z.string().optional(),
  shallow: z.boolean().optional(),
  gitAuth: z.strictObject({ accessToken: secret }).optional(),
  backend: z.url().optional(),
  useLocalStackOnly: z.literal(true),
  destroyOnFinalize: z.literal(false),
  refresh: z.boolean().optional(),
  prerequisites: z.array(z.strictObject({ name: z.string() })).optional(),
  envRefs: z.record(z.string().regex(/^[A-Z_]+$/), secret),
  workspaceTemplate,
};

const oneSource = (spec: { branch?: string; commit?: string }) =>
  (spec.branch === undefined) !== (spec.commit === undefined);

const metadata = z.strictObject({
  name: z.string().regex(/^[a-z0-9]([a-z0-9-]{0,40}[a-z0-9])?$/),
  namespace: z.string().min(1),
});
const head = { apiVersion: z.literal("pulumi.com/v1"), kind: z.literal("Stack"), metadata };

/** A Stack that deploys. */
export const deployingStack = z.strictObject({
  ...head,
  spec: z.strictObject(common).refine(oneSource, "needs a branch or a commit, and not both"),
});

/** A Stack that looks for drift, and writes nothing. */
export const driftStack = z.strictObject({
  ...head,
  spec: z
    .strictObject({
      ...common,
      preview: z.literal(true),
      refresh: z.literal(true),
      continueResyncOnCommitMatch: z.literal(true),
      resyncFrequencySeconds: z.number().int().min(60),
      updateTemplate: z.strictObject({ spec: z.strictObject({ expectNoChanges: z.literal(true) }) }),
    })
    .refine(oneSource, "needs a branch or a commit, and not both"),
});
