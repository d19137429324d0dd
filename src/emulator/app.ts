import type { HttpBindings } from "@hono/node-server";
import { RESPONSE_ALREADY_SENT } from "@hono/node-server/utils/response";
import { type Context, Hono } from "hono";
import type { Operation } from "./contract.js";
import { type ControlParts, controlRoutes } from "./control.js";
import { Exchange, type ExchangeParts } from "./exchange.js";
import { selfServiceOperation } from "./operations.js";

const newerSelfServicePath = "/v1/me/workspaces";

export type EmulatorContext = Context<{ Bindings: HttpBindings }>;

/** Routes every operation of the contract, the moved self-service route and the control plane. */
export function createApp(
  operations: readonly Operation[],
  parts: ExchangeParts & ControlParts,
): Hono<{ Bindings: HttpBindings }> {
  const app = new Hono<{ Bindings: HttpBindings }>();
  const serve = async (
    context: EmulatorContext,
    operation: Operation | undefined,
    allowed: readonly string[] = [],
  ): Promise<Response> => {
    await new Exchange(parts, context.env.incoming, context.env.outgoing, operation, allowed).run({
      path: context.req.param() as Record<string, string>,
      query: context.req.query(),
      readText: () => context.req.text(),
    });
    return RESPONSE_ALREADY_SENT;
  };
  app.route("/__emulator", controlRoutes(parts));
  for (const operation of operations) {
    const isSelfService = operation.id === selfServiceOperation;
    app.on(operation.method, routeOf(operation), (context) =>
      serve(context, isSelfService && parts.dialect.selfServiceRoute !== "v1" ? undefined : operation),
    );
  }
  const selfService = operations.find((operation) => operation.id === selfServiceOperation);
  app.post(newerSelfServicePath, (context) =>
    serve(context, parts.dialect.selfServiceRoute === "me" ? selfService : undefined),
  );
  const routes = app.routes.map(({ method, path }) => ({ method, path, pattern: patternOf(path) }));
  app.notFound((context) => {
    const allowed = routes.filter(({ method, path, pattern }) => {
      const isElsewhere = path === newerSelfServicePath && parts.dialect.selfServiceRoute !== "me";
      return method !== "ALL" && !isElsewhere && pattern.test(context.req.path);
    });
    return serve(context as EmulatorContext, undefined, [...new Set(allowed.map(({ method }) => method))].sort());
  });
  return app;
}

function patternOf(route: string): RegExp {
  return new RegExp(`^${route.replaceAll(/:\w+/g, "[^/]+")}$`);
}

/** `/v1/{workspace_id}/services` as the router writes it: `/v1/:workspace_id/services`. */
function routeOf(operation: Operation): string {
  return operation.path.replaceAll(/\{(\w+)\}/g, ":$1");
}
