import { readFileSync } from "node:fs";
import * as path from "node:path";
import { expect, it } from "vitest";
import { parseAllDocuments } from "yaml";
import { engineVersion } from "../../lab/cli/places.js";
import { repositoryRoot } from "../../lab/root.js";
import { deployingStack, driftStack } from "../support/operator.js";

function documents(name: string): unknown[] {
  const text = readFileSync(path.join(repositoryRoot, "examples", "gitops", "kubernetes-operator", name), "utf8");
  const all = parseAllDocuments(text);
  if (!Array.isArray(all)) throw new Error(`${name} is empty`);
  return all.map((document) => {
    if (document.errors.length > 0) throw document.errors[0];
    return document.toJS();
  });
}

it("describes stacks as the operator takes them, with secrets by reference only", () => {
  const [stack, drift] = [
    deployingStack.parse(documents("stack.yaml")[0]),
    driftStack.parse(documents("drift.yaml")[0]),
  ];
  expect([documents("stack.yaml"), documents("drift.yaml")].map(({ length }) => length)).toEqual([1, 1]);
  const [account] = documents("access.yaml");
  expect(account).toMatchObject({
    kind: "ServiceAccount",
    metadata: { name: stack.spec.serviceAccountName, namespace: stack.metadata.namespace },
  });
  expect(stack.spec.workspaceTemplate.spec.image).toBe(`pulumi/pulumi:${engineVersion}-nonroot`);

  // The second one looks at what the first one deploys, with another key.
  const { gitAuth, projectRepo, branch, backend, serviceAccountName, stack: name } = stack.spec;
  expect(drift.spec).toMatchObject({ gitAuth, projectRepo, branch, backend, serviceAccountName, stack: name });
  expect(drift.spec.prerequisites).toEqual([{ name: stack.metadata.name }]);
  const { AMIGO_API_KEY: writing, ...others } = stack.spec.envRefs;
  const { AMIGO_API_KEY: reading, ...same } = drift.spec.envRefs;
  expect(same).toEqual(others);
  expect(reading?.secret.name).toBe(`${writing?.secret.name}-read`);
});

it("finds a name that is too long, a key in clear and a field that the operator does not know", () => {
  const [good] = documents("stack.yaml") as [{ metadata: object; spec: Record<string, unknown> }];
  const judged = (metadata: object, spec: object) =>
    deployingStack.safeParse({
      ...good,
      metadata: { ...good.metadata, ...metadata },
      spec: { ...good.spec, ...spec },
    }).success;
  expect(judged({ name: "a".repeat(42) }, {})).toBe(true);
  expect(judged({ name: "a".repeat(43) }, {})).toBe(false);
  expect(judged({}, { envRefs: { AMIGO_API_KEY: { type: "Literal", literal: { value: "key" } } } })).toBe(false);
  expect(judged({}, { resyncFrequency: 60 })).toBe(false);
  expect(judged({}, { commit: "0".repeat(40) })).toBe(false);
});
