import { registerSecret } from "./redact.js";

const variables = ["http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY"];

/** Whether the environment names a proxy (NO_PROXY is judged per request, by undici). Its password becomes a secret. */
export function isProxied(environment: NodeJS.ProcessEnv = process.env): boolean {
  const proxies = variables.map((name) => environment[name] ?? "").filter((value) => value !== "");
  for (const proxy of proxies) if (URL.canParse(proxy)) registerSecret(decodeURIComponent(new URL(proxy).password));
  return proxies.length > 0;
}
