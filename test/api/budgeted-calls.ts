import { AmigoClient } from "../../src/api/index.js";

/** A process that shares a budget: makes so many calls at once and prints how each ended. */
const [baseUrl = "", workspaceId = "", calls = "1"] = process.argv.slice(2);
const client = new AmigoClient({ baseUrl, apiKey: () => "some-api-key", timeoutSeconds: 20 });

Promise.all(
  Array.from({ length: Number(calls) }, () =>
    client.getWorkspace(workspaceId).then(
      () => "done",
      (error: Error) => error.message,
    ),
  ),
)
  .then((ended) => console.log(JSON.stringify(ended)))
  .then(() => client.close());
