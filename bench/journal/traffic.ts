/** What the service has received since it was last asked. */
export interface Traffic {
  /** By method and the last part of the path. */
  readonly requests: Record<string, number>;
  /** Bytes of all requests' bodies, compressed as they came. */
  bytes: number;
  journalEntries: number;
  /** Requests that brought the whole state. */
  checkpoints: number;
  /** What was asked of it that it cannot do. */
  readonly refused: string[];
}

export function noTraffic(): Traffic {
  return { requests: {}, bytes: 0, journalEntries: 0, checkpoints: 0, refused: [] };
}
