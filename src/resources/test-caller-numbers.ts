import type * as pulumi from "@pulumi/pulumi";
import { z } from "zod";
import { COMMAND } from "../command.js";
import { IMPORT_OPTION, renameAdvice } from "../engine/advice.js";
import { asSet, same } from "../engine/compare.js";
import type { Change, Existing, Lifecycle, Properties, Values } from "../engine/lifecycle.js";
import { unique, workspaceOrigin } from "../engine/program/conflicts.js";
import { AmigoResource, classFacts, isOfType } from "../engine/program/resource.js";
import type { ProviderContext } from "../engine/provider/context.js";
import { typeToken } from "../engine/tokens.js";
import { findInWorkspace, removeFromWorkspace } from "./children.js";
import * as fields from "./fields.js";
import { intentOf, journalled, otherMaker, takeClaimed } from "./journalled.js";
import { afterOwnWrites } from "./settle.js";

/** Arguments of {@link TestCallerNumbers}. */
export interface TestCallerNumbersArgs {
  /** The id of the workspace whose list it is, a UUID; changing it replaces the list. @default the provider's workspace */
  workspaceId?: pulumi.Input<string>;
  /** The numbers: at most 20, each once, in E.164 form, such as +14155550100; order means nothing. Updated in place, as a whole. */
  numbers: pulumi.Input<pulumi.Input<string>[]>;
  /** Take over a list that is not empty. Only this provider knows it. @default false */
  adopt?: pulumi.Input<boolean>;
}

const numbersProperty = {
  schema: z
    .array(
      z.string().regex(/^\+[1-9]\d{1,14}$/, {
        error: "must be in E.164 form: + and 2 to 15 digits, the first not 0, such as +14155550100",
      }),
    )
    .max(20),
  change: "update",
  normalise: asSet,
} as const;

const properties = {
  workspaceId: { schema: fields.uuid, change: "replace", isId: true },
  numbers: numbersProperty,
  adopt: { schema: z.boolean().optional(), change: "local", default: false },
} as const satisfies Properties;

/** @internal */
export const testCallerNumbersLifecycle = {
  kind: "TestCallerNumbers",
  owned: true,
  inWorkspace: true,
  computed: [] as const,
  properties,
  document: {
    place: 6,
    section: "testCallerNumbers",
    shape: "value",
    key: [],
    fields: ["numbers"],
    list: async ({ client }, id) => [existing(id, (await client.getTestCallerNumbers(id)).numbers)],
  },
  describe: ({ workspaceId }) => `TestCallerNumbers of workspace ${String(workspaceId)}`,
  idFrom: ({ workspaceId }) => String(workspaceId),
  recovery: {
    keyOf: ({ numbers }) => [...((numbers as string[] | undefined) ?? [])].sort(),
    inputsOf: (numbers) => ({ numbers }),
  },
  rules: ({ numbers }) => fields.repeated("numbers", numbers),
  deleteFirst: () => false,
  create,
  read: async (context, id) =>
    findInWorkspace(context, id, async () => existing(id, (await context.client.getTestCallerNumbers(id)).numbers)),
  update,
  remove: (context, id) =>
    removeFromWorkspace(context, id, async () => {
      await context.client.updateTestCallerNumbers(id, []);
    }),
} satisfies Lifecycle;

const facts = classFacts(testCallerNumbersLifecycle);

/** The numbers whose calls a workspace treats as tests: one list for each workspace. Deleting empties it. */
export class TestCallerNumbers extends AmigoResource {
  static readonly __pulumiType: string = typeToken("TestCallerNumbers");
  /** @internal */
  static readonly __lifecycle = testCallerNumbersLifecycle;

  /** The id of the workspace whose list it is. */
  declare readonly workspaceId: pulumi.Output<string>;
  /** The numbers in E.164 form. */
  declare readonly numbers: pulumi.Output<string[]>;
  /** Whether a list that is not empty may be taken over. */
  declare readonly adopt: pulumi.Output<boolean | undefined>;

  constructor(name: string, args: TestCallerNumbersArgs, opts?: pulumi.CustomResourceOptions) {
    // Both have one id, and the list is no longer empty where the new one is made first.
    super(facts, name, args, { deleteBeforeReplace: true, ...opts }, [
      unique(
        "numbers",
        "test caller numbers",
        name,
        () => workspaceOrigin(args.workspaceId, opts, typeToken("Workspace")),
        (holder) =>
          `found a second list for the workspace: "${holder}" declares it too, and a workspace has one list only`,
      ),
    ]);
  }

  /** Looks up the list of an existing workspace, whose id it has. */
  static get(
    name: string,
    id: pulumi.Input<pulumi.ID>,
    state: Partial<TestCallerNumbersArgs> = {},
    opts?: pulumi.CustomResourceOptions,
  ): TestCallerNumbers {
    return new TestCallerNumbers(name, state as TestCallerNumbersArgs, { ...opts, id });
  }

  static override isInstance(value: unknown): value is TestCallerNumbers {
    return isOfType(value, TestCallerNumbers.__pulumiType);
  }
}

async function create(context: ProviderContext, news: Values): Promise<Existing> {
  const id = String(news.workspaceId);
  const isOurs = context.run.wasMade("Workspace", id) || context.run.manages("TestCallerNumbers", id);
  if (!isOurs) {
    const { numbers } = await context.client.getTestCallerNumbers(id);
    const asDeclared = same(numbersProperty, numbers, news.numbers);
    if (asDeclared && takeClaimed(context, intentOf(testCallerNumbersLifecycle, news), id))
      return existing(id, numbers);
    if (numbers.length > 0 && news.adopt !== true) {
      const maker = otherMaker(context, intentOf(testCallerNumbersLifecycle, news), id);
      if (maker !== undefined) {
        throw new Error(
          `the test caller numbers of workspace ${id} are this stack's own resource "${maker}". Nothing was written. ${renameAdvice(maker)}`,
        );
      }
      throw new Error(
        `the workspace has ${numbers.length} test caller numbers already (${numbers.join(", ")}) that are not known to be this resource's. ` +
          `Nothing was written. Another stack has them: take them out of this program. None has: take them over with \`adopt: true\` or ${IMPORT_OPTION}: "${id}"; after an interrupted run, \`${COMMAND} recover\` finds out.`,
      );
    }
    if (numbers.length > 0) {
      context.warn(
        `the test caller numbers of workspace ${id} were taken over (adopt: true); they were ${numbers.join(", ")}`,
      );
    }
    if (asDeclared) return existing(id, numbers);
  }
  return journalled(context, intentOf(testCallerNumbersLifecycle, news), () =>
    write(context, id, news.numbers as string[]),
  );
}

async function update(context: ProviderContext, { id, over }: Change): Promise<Values> {
  const { live } = existing(id, (await context.client.getTestCallerNumbers(id)).numbers);
  const { numbers } = over(live) as { numbers?: string[] };
  return numbers ? (await write(context, id, numbers)).live : live;
}

async function write(context: ProviderContext, id: string, numbers: string[]): Promise<Existing> {
  const written = await afterOwnWrites(context, { refersTo: [["Workspace", id]] }, () =>
    context.client.updateTestCallerNumbers(id, numbers),
  );
  return existing(id, written.numbers);
}

function existing(id: string, numbers: string[]): Existing {
  return { id, live: { workspaceId: id, numbers } };
}
