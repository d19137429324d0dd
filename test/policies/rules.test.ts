import { describe, expect, it } from "vitest";
import { namesFollowPattern } from "../../policies/names-follow-pattern.js";
import { noCredentialsInText } from "../../policies/no-credentials-in-text.js";
import { productionBindsActiveServices } from "../../policies/production-binds-active-services.js";
import { productionBindsNoSandbox } from "../../policies/production-binds-no-sandbox.js";
import { requiredTags } from "../../policies/required-tags.js";
import { testCallersBounded } from "../../policies/test-callers-bounded.js";
import { testCallersOutsideProduction } from "../../policies/test-callers-outside-production.js";
import { toolCapacityBounded } from "../../policies/tool-capacity-bounded.js";
import { type Described, judge, type Policy, UNKNOWN_ON_WIRE } from "./support.js";

const workspaceId = "6f0c1d52-94a7-4c1e-8f3b-0d2a5b7c9e10";
const production = { production: [workspaceId] };
const other = { other: [workspaceId] };

const desk = (args: object = {}, more: object = {}): Described => ({
  type: "Service",
  name: "desk",
  args: { workspaceId, name: "Desk", ...args },
  ...more,
});
const line: Described = {
  type: "ServiceBinding",
  name: "line",
  args: { workspaceId, serviceId: UNKNOWN_ON_WIRE, useCaseId: UNKNOWN_ON_WIRE },
  from: { serviceId: ["desk"] },
};
const numbers = (list: unknown, more: object = {}): Described => ({
  type: "TestCallerNumbers",
  name: "testers",
  args: { workspaceId, numbers: list },
  ...more,
});
const owner = { tags: { owner: ["desk", "lab"] } };
const release = (params: object): Described => ({
  type: "VersionSet",
  name: "release",
  args: { workspaceId, llmModelPreferences: { chat: { llmName: "model", params } } },
});

type Case = [what: string, resources: Described[], config: object, findings: string[]];

