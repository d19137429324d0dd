interface Lock {
  packages: Record<string, { license?: string; dev?: boolean; link?: boolean; version?: string }>;
}

const ALLOWED = new Set([
  "0BSD",
  "Apache-2.0",
  "BSD-2-Clause",
  "BSD-3-Clause",
  "(BSD-3-Clause AND Apache-2.0)",
  "BlueOak-1.0.0",
  "CC-BY-3.0",
  "CC0-1.0",
  "ISC",
  "MIT",
  "Python-2.0",
]);

/** Their package.json names no licence, their files do: looked at by hand. */
const LOOKED_AT: Record<string, string> = { "node_modules/@logdna/tail-file": "MIT" };

/** What an installation brings, with the SDK: packages whose licence is not in the list. */
export function licenceProblems(lock: string): string[] {
  const { packages } = JSON.parse(lock) as Lock;
  return Object.entries(packages).flatMap(([place, { license = "no licence", dev, link }]) => {
    if (!/node_modules/.test(place) || dev || link) return [];
    const licence = LOOKED_AT[place] ?? license;
    return ALLOWED.has(licence) ? [] : [`${place}: ${licence}; look at it, then add it to lab/package/licences.ts`];
  });
}
