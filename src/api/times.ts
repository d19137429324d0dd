/** `2026-01-31T12:00:00`, also with a space or with fractions, and without a zone. */
const isoWithoutZone = /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d([.,]\d+)?)?$/i;
const zone = /([+-]\d\d(:?\d\d)?|Z|GMT|UTC?)$/i;

/**
 * A time of an answer in milliseconds since 1970, or NaN. A time without a zone is UTC, wherever
 * this process runs.
 */
export function timeOf(text: string): number {
  const trimmed = text.trim();
  if (isoWithoutZone.test(trimmed)) return Date.parse(`${trimmed.replace(" ", "T").replace(",", ".")}Z`);
  // `2026-01-31` is UTC to JavaScript already; its last part looks like a zone.
  return Date.parse(zone.test(trimmed) || !trimmed.includes(":") ? trimmed : `${trimmed} UTC`);
}

/** How far the server's clock may be behind ours. */
const CLOCK_TOLERANCE_MS = 5_000;

/** Whether what was created then is older than a request that was sent then, as far as two clocks tell. */
export function isOlderThan(createdAt: string, sentAt: number): boolean {
  return !(timeOf(createdAt) >= sentAt - CLOCK_TOLERANCE_MS);
}