/** Each finding as the resource and what was found there. */
const cases: [Policy, Case[]][] = [
  [
    productionBindsActiveServices,
    [
      ["passes an active service", [desk(), line], production, []],
      [
        "finds an inactive one",
        [desk({ isActive: false }), line],
        production,
        ['line: isActive of Service "desk" is false'],
      ],
      ["does not judge other workspaces", [desk({ isActive: false }), line], other, []],
      ["passes what is not bound", [desk({ isActive: false })], production, []],
      ["says nothing of an unknown value", [desk({ isActive: UNKNOWN_ON_WIRE }), line], production, []],
      ["says nothing of an unknown service", [desk({ isActive: false }), { ...line, from: {} }], production, []],
    ],
  ],
  [
    productionBindsNoSandbox,
    [
      ["passes a production service", [desk(), line], production, []],
      [
        "finds a sandbox",
        [desk({ environment: "sandbox" }), line],
        production,
        ['line: environment of Service "desk" is "sandbox"'],
      ],
      ["does not judge other workspaces", [desk({ environment: "sandbox" }), line], other, []],
      ["says nothing of an unknown value", [desk({ environment: UNKNOWN_ON_WIRE }), line], production, []],
      [
        "finds a sandbox that is only looked up",
        [desk({ environment: "sandbox", createdAt: "2026" }, { declared: false }), line],
        production,
        ['line: environment of Service "desk" is "sandbox"'],
      ],
    ],
  ],
  [
    toolCapacityBounded,
    [
      ["passes the default", [desk()], {}, []],
      ["finds a great one", [desk({ toolCapacity: 6 })], {}, ["desk: toolCapacity is 6"]],
      ["takes the maximum from its configuration", [desk({ toolCapacity: 6 })], { maximum: 6 }, []],
      ["judges the default, too", [desk()], { maximum: 2 }, ["desk: toolCapacity is 3"]],
      [
        "takes the minimum from its configuration",
        [desk({ toolCapacity: 1 })],
        { minimum: 2 },
        ["desk: toolCapacity is 1"],
      ],
      ["says nothing of an unknown value", [desk({ toolCapacity: UNKNOWN_ON_WIRE })], { maximum: 1 }, []],
      [
        "finds bounds that no capacity can keep",
        [desk()],
        { minimum: 5, maximum: 2 },
        ["undefined: minimum is 5 and maximum is 2"],
      ],
    ],
  ],
  [
    requiredTags,
    [
      ["asks for nothing without configuration", [desk()], {}, []],
      ["passes an allowed value", [desk({ tags: [{ key: "owner", value: "lab" }] })], owner, []],
      ["passes any value where none is listed", [desk({ tags: [{ key: "owner" }] })], { tags: { owner: [] } }, []],
      ["finds a missing tag", [desk({ tags: [{ key: "team" }] })], owner, ["desk: tag owner is not set"]],
      ["finds that there are none", [desk()], owner, ["desk: tag owner is not set"]],
      ["finds another value", [desk({ tags: [{ key: "owner", value: "me" }] })], owner, ['desk: tag owner is "me"']],
      ["says nothing of unknown tags", [desk({ tags: UNKNOWN_ON_WIRE })], owner, []],
      ["says nothing of an unknown tag", [desk({ tags: [UNKNOWN_ON_WIRE] })], owner, []],
      ["says nothing of an unknown key", [desk({ tags: [{ key: UNKNOWN_ON_WIRE, value: "x" }] })], owner, []],
      ["says nothing of an unknown value", [desk({ tags: [{ key: "owner", value: UNKNOWN_ON_WIRE }] })], owner, []],
    ],
  ],
  [
    namesFollowPattern,
    [
      ["asks for nothing without configuration", [desk()], {}, []],
      ["passes what matches", [desk()], { service: "[A-Z][a-z]+" }, []],
      [
        "wants the whole name to match",
        [desk({ name: "Desk 2" })],
        { service: "[A-Z][a-z]+" },
        ['desk: name is "Desk 2"'],
      ],
      ["has a pattern for each kind", [desk({ name: "desk" })], { useCase: "X", versionSet: "X" }, []],
      ["says what is no pattern", [desk()], { service: "(" }, ['desk: name is "Desk"']],
      ["says nothing of an unknown name", [desk({ name: UNKNOWN_ON_WIRE })], { service: "X" }, []],
    ],
  ],
  [
    testCallersBounded,
    [
      ["passes ten numbers", [numbers(Array.from({ length: 10 }, String))], {}, []],
      ["finds eleven", [numbers(Array.from({ length: 11 }, String))], {}, ["testers: numbers.length is 11"]],
      ["takes the maximum from its configuration", [numbers(["1"])], { maximum: 0 }, ["testers: numbers.length is 1"]],
      [
        "counts numbers that are not known yet",
        [numbers([UNKNOWN_ON_WIRE, "1"])],
        { maximum: 1 },
        ["testers: numbers.length is 2"],
      ],
      ["says nothing of an unknown list", [numbers(UNKNOWN_ON_WIRE)], { maximum: 0 }, []],
      ["judges test callers only", [desk()], { maximum: 0 }, []],
    ],
  ],
  [
    testCallersOutsideProduction,
    [
      ["passes a workspace with numbers", [desk(), numbers(["+1"])], other, []],
      [
        "finds none",
        [desk(), { ...desk(), name: "second" }],
        other,
        ["desk: TestCallerNumbers of its workspace is not set"],
      ],
      ["finds an empty list", [desk(), numbers([])], other, ["desk: TestCallerNumbers of its workspace is not set"]],
      ["does not judge production", [desk()], production, []],
      ["does not judge text services", [desk({ channelType: "text" })], other, []],
      ["says nothing where a list is not known yet", [desk(), numbers(UNKNOWN_ON_WIRE)], other, []],
      [
        "says nothing where a list's workspace is not known",
        [desk(), numbers(["+1"], { args: { workspaceId: UNKNOWN_ON_WIRE, numbers: ["+1"] } })],
        other,
        [],
      ],
      ["says nothing of an unknown workspace", [desk({ workspaceId: UNKNOWN_ON_WIRE })], other, []],
    ],
  ],
  [
    noCredentialsInText,
    [
      [
        "passes prose",
        [desk({ description: "Password resets go to the bearer of responsibilities; secret: none." })],
        {},
        [],
      ],
      [
        "finds a password",
        [desk({ description: "password: hunter2x" })],
        {},
        ['desk: description is "text that holds a password"'],
      ],
      [
        "finds it in an address",
        [desk({ keyterms: ["https://me:pw@host"] })],
        {},
        ['desk: keyterms.0 is "text that holds a password in an address"'],
      ],
      [
        "finds it in a tag",
        [desk({ tags: [{ key: "k", value: `ghp_${"a1".repeat(18)}` }] })],
        {},
        ['desk: tags.0.value is "text that holds a GitHub token"'],
      ],
      [
        "finds a parameter by its name",
        [release({ apiKey: "x", max_tokens: 3, stop_token: "#" })],
        {},
        ['release: llmModelPreferences.chat.params.apiKey is "text that holds a credential, by its name"'],
      ],
      [
        "finds what stands within a parameter of such a name, and a number",
        [release({ credentials: { user: "me" }, apiKeys: ["x"], auth: { password: 123456, token: "x" } })],
        {},
        ["credentials.user", "apiKeys.0", "auth.password", "auth.token"].map(
          (path) => `release: llmModelPreferences.chat.params.${path} is "text that holds a credential, by its name"`,
        ),
      ],
      ["passes an ignored parameter", [release({ apiKey: "x" })], { ignoredParameters: ["apiKey"] }, []],
      [
        "says nothing of unknown values",
        [desk({ description: UNKNOWN_ON_WIRE, tags: [UNKNOWN_ON_WIRE] }), release({ apiKey: UNKNOWN_ON_WIRE })],
        {},
        [],
      ],
      ["judges this platform only", [desk({ description: "password: hunter2x" }, { type: "aws:s3:Bucket" })], {}, []],
    ],
  ],
];

