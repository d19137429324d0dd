/** The type under which the engine knows a kind of resource. */
export function typeToken(kind: string): string {
  return `pulumi-nodejs:dynamic/amigo:${kind}`;
}
