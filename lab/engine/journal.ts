import { Journal } from "../../src/engine/provider/journal.js";

/** The journal below a folder that stands in for Pulumi's home. */
export function journalIn(home: string, baseUrl: string, warn: (message: string) => void = () => undefined): Journal {
  const former = process.env.PULUMI_HOME;
  process.env.PULUMI_HOME = home;
  try {
    return new Journal(baseUrl, warn);
  } finally {
    if (former === undefined) delete process.env.PULUMI_HOME;
    else process.env.PULUMI_HOME = former;
  }
}
