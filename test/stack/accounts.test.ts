import { expect, it, vi } from "vitest";
import { Accounts } from "../../src/stack/accounts.js";
import type { StateResource } from "../../src/stack/state.js";
import { useLab } from "../recovery/support.js";

useLab();

const type = "pulumi:providers:pulumi-nodejs";
const secret = (text: string) => ({
  "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270",
  plaintext: JSON.stringify(text),
});
const provider = (name: string, inputs: Record<string, unknown>): StateResource => ({
  urn: `urn:pulumi:dev::clinic::${type}::${name}`,
  type,
  inputs,
});
const resources = [
  provider("default", { "amigo:apiKey": secret("stored and since rotated") }),
  provider("own", {
    "amigo:explicit": "true",
    "amigo:apiKey": secret("own key"),
    "amigo:baseUrl": "https://own.example",
  }),
  provider("named", { "amigo:explicit": "true", "amigo:apiKeyEnv": "NAMED_KEY" }),
];
const config = {
  "amigo:apiKey": { value: "configured key", secret: true },
  "amigo:baseUrl": { value: "https://configured.example" },
};

it("gives each create the account that the engine would give it", async () => {
  vi.stubEnv("AMIGO_API_KEY", "");
  vi.stubEnv("NAMED_KEY", "key in a variable");
  const accounts = new Accounts({ run: async () => JSON.stringify(config) }, resources, () => {});
  const accountOf = async (name: string) => {
    const { settings } = await accounts.of(`urn:pulumi:dev::clinic::${type}::${name}::some-id`);
    return [settings.apiKey(), settings.baseUrl];
  };
  expect(await accountOf("default")).toEqual(["configured key", "https://configured.example"]);
  expect(await accountOf("own")).toEqual(["own key", "https://own.example"]);
  expect(await accountOf("named")).toEqual(["key in a variable", "https://api.platform.amigo.ai"]);
  vi.stubEnv("AMIGO_API_KEY", "ambient key");
  expect((await accountOf("default"))[0], "a rotated key counts").toBe("ambient key");
  expect((await accountOf("own"))[0]).toBe("own key");
  expect(await accounts.all()).toHaveLength(3);
  await accounts.close();
});

it("fails where a setting cannot be used", async () => {
  const wrong = { "amigo:settleSeconds": { value: "soon" } };
  const accounts = new Accounts({ run: async () => JSON.stringify(wrong) }, [], () => {});
  await expect(accounts.of(undefined)).rejects.toThrow(/amigo:settleSeconds/);
});
