import { writeFileSync } from "node:fs";
import * as path from "node:path";
import { expect, it } from "vitest";
import { seedIds } from "../../src/emulator/index.js";
import { deploy, writes } from "../support/engine.js";

const program = `const amigo = require("pulumi-amigo");
new amigo.Environment("clinic", { document: "clinic.yaml", references: "references.yaml" });
`;
const references = `version: 1
workspace: ${seedIds.workspace}
agents: { front-desk: { id: ${seedIds.agents.frontDesk} } }
contextGraphs: { scheduling: { id: ${seedIds.contextGraphs.scheduling} } }
setups: { voice: { id: ${seedIds.setups.voiceApproved} } }
`;
const service = (name: string) => `  ${name}: { agent: front-desk, contextGraph: scheduling }\n`;
const useCase = (name: string, to: string, channel = "inbound_voice") =>
  `  - { channel: ${channel}, entityName: Riverside, name: ${name}, setup: voice, service: ${to} }\n`;

it("changes of a document come in the right order: nothing is deleted while it is bound", async () => {
  await deploy({ name: "environment", program }, async ({ stack, emulator, operations }) => {
    const place = (...parts: string[]) =>
      writeFileSync(path.join(stack.folder, "clinic.yaml"), `version: 1\n${parts.join("")}`);
    writeFileSync(path.join(stack.folder, "references.yaml"), references);

    place("services:\n", service("Day"), service("Night"), "useCases:\n", useCase("Desk", "Night"));
    const first = await stack.up();
    expect(first.changed).toHaveLength(5);
    operations();

    // Night goes, and another service takes its calls over; the entries change their order.
    place(
      "services:\n",
      service("Late"),
      service("Day"),
      "useCases:\n",
      useCase("Other", "Late", "outbound_voice"),
      useCase("Desk", "Day"),
    );
    const { changed } = await stack.up();
    expect(changed.filter((step) => step.includes("Day") && !step.includes("Desk"))).toEqual([]);
    const order = writes(operations());
    expect(order.at(-1)).toBe("delete-service");
    expect(order.indexOf("bind-use-case-to-service")).toBeLessThan(order.indexOf("delete-service"));
    expect(order.filter((one) => one === "unbind-use-case-from-service")).toEqual([]);

    // A service and its use case go together.
    place("services:\n", service("Day"), "useCases:\n", useCase("Desk", "Day"));
    await stack.up();
    expect(writes(operations()).sort()).toEqual(["delete-service", "delete-use-case", "unbind-use-case-from-service"]);

    // A new name alone is another use case, whose service is not free; with the former name its line moves.
    place("services:\n", service("Day"), "useCases:\n", useCase("Line", "Day"));
    const unnamed = await stack.up({ outcome: "fails" });
    expect(unnamed.output).toContain("`formerName` in a document");
    operations();
    place(
      "services:\n",
      service("Today").replace("{", "{ formerName: Day,"),
      "useCases:\n",
      useCase("Line, formerName: Desk", "Today"),
    );
    await stack.up();
    expect(writes(operations()).sort()).toEqual([
      "bind-use-case-to-service",
      "delete-use-case",
      "unbind-use-case-from-service",
      "update-service",
    ]);

    place("services: {}\nuseCases: []\n");
    await stack.up();
    const last = writes(operations());
    expect(last[0]).toBe("unbind-use-case-from-service");
    expect(last.slice(1).sort()).toEqual(["delete-service", "delete-use-case"]);
    expect(emulator.store.services.list().filter(({ is_system }) => !is_system)).toEqual([]);

    // A document that says nothing by mistake ends the run before anything is asked.
    place("services:\n");
    const empty = await stack.up({ outcome: "fails" });
    expect(empty.output).toMatch(/clinic\.yaml:2:1: services: /);
    expect(empty.output).not.toMatch(/\n\s+at /);
    expect(operations()).toEqual([]);
  });
});
