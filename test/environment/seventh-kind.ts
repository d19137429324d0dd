import { writeFileSync } from "node:fs";
import * as path from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { z } from "zod";
import type { Lifecycle } from "../../src/engine/lifecycle.js";
import { AmigoResource, classFacts } from "../../src/engine/program/resource.js";
import { classes, lifecycles } from "../../src/resources/index.js";

// A process of its own, since kinds are read once: a seventh resource with a form for documents, as its own file would have it.
const text = z.string().min(1);
const lifecycle: Lifecycle = {
  ...lifecycles.testCallerNumbers,
  kind: "Greeting",
  properties: {
    workspaceId: { schema: text, change: "replace", isId: true },
    name: { schema: text, change: "replace" },
    serviceId: { schema: text, change: "update", isId: true },
    voiceId: { schema: text, change: "update", isId: true },
    words: { schema: text.optional(), change: "update" },
  },
  rules: undefined,
  document: {
    place: 7,
    section: "greetings",
    shape: "map",
    guarded: true,
    key: ["name"],
    fields: ["name", "serviceId", "voiceId", "words"],
    references: {
      serviceId: { as: "service", kind: "Service" },
      voiceId: { as: "voice", aliases: "voices" },
    },
    list: async () => [],
  },
};

class Greeting extends AmigoResource {
  constructor(name: string, args: object, opts?: pulumi.CustomResourceOptions) {
    super(classFacts(lifecycle), name, args, opts);
  }
}

Object.assign(lifecycles, { greeting: lifecycle });
Object.assign(classes, { greeting: Greeting });

async function main(folder = "."): Promise<void> {
  const made: [type: string, name: string, inputs: unknown][] = [];
  await pulumi.runtime.setMocks(
    {
      newResource: ({ type, name, inputs }) => {
        made.push([type, name, inputs]);
        return { id: `${name}-id`, state: inputs };
      },
      call: ({ inputs }) => inputs,
    },
    "project",
    "stack",
    false,
    "organization",
  );
  const [document, references] = ["clinic.yaml", "references.yaml"].map((file) => path.join(folder, file)) as [
    string,
    string,
  ];
  const id = "6f0c1d52-94a7-4c1e-8f3b-0d2a5b7c9e10";
  writeFileSync(
    document,
    "version: 1\ngreetings:\n  Hello: { service: Desk, voice: calm, words: Good day }\nservices:\n  Desk: { agent: a, contextGraph: c }\n",
  );
  writeFileSync(
    references,
    `version: 1\nworkspace: ${id}\nagents: { a: { id: ${id} } }\ncontextGraphs: { c: { id: ${id} } }\nvoices: { calm: { id: ${id} } }\n`,
  );
  const { Environment } = await import("../../src/environment/component.js");
  const { readDocument } = await import("../../src/environment/document.js");
  const { programFiles } = await import("../../src/environment/program.js");
  const { References } = await import("../../src/environment/references.js");
  const environment = new Environment("clinic", { document, references, protect: true });
  await (pulumi.runtime as unknown as { disconnect(): Promise<void> }).disconnect();
  const files = programFiles(readDocument(document, References.read(references)), {
    name: "clinic",
    dependency: "^0.1.0",
  });
  const children = environment.children as unknown as Record<string, Record<string, unknown>>;
  console.log(
    JSON.stringify({
      made: made.find(([type]) => type.endsWith(":Greeting")),
      children: Object.keys(children.greetings ?? {}),
      program: files.get("index.ts"),
    }),
  );
}

void main(process.argv[2]);
