import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { editedText } from "../../src/environment/edit.js";
import { SourceText } from "../../src/environment/source-text.js";
import fc from "../support/random.js";

const text = `# Kept by the front desk team.
version: 1
services:
  # The main line.
  Front desk:
    agent: front-desk   # asked for in June
    contextGraph: 'scheduling'
    keyterms: [flu, physiotherapy]
    versionSets:
      release: { agentVersionNumber: 3, contextGraphVersionNumber: 7 }

  Night desk:
    agent: front-desk
    contextGraph: scheduling
    keyterms:
      - flu
      # spelt with y
      - asthma
useCases:
  - channel: inbound_voice
    entityName: Riverside
    name: Reception
    setup: main-line
    service: Front desk
  - { channel: email, entityName: Riverside, name: Mail, setup: mail, senderEmailAddress: a@b.example, emailType: marketing }
`;

type Document = {
  version: number;
  services: Record<string, Record<string, unknown>>;
  useCases: Record<string, unknown>[];
};
const read = () => parse(text) as Document;
const edit = (change: (document: Document) => void, from = text) => {
  const value = parse(from) as Document;
  change(value);
  const edited = editedText(SourceText.parse("clinic.yaml", from), value);
  expect(parse(edited)).toEqual(value);
  return edited;
};
const changedLines = (after: string, before = text) => {
  const [old, now] = [before.split("\n"), after.split("\n")];
  return [
    ...old.filter((line) => !now.includes(line)).map((line) => `-${line}`),
    ...now.filter((line) => !old.includes(line)).map((line) => `+${line}`),
  ];
};

