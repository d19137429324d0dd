import { gzipSync } from "node:zlib";
import { beforeEach, expect, it } from "vitest";
import { service } from "../../bench/journal/routes.js";
import { noTraffic, type Traffic } from "../../bench/journal/traffic.js";

let traffic: Traffic;
let app: ReturnType<typeof service>;
const stack = "/api/stacks/bench/project/dev";

beforeEach(async () => {
  traffic = noTraffic();
  app = service(() => traffic);
  await ask("POST", "/api/stacks/bench/project", { stackName: "dev" });
});

async function ask(method: string, path: string, body?: object, authorization = "token bench") {
  const sent = body && { body: gzipSync(JSON.stringify(body)) };
  const response = await app.request(path, {
    method,
    headers: { authorization, "content-encoding": "gzip" },
    ...sent,
  });
  const text = await response.text();
  return { status: response.status, body: text ? JSON.parse(text) : undefined };
}

async function started(kind = "update", journalVersion = 1) {
  const { body: made } = await ask("POST", `${stack}/${kind}`, { options: {} });
  const path = `${stack}/update/${made.updateID}`;
  const { body } = await ask("POST", path, { journalVersion });
  return { path, authorization: `update-token ${body.token}`, body };
}

const success = (sequenceID: number, more: object) => ({
  version: 1,
  kind: 1,
  sequenceID,
  operationID: sequenceID,
  ...more,
});
const state = { urn: "urn:pulumi:dev::project::amigo:Service::a", type: "amigo:Service" };

it("exports after an update what its journal makes", async () => {
  const { path, authorization, body } = await started();
  expect(body).toMatchObject({ version: 1, journalVersion: 1 });
  const sent = await ask("PATCH", `${path}/journalentries`, { entries: [success(1, { state })] }, authorization);
  expect(sent.status).toBe(204);
  expect(await ask("POST", `${path}/complete`, { status: "succeeded" }, authorization)).toMatchObject({ status: 204 });
  const exported = await ask("GET", `${stack}/export`);
  expect(exported.body).toMatchObject({ version: 3, deployment: { resources: [state] } });
  expect(traffic).toMatchObject({ journalEntries: 1, checkpoints: 0, refused: [] });
  expect(await ask("DELETE", stack)).toMatchObject({ status: 400 });
  expect(await ask("DELETE", `${stack}?force=true`)).toMatchObject({ status: 204 });
  expect(await ask("GET", stack)).toMatchObject({ status: 404 });
});

it("refuses, and tells, what it does not have and what it cannot replay", async () => {
  expect(await ask("POST", `${stack}/import`, {})).toMatchObject({ status: 422 });
  const { path, authorization } = await started();
  const entries = [success(1, { state: { ...state, viewOf: "other" } })];
  expect(await ask("PATCH", `${path}/journalentries`, { entries }, authorization)).toMatchObject({ status: 422 });
  expect(traffic.refused).toEqual([
    `POST ${stack}/import is not part of this server`,
    expect.stringContaining("viewOf"),
  ]);
});

it("keeps no journal for a preview, nor for a CLI that asks for none", async () => {
  expect((await started("preview")).body).not.toHaveProperty("journalVersion");
  expect((await started("update", 0)).body).not.toHaveProperty("journalVersion");
});

it("takes an update's requests only with its token, and a second update only after the first", async () => {
  const { path, authorization } = await started();
  expect(await ask("POST", `${path}/renew_lease`, {}, authorization)).toMatchObject({ status: 200 });
  expect(await ask("POST", `${path}/renew_lease`, {})).toMatchObject({ status: 401 });
  expect(await ask("GET", stack, undefined, "none")).toMatchObject({ status: 401 });
  expect((await started()).body).toMatchObject({ code: 409 });
  await ask("POST", `${path}/complete`, { status: "failed" }, authorization);
  expect(await ask("POST", `${path}/renew_lease`, {}, authorization)).toMatchObject({ status: 401 });
  expect((await started()).body).toMatchObject({ version: 2 });
});

it("gives back the secrets that it was given", async () => {
  const plaintexts = ["first", "", "ü"].map((one) => Buffer.from(one).toString("base64"));
  const { body } = await ask("POST", `${stack}/batch-encrypt`, { plaintexts });
  expect(body.ciphertexts).toHaveLength(3);
  const back = await ask("POST", `${stack}/batch-decrypt`, { ciphertexts: body.ciphertexts });
  expect(body.ciphertexts.map((one: string) => back.body.plaintexts[one])).toEqual(plaintexts);
  const { body: sealed } = await ask("POST", `${stack}/encrypt`, { plaintext: plaintexts[0] });
  expect(await ask("POST", `${stack}/decrypt`, sealed)).toMatchObject({ body: { plaintext: plaintexts[0] } });
});
