import { AmigoClient } from "../../src/api/index.js";

/** A program of its own, since Node reads NODE_EXTRA_CA_CERTS only when it starts. */
const [baseUrl = "", workspaceId = ""] = process.argv.slice(2);
const client = new AmigoClient({ baseUrl, apiKey: () => "some-api-key" });
const loadedBefore = isLibraryLoaded();

client
  .getWorkspace(workspaceId)
  .then(
    ({ slug }) => console.log(slug, loadedBefore, isLibraryLoaded()),
    (error) => console.log(error.message),
  )
  .then(() => client.close());

function isLibraryLoaded(): boolean {
  return Object.keys(require.cache).some((path) => path.includes("/node_modules/undici/"));
}
