import type * as pulumi from "@pulumi/pulumi";
import { PartialFailure } from "./failure.js";

type Provider = pulumi.dynamic.ResourceProvider;

/** The provider with answers that the SDK can carry: a key that holds `undefined` would end the call with a stack trace. */
export function withPlainAnswers<Given extends Provider>(provider: Given): Given {
  const plain = Object.entries(provider).map(([name, method]) => [
    name,
    async (...parameters: unknown[]) => {
      try {
        return plainCopy(await method(...parameters));
      } catch (error) {
        if (!(error instanceof PartialFailure)) throw error;
        throw new PartialFailure(error.id, plainCopy(error.properties), error.message);
      }
    },
  ]);
  return Object.fromEntries(plain);
}

function plainCopy<T>(value: T): T {
  return value === undefined ? value : JSON.parse(JSON.stringify(value));
}
