/** The type under which the engine knows a kind of resource. */
export function typeToken(kind: string): string {
  return `pulumi-nodejs:dynamic/amigo:${kind}`;
}

/** The constant text from which the SDK makes the provider of a resource; it stands in state. */
export function providerText(provider: string): string {
  return `exports.handler=require('pulumi-amigo/providers').${provider}`;
}
