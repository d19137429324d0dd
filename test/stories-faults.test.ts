import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { Gate } from "../lab/engine/gate.js";
import { speedUpTime } from "../lab/stories/clock.js";
import { type Command, type Story, stories, type Verb } from "../lab/stories/command.js";
import { FAULTY_SETTINGS, FAULTY_SPEED } from "../lab/stories/faults.js";
import { HARMS } from "../lab/stories/figures.js";
import { keepLog } from "../lab/stories/log.js";
import { Stage } from "../lab/stories/stage.js";
import { inWords, RULES } from "../lab/stories/story.js";
import { API_KEY } from "../lab/stories/world.js";
import { AmigoClient } from "../src/api/client.js";
import { operations } from "../src/api/operations.js";
import { ServerWait } from "../src/api/server-wait.js";
import fc from "./support/random.js";

/** Most of the time under faults is waiting. */
const gate = new Gate(6);
const restore: (() => void)[] = [];
let stage: Stage;

beforeAll(async () => {
  restore.push(speedUpTime(FAULTY_SPEED), keepLog());
  stage = await Stage.open(0.5);
});

afterEach(() => vi.restoreAllMocks());

afterAll(async () => {
  await stage.close();
  for (const put of restore) put();
});

it("keeps every rule under faults of the server, in 40 stories", { timeout: 120_000 }, async () => {
  const drawn = fc.sample(stories(8), { numRuns: 40, seed: 20_262 });
  const results = await Promise.all(drawn.map((story, index) => gate.run(() => stage.tell(story, index))));
  const broken = results.filter(({ violations }) => violations.length > 0);
  expect(broken.map(inWords)).toEqual([]);
  expect(results.flatMap(({ struck }) => struck).length).toBeGreaterThan(30);
});

it("has a rule for each harm that the figures count", () => {
  // That one is asked by a run of its own.
  const rules = [...Object.keys(RULES), "aSecondUpChangesNothing"];
  for (const rule of Object.values(HARMS).flat()) expect(rules).toContain(rule);
});

type Made = Awaited<ReturnType<AmigoClient["createService"]>>;

const { createService, getService, getServiceBinding, listServices, updateService } = AmigoClient.prototype;

/** Puts something else in the place of a method of the client. */
function plant<Name extends keyof AmigoClient>(name: Name, wrongly: AmigoClient[Name]): void {
  vi.spyOn(AmigoClient.prototype, name as "close").mockImplementation(wrongly as AmigoClient["close"]);
}

/** A wrong behaviour each, and the rule that finds it. */
const PLANTS: Readonly<Record<string, () => void>> = {
  /** A create is sent again though it may have been carried out. */
  noCreateIsSentTwice: () => {
    vi.spyOn(operations["create-service"], "kind", "get").mockReturnValue("idempotent" as "create");
  },
  /** A second service is made that nobody hears of. */
  nothingIsOrphaned: () =>
    plant("createService", async function (this: AmigoClient, workspaceId, body): Promise<Made> {
      const twin = { ...body, name: `${body.name} twin` };
      await createService.call(this, workspaceId, twin).catch(() => undefined);
      return createService.call(this, workspaceId, body);
    }),
  /** An update is acknowledged and not sent. */
  whatChangedIsWritten: () =>
    plant("updateService", async function (this: AmigoClient, workspaceId, id, body): Promise<Made> {
      return { ...(await getService.call(this, workspaceId, id)), ...(body as object) };
    }),
  /** A deletion is acknowledged and not sent. */
  whatIsDeletedIsGone: () => plant("deleteService", async () => undefined),
  /** A read shows a value that is not there. */
  outputsAreTrue: () =>
    plant("createService", async function (this: AmigoClient, workspaceId, body): Promise<Made> {
      return { ...(await createService.call(this, workspaceId, body)), tool_capacity: 9 };
    }),
  /** What is there is read as gone. */
  nothingIsForgotten: () =>
    plant("getServiceBinding", async function (this: AmigoClient, workspaceId) {
      return getServiceBinding.call(this, workspaceId, "00000000-0000-4000-8000-000000000000");
    }),
  /** What has the name is taken over. */
  nothingIsTakenOverInSilence: () =>
    plant("createService", async function (this: AmigoClient, workspaceId, body): Promise<Made> {
      const found = (await listServices.call(this, workspaceId)).find(({ name }) => name === body.name);
      return found
        ? updateService.call(this, workspaceId, found.id, body)
        : createService.call(this, workspaceId, body);
    }),
  /** What the server asks to wait is not heard. */
  noRetryComesEarly: () => {
    vi.spyOn(ServerWait.prototype, "extend").mockReturnValue(false);
  },
  /** A call takes longer than it may. */
  noCallOverrunsItsDeadline: () => {
    vi.spyOn(FAULTY_SETTINGS, "timeoutSeconds", "get").mockReturnValue("120");
  },
  /** A line of the log has the key. */
  secretsDoNotShow: () =>
    plant("createService", async function (this: AmigoClient, workspaceId, body): Promise<Made> {
      process.stderr.write(`amigo: creating with ${API_KEY}-0\n`);
      return createService.call(this, workspaceId, body);
    }),
};

describe("finds a wrong behaviour of the provider", () => {
  const command = (verb: Verb): Command => ({ verb, stack: 0, pick: 0, other: 0, value: 1, near: 0 });
  const story = (opened: boolean, ...verbs: Verb[]): Story => {
    return { opening: 0, opened, dialect: 0, focus: { pick: 0, other: 0 }, commands: verbs.map(command) };
  };
  const drawn = [
    story(false, "consoleMake", "up"),
    story(true, "refresh"),
    ...fc.sample(stories(8), { numRuns: 150, seed: 20_263 }),
  ];

  it.each(Object.entries(PLANTS))("by the rule %s", { timeout: 120_000 }, async (rule, plantIt) => {
    plantIt();
    let isFound = false;
    const look = async (story: Story, index: number) => {
      if (isFound) return;
      const { violations } = await stage.tell(story, index);
      isFound ||= violations.some((violation) => violation.rule === rule);
    };
    await Promise.all(drawn.map((story, index) => gate.run(() => look(story, index))));
    expect(isFound).toBe(true);
  });
});
