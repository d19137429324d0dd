import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { serve } from "@hono/node-server";
import { Hono } from "hono";
import { service } from "./routes.js";
import { noTraffic } from "./traffic.js";

/**
 * The service that keeps the state, in a process of its own so that its work is on nobody's account. It takes the latency that
 * its first argument gives in milliseconds for every request. `POST /bench/traffic` tells what it received.
 */
const latencyMs = Number(process.argv[2]);
let traffic = noTraffic();

const app = new Hono();
app.post("/bench/traffic", (call) => {
  const seen = traffic;
  traffic = noTraffic();
  return call.json(seen);
});
app.use(async (_, next) => {
  if (latencyMs > 0) await sleep(latencyMs);
  await next();
});
app.mount("/", service(() => traffic).fetch);

process.stdin.resume().on("end", () => process.exit());
serve({ fetch: app.fetch, port: 0, hostname: "127.0.0.1" }, ({ port }: AddressInfo) => console.log(port));
