/** The least version of Node.js, as `engines` in package.json has it. */
const LEAST = [20, 18, 1] as const;

/** Why this Node.js is too old, in one sentence; undefined where it is not. */
export function unsupportedNode(version: string = process.versions.node): string | undefined {
  const numbers = version.split(".").map((part) => Number.parseInt(part, 10));
  const differing = LEAST.findIndex((least, index) => numbers[index] !== least);
  if (differing < 0 || (numbers[differing] ?? 0) > (LEAST[differing] ?? 0)) return undefined;
  return `pulumi-amigo needs Node.js ${LEAST.join(".")} or newer, and this is Node.js ${version}: install a newer one`;
}
