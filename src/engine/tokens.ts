/** The name of a resource's provider in `pulumi-amigo/providers`, such as `serviceBinding`. */
export function providerName(kind: string): string {
  return kind.charAt(0).toLowerCase() + kind.slice(1);
}

/** The type under which the engine knows a kind of resource. */
export function typeToken(kind: string): string {
  return `pulumi-nodejs:dynamic/amigo:${kind}`;
}

/** The constant text from which the SDK makes the provider of a resource; it stands in state. */
export function providerText(kind: string): string {
  return `exports.handler=require('pulumi-amigo/providers').${providerName(kind)}`;
}
