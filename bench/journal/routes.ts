import { gunzipSync } from "node:zlib";
import { type Context, Hono } from "hono";
import type { Entry } from "./entries.js";
import { type Exported, Refusal, Stack, type Update } from "./stacks.js";
import type { Traffic } from "./traffic.js";

const LEASE_SECONDS = 300;
const KINDS = ["update", "preview", "refresh", "destroy"];
const STACK = "/api/stacks/:org/:project/:stack";
/** Every update is spoken of as `update`, whatever its kind. */
const UPDATE = `${STACK}/update/:update`;

/** The part of Pulumi Cloud's HTTP API that a stack's life needs, with its state in memory. What it lacks, it refuses. */
export function service(traffic: () => Traffic): Hono {
  const stacks = new Map<string, Stack>();
  const app = new Hono();

  app.use(async (call, next) => {
    const { requests } = traffic();
    const name = `${call.req.method} ${call.req.path.split("/").at(-1)}`.replace(/[0-9a-f-]{36}$/, "ID");
    requests[name] = (requests[name] ?? 0) + 1;
    if (!/^(token|update-token) \S/.test(call.req.header("authorization") ?? ""))
      throw new Refusal(401, "Unauthorized: No credentials provided or are invalid.");
    await next();
  });
  app.onError((error, call) => {
    const code = error instanceof Refusal ? error.status : 422;
    if (code === 422) traffic().refused.push(`${call.req.method} ${call.req.path}: ${error.message}`);
    return call.json({ code, message: error.message }, code);
  });
  // 404 has meanings of its own to the CLI.
  app.notFound((call) => {
    const message = `${call.req.method} ${call.req.path} is not part of this server`;
    traffic().refused.push(message);
    return call.json({ code: 422, message }, 422);
  });

  app.get("/api/capabilities", (call) => call.json({ capabilities: [{ capability: "batch-encrypt" }] }));
  app.get("/api/user", (call) => call.json({ githubLogin: "bench", name: "bench", organizations: [] }));
  app.get("/api/user/organizations/default", (call) => call.json({ GitHubLogin: "bench" }));
  app.get("/api/user/stacks", (call) => call.json({ stacks: [...stacks.values()].map(summary) }));

  app.on("HEAD", "/api/stacks/:org/:project", (call) => {
    const { org, project } = call.req.param();
    const known = [...stacks.values()].some(({ path }) => path.org === org && path.project === project);
    return call.body(null, known ? 200 : 404);
  });
  app.post("/api/stacks/:org/:project", async (call) => {
    const { org, project } = call.req.param();
    const {
      stackName: name,
      tags,
      state,
    } = await read<{
      stackName: string;
      tags?: Record<string, string>;
      state?: Exported;
    }>(call);
    const key = [org, project, name].join("/");
    if (stacks.has(key)) throw new Refusal(409, `Conflict: Stack '${name}' already exists`);
    stacks.set(key, new Stack({ org, project, name }, tags, state));
    return call.json({});
  });
  app.get(STACK, (call) => call.json(detail(found(call))));
  app.delete(STACK, (call) => {
    const stack = found(call);
    if (call.req.query("force") !== "true" && stack.export().deployment.resources?.length)
      throw new Refusal(400, "Bad Request: Stack still contains resources.");
    stacks.delete(keyOf(call));
    return call.body(null, 204);
  });
  app.get(`${STACK}/export`, (call) => call.json(found(call).export()));
  app.patch(`${STACK}/tags`, async (call) => {
    found(call).tags = await read<Record<string, string>>(call);
    return call.body(null, 204);
  });

  app.post(`${STACK}/encrypt`, async (call) => {
    const { plaintext } = await read<{ plaintext: string }>(call);
    return call.json({ ciphertext: found(call).secrets.encrypt(plaintext) });
  });
  app.post(`${STACK}/decrypt`, async (call) => {
    const { ciphertext } = await read<{ ciphertext: string }>(call);
    return call.json({ plaintext: found(call).secrets.decrypt(ciphertext) });
  });
  app.post(`${STACK}/batch-encrypt`, async (call) => {
    const { plaintexts } = await read<{ plaintexts: string[] }>(call);
    return call.json({ ciphertexts: plaintexts.map((one) => found(call).secrets.encrypt(one)) });
  });
  app.post(`${STACK}/batch-decrypt`, async (call) => {
    const { ciphertexts } = await read<{ ciphertexts: string[] }>(call);
    const plaintexts = ciphertexts.map((one) => [one, found(call).secrets.decrypt(one)]);
    return call.json({ plaintexts: Object.fromEntries(plaintexts) });
  });
  // What was shown to whom is of no interest here.
  app.post(`${STACK}/decrypt/:log{log-(batch-)?decryption}`, async (call) => {
    await read(call);
    return call.body(null, 204);
  });

  for (const kind of KINDS) {
    app.post(`${STACK}/${kind}`, async (call) => {
      const { options } = await read<{ options: { dryRun?: boolean } }>(call);
      const update = found(call).create(kind === "preview" || options.dryRun === true);
      return call.json({ updateID: update.id });
    });
  }
  app.post(UPDATE, async (call) => {
    const { tags, journalVersion = 0 } = await read<{ tags?: Record<string, string>; journalVersion?: number }>(call);
    const stack = found(call);
    const update = updateOf(call);
    stack.tags = tags ?? stack.tags;
    stack.start(update, journalVersion);
    const journal = update.journaled ? { journalVersion: 1 } : {};
    return call.json({ version: stack.version, ...lease(update), ...journal });
  });
  app.post(`${UPDATE}/renew_lease`, (call) => call.json(lease(running(call))));
  app.post(`${UPDATE}/events/batch`, async (call) => {
    running(call);
    await read(call);
    return call.body(null, 204);
  });
  app.patch(`${UPDATE}/journalentries`, async (call) => {
    const update = running(call);
    const { entries = [] } = await read<{ entries?: Entry[] }>(call);
    update.append(entries);
    traffic().journalEntries += entries.length;
    return call.body(null, 204);
  });
  app.patch(`${UPDATE}/checkpoint`, async (call) => {
    const update = running(call);
    update.save(await bytesOf(call));
    traffic().checkpoints += 1;
    return call.body(null, 204);
  });
  app.post(`${UPDATE}/complete`, async (call) => {
    const update = running(call);
    await read(call);
    found(call).end(update);
    return call.body(null, 204);
  });
  app.post(`${UPDATE}/cancel`, (call) => {
    found(call).end(updateOf(call));
    return call.body(null, 204);
  });
  return app;

  function found(call: Context): Stack {
    const stack = stacks.get(keyOf(call));
    if (!stack) throw new Refusal(404, `Not Found: Stack '${keyOf(call)}' not found`);
    return stack;
  }

  function updateOf(call: Context): Update {
    const update = found(call).updates.get(call.req.param("update") ?? "");
    if (!update) throw new Refusal(404, "Not Found: Update not found");
    return update;
  }

  function running(call: Context): Update {
    const update = updateOf(call);
    if (update.token === undefined || call.req.header("authorization") !== `update-token ${update.token}`)
      throw new Refusal(401, "Unauthorized: The update token is not valid.");
    return update;
  }

  async function bytesOf({ req }: Context): Promise<Buffer> {
    const bytes = Buffer.from(await req.arrayBuffer());
    traffic().bytes += bytes.length;
    return req.header("content-encoding") === "gzip" ? gunzipSync(bytes) : bytes;
  }

  async function read<T = unknown>(call: Context): Promise<T> {
    return JSON.parse((await bytesOf(call)).toString("utf8")) as T;
  }
}

function keyOf({ req }: Context): string {
  return ["org", "project", "stack"].map((part) => req.param(part)).join("/");
}

function summary({ id, path }: Stack) {
  return { id, orgName: path.org, projectName: path.project, stackName: path.name };
}

function detail(stack: Stack) {
  return { ...summary(stack), activeUpdate: stack.active?.id ?? "", tags: stack.tags, version: stack.version };
}

function lease({ token }: Update) {
  return { token, tokenExpiration: Math.floor(Date.now() / 1000) + LEASE_SECONDS };
}
