import * as path from "node:path";
import { repositoryRoot } from "../root.js";
import { converge } from "./converge.js";
import { stackSettings } from "./engine-process.js";
import { emulatorFolder, stackConfigFile, stackName } from "./places.js";
import { requestsDuring, shortIds, showWrites, writes } from "./requests.js";
import { heading, say, table } from "./say.js";
import type { Session } from "./session.js";
import { baseSettings, configure, exportState, nameOf, ours, up } from "./stack.js";

const edited = { ...baseSettings, description: "Books, moves and cancels appointments by phone." };

/** `npm start`: makes everything, then shows what a second run, an edit and a rename do to the API. */
export async function tell(session: Session): Promise<void> {
  await converge(session);
  await showResources(session);
  await nothingChanges(session);
  await editInPlace(session);
  await renameUseCase(session);
  lookFurther(session);
}

async function showResources({ engine }: Session): Promise<void> {
  const rows = ours(await exportState(engine)).map(({ urn, type, id, outputs }) => {
    const name = outputs?.name ?? outputs?.numbers ?? "";
    return [
      type.slice(type.lastIndexOf(":") + 1),
      nameOf(urn),
      Array.isArray(name) ? name.join(" ") : String(name),
      shortIds(id ?? ""),
    ];
  });
  say("\nThe stack now holds:");
  table([["RESOURCE", "IN THE PROGRAM", "IN AMIGO", "ID"], ...rows]);
}

async function nothingChanges(session: Session): Promise<void> {
  heading("2. The same program again: nothing changes, and the API is not asked");
  const requests = await requestsDuring(session.account, () => run(session, "--expect-no-changes"));
  say(`Requests sent: ${requests.length}`);
  claim(requests.length === 0, "a run without changes sends no request");
}

async function editInPlace(session: Session): Promise<void> {
  heading("3. A new description for the service: updated in place");
  await configure(session.engine, session.account.seedIds, edited);
  const requests = await requestsDuring(session.account, () => run(session));
  showWrites(requests);
  claim(operations(requests) === "update-service", "the edit is one update of the service");
}

async function renameUseCase(session: Session): Promise<void> {
  heading("4. A use case gets a new name: the API cannot rename one, so it is replaced under the live binding");
  await configure(session.engine, session.account.seedIds, { ...edited, callsName: "Front desk line" });
  const requests = await requestsDuring(session.account, () => run(session));
  showWrites(requests);
  const order = "create-use-case, unbind-use-case-from-service, bind-use-case-to-service, delete-use-case";
  claim(operations(requests) === order, "the order is create, unbind, bind, delete");
  say("The new one is made first, the binding moves over, and only then is the old one deleted.");
}

function lookFurther({ account, engine }: Session): void {
  const here = (file: string) => path.relative(repositoryRoot, file);
  const settings = { ...stackSettings, AMIGO_BASE_URL: account.url };
  heading("To look further");
  say("Start the same account again in another terminal, in this folder:");
  say(`  npx pulumi-amigo emulator --port ${account.port} --persist ${here(emulatorFolder)}`);
  if (engine.folderOffPath !== undefined) {
    say("The Pulumi CLI is not on your PATH. Put it there, for the README too:");
    say(`  export PATH="${engine.folderOffPath}:$PATH"`);
  }
  say("Then use Pulumi on the stack, say after a change to examples/quickstart/index.ts:");
  for (const [name, value] of Object.entries(settings)) say(`  export ${name}=${value}`);
  say(`  pulumi preview --stack ${stackName} --config-file ${here(stackConfigFile)}`);
  say("`npm start` shows all this again; `npm run destroy` takes everything down.");
}

async function run({ engine }: Session, ...flags: string[]): Promise<void> {
  if (!(await up(engine, ...flags))) throw new Error("The engine failed; what it said stands above.");
}

function operations(requests: Parameters<typeof writes>[0]): string {
  return writes(requests)
    .map(({ operation }) => operation)
    .join(", ");
}

/** A demonstration that shows something else than it says must not look like a success. */
function claim(holds: boolean, what: string): void {
  if (!holds) throw new Error(`This should have shown that ${what}; it did not.`);
}