describe("an edit of a document", () => {
  it("touches no byte where nothing changes", () => {
    expect(edit(() => {})).toBe(text);
  });

  it("writes entries on lines of their own where all former ones go", () => {
    const after = edit((document) => {
      document.services = { "Day desk": { agent: "front-desk", keyterms: ["flu"] }, Ward: { agent: "front-desk" } };
      (document as Record<string, unknown>).useCases = [];
    });
    expect(after).toContain(
      "services:\n  # The main line.\n  Day desk:\n    agent: front-desk\n    keyterms:\n      - flu\n  Ward:\n    agent: front-desk\n",
    );
    expect(after).toContain("useCases:\n  []\n");
  });

  it("changes a number within its line, and back to the same bytes", () => {
    const release = (document: Document) =>
      (document.services["Front desk"]?.versionSets as Record<string, Record<string, number>>).release as Record<
        string,
        number
      >;
    const up = edit((document) => {
      release(document).agentVersionNumber = 12;
    });
    expect(up).toBe(text.replace("agentVersionNumber: 3", "agentVersionNumber: 12"));
    expect(
      edit((document) => {
        release(document).agentVersionNumber = 3;
      }, up),
    ).toBe(text);
  });

  it("keeps comments, quotes and empty lines beside what it changes", () => {
    expect(
      changedLines(
        edit(({ services }) =>
          Object.assign(services["Front desk"] as object, { agent: "other", contextGraph: "intake" }),
        ),
      ),
    ).toEqual([
      "-    agent: front-desk   # asked for in June",
      "-    contextGraph: 'scheduling'",
      "+    agent: other   # asked for in June",
      "+    contextGraph: 'intake'",
    ]);
  });

  it("adds and removes entries with their own lines alone", () => {
    expect(
      changedLines(
        edit(({ services }) => {
          services["Front desk"] = { ...services["Front desk"], isActive: false };
        }),
      ),
    ).toEqual(["+    isActive: false"]);
    expect(changedLines(edit(({ services }) => void delete services["Night desk"]?.keyterms))).toEqual([
      "-    keyterms:",
      "-      - flu",
      "-      # spelt with y",
      "-      - asthma",
    ]);
    expect(changedLines(edit((document) => void document.useCases.pop()))).toHaveLength(1);
    const added = edit(
      (document) =>
        void document.useCases.push({
          channel: "outbound_voice",
          entityName: "Riverside",
          name: "Out",
          setup: "main-line",
        }),
    );
    expect(changedLines(added)).toEqual(["+  - channel: outbound_voice", "+    name: Out"]);
    expect(
      changedLines(
        edit(({ services }) => {
          services["Day desk"] = { agent: "a", contextGraph: "b" };
        }),
      ),
    ).toEqual(["+  Day desk:", "+    agent: a", "+    contextGraph: b"]);
    expect(
      changedLines(
        edit(({ services }) => {
          (services["Night desk"] as Record<string, unknown>).keyterms = ["asthma", "cold"];
        }),
      ),
    ).toEqual(["-      - flu", "+      - cold"]);
  });

  it("keeps the line ends of the file, and a missing one at its end", () => {
    const windows = text.replaceAll("\n", "\r\n").trimEnd();
    const edited = edit(
      ({ services }) => Object.assign(services["Night desk"] as object, { isActive: false }),
      windows,
    );
    expect(edited.replaceAll("\r\n", "")).not.toContain("\n");
    expect(edited.endsWith("}")).toBe(true);
  });

  it("refuses to change what an anchor shares", () => {
    const shared = "version: 1\nservices:\n  A: &one { agent: a, contextGraph: b }\n  B: *one\n";
    expect(() =>
      edit(({ services }) => {
        services.B = { agent: "c", contextGraph: "b" };
      }, shared),
    ).toThrow("clinic.yaml:4:6: this value is shared by an anchor");
    const alone = "version: 1\nservices:\n  A: &one { agent: a, contextGraph: b } # kept\n";
    const edited = edit(({ services }) => {
      services.A = { agent: "c", contextGraph: "b" };
    }, alone);
    expect(edited).toBe(alone.replace("agent: a", "agent: c"));
  });

  it("changes a text over several lines, and keeps it so", () => {
    for (const header of ["|", "|-", ">-"]) {
      const from = text.replace(
        "    keyterms: [flu",
        `    description: ${header}\n      Books.\n\n      Cancels.\n    keyterms: [flu`,
      );
      const changed = edit(
        ({ services }) => void Object.assign(services["Front desk"] ?? {}, { description: "Books.\nMoves." }),
        from,
      );
      expect(changed).toContain(
        "    description: |-\n      Books.\n      Moves.\n    keyterms: [flu, physiotherapy]\n",
      );
      const short = edit(
        ({ services }) => void Object.assign(services["Front desk"] ?? {}, { description: "Books." }),
        from,
      );
      expect(short).toContain("    description: Books.\n    keyterms: [flu, physiotherapy]\n");
    }
  });

  it("adds several entries at one place in their order", () => {
    const changed = edit(
      ({ services }) => void Object.assign(services["Front desk"] ?? {}, { toolCapacity: 3, isActive: false }),
    );
    expect(changed).toContain("    toolCapacity: 3\n    isActive: false\n");
    const sets = edit(
      ({ services }) => void Object.assign(services["Night desk"] ?? {}, { keyterms: ["asthma", "b", "c"] }),
    );
    expect(sets).toContain("      - asthma\n      - b\n      - c\n");
  });

  it("keeps what stands in brackets beside what it adds and removes, comments too", () => {
    const set = `      release: {\n        agentVersionNumber: 3, # tested in May\n        contextGraphVersionNumber: 7\n      }\n`;
    const from = text
      .replace(/ {6}release: .*\n/, set)
      .replace("[flu, physiotherapy]", "[\n      'flu', # each winter\n      physiotherapy,\n    ]");
    const changed = edit(({ services: { "Front desk": desk } }) => {
      delete ((desk?.versionSets as Record<string, object>).release as Record<string, unknown>)
        .contextGraphVersionNumber;
      Object.assign(desk ?? {}, { keyterms: ["flu", "hay fever"] });
    }, from);
    expect(changedLines(changed, from).filter((line) => line.trim().length > 1)).toEqual([
      "-      'flu', # each winter",
      "-      physiotherapy,",
      "-        contextGraphVersionNumber: 7",
      "+      'flu', hay fever, # each winter",
    ]);
    const json = `${JSON.stringify(parse(text), undefined, 2)}\n`;
    const number = { llmModelPreferences: { chat: { llmName: "m" } } };
    const more = edit(({ services }) => {
      Object.assign((services["Front desk"]?.versionSets as Record<string, object>).release ?? {}, number);
    }, json);
    expect(changedLines(more, json)).toEqual([
      '-          "contextGraphVersionNumber": 7',
      '+          "contextGraphVersionNumber": 7,',
      '+          "llmModelPreferences": { "chat": { "llmName": "m" } }',
    ]);
    expect(
      edit(({ services }) => {
        delete (services["Front desk"]?.versionSets as Record<string, Record<string, unknown>>).release
          ?.llmModelPreferences;
      }, more),
    ).toBe(json);
  });

  it("quotes what other readers of YAML would take for something else, or refuse", () => {
    const changed = edit(({ services }) => {
      Object.assign(services["Front desk"] ?? {}, {
        contextGraph: "a\u2028b",
        description: "a\tb",
        keyterms: ["=", "a\u0085b"],
      });
      services["123"] = { agent: "=", contextGraph: "on" };
    });
    const quoted = ['"a\\u2028b"', '"a\\tb"', '[ "=", "a\\u0085b" ]', '"123":', 'agent: "="', 'contextGraph: "on"'];
    for (const text of quoted) expect(changed).toContain(text);
  });

  it("is read back as what was meant, whatever changes", () => {
    const scalar = fc.oneof(
      fc.integer(),
      fc.boolean(),
      fc.string({ maxLength: 12 }),
      fc.constantFrom("yes", "##X##", "1.10", "a: b", "x\ny", " z", "- a"),
    );
    const entry = fc.record(
      { agent: scalar, contextGraph: scalar, description: scalar, voiceConfig: fc.record({ ttsModel: scalar }) },
      { requiredKeys: ["agent"] },
    );
    fc.assert(
      fc.property(
        fc.dictionary(fc.constantFrom("Front desk", "Night desk", "C", "a.b", "yes"), entry, { minKeys: 1 }),
        fc.boolean(),
        (services, hasUseCases) => {
          const value = { ...read(), services, ...(hasUseCases ? {} : { useCases: [] }) };
          const edited = editedText(SourceText.parse("clinic.yaml", text), value);
          expect(parse(edited)).toEqual(value);
          expect(edited.startsWith("# Kept by the front desk team.\n")).toBe(true);
        },
      ),
      { numRuns: 300 },
    );
  });
});
