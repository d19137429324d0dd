import type { HttpBindings } from "@hono/node-server";
import { RESPONSE_ALREADY_SENT } from "@hono/node-server/utils/response";
import { type Context, Hono } from "hono";
import type { Operation } from "./contract.js";
import { type ControlParts, controlRoutes } from "./control.js";
import { Exchange, type ExchangeParts } from "./exchange.js";
import { selfServiceOperation } from "./operations.js";

export type EmulatorContext = Context<{ Bindings: HttpBindings }>;

/** Routes every operation of the contract, the moved self-service route and the control plane. */
export function createApp(
  operations: readonly Operation[],
  parts: ExchangeParts & ControlParts,
): Hono<{ Bindings: HttpBindings }> {
  const app = new Hono<{ Bindings: HttpBindings }>();
  const serve = async (context: EmulatorContext, operation: Operation | undefined): Promise<Response> => {
    await new Exchange(parts, context.env.incoming, context.env.outgoing, operation).run({
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
  app.post("/v1/me/workspaces", (context) =>
    serve(context, parts.dialect.selfServiceRoute === "me" ? selfService : undefined),
  );
  app.notFound((context) => serve(context as EmulatorContext, undefined));
  return app;
}

/** `/v1/{workspace_id}/services` as the router writes it: `/v1/:workspace_id/services`. */
function routeOf(operation: Operation): string {
  return operation.path.replaceAll(/\{(\w+)\}/g, ":$1");
}