for (const [policy, rows] of cases) {
  describe(policy.name, () => {
    it.each(rows)("%s", async (_what, resources, config, findings) => {
      const found = await judge(policy, resources, config);
      expect(found.map(({ on, message }) => `${on}: ${/: (.+?); allowed: /.exec(message)?.[1]}`)).toEqual(findings);
      for (const { message } of found) expect(message).toMatch(/; allowed: .+\. .+\.$/);
    });
  });
}

describe("a property that the program leaves out", () => {
  const state = { createdAt: "2026-01-01T00:00:00Z" };
  const outputs = (values: object) => ({ outputs: { workspaceId, name: "Desk", ...state, ...values } });

  it("is judged as it exists", async () => {
    const [finding] = await judge(toolCapacityBounded, [desk({}, outputs({ toolCapacity: 8 }))]);
    expect(finding?.message).toContain("toolCapacity is 8");
    const tagged = desk({}, outputs({ tags: [{ key: "owner", value: "lab" }] }));
    expect(await judge(requiredTags, [tagged], owner)).toEqual([]);
  });

  it("has its default where what exists has no other", async () => {
    expect(await judge(requiredTags, [desk({ adopt: true }, outputs({ adopt: true }))], owner)).toHaveLength(1);
  });

  it("is not judged while a preview shows arguments of what exists already", async () => {
    expect(await judge(requiredTags, [desk({ adopt: true })], owner)).toEqual([]);
    expect(await judge(requiredTags, [desk({ adopt: UNKNOWN_ON_WIRE })], owner)).toEqual([]);
    const known: Described = { ...line, args: { ...line.args, serviceId: workspaceId } };
    expect(await judge(requiredTags, [desk(), known], owner)).toEqual([]);
    expect(await judge(requiredTags, [desk(), line], owner)).toHaveLength(1);
  });
});
