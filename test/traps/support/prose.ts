/** What docs/traps.md says of each trap before the names of its tests. */
export const prose: Readonly<Record<number, { readonly title: string; readonly api: string }>> = {
  1: {
    title: "PUT of a service: null or absent",
    api: "The contract does not say whether a null or missing field keeps, clears or resets the value.",
  },
  2: {
    title: "Defaults inside the voice config",
    api: "`voice_config` has nested defaults. An answer may leave them out.",
  },
  3: {
    title: "A version set has no GET and no DELETE",
    api: "It shows on its service only. A PUT without it removes it, unless the API merges.",
  },
  4: {
    title: "`edge` and `release`",
    api: "The platform makes both. `edge` cannot change; `release` can, but cannot be deleted.",
  },
  5: {
    title: "Two owners of one version set",
    api: "It can be written with its service and on its own. The last writer wins.",
  },
  6: { title: "The name of a version set", api: "It stands in a path, and the contract gives no pattern." },
  7: { title: "A workspace takes two or three calls", api: "Connector and provisioning are calls of their own." },
  8: {
    title: "Self-service or bootstrap",
    api: "A bootstrap workspace has no owner, and only owners archive. Newer servers moved the route.",
  },
  9: {
    title: "Archived is not deleted",
    api: "An archived workspace answers 404 or 403, as a wrong key does, and keeps its slug.",
  },
  10: { title: "Changing the region", api: "The contract allows it; the server may answer 422." },
  11: {
    title: "A use case has no GET and no update",
    api: "Every change makes a new one. The 409 of a create has two meanings.",
  },
  12: {
    title: "A create whose outcome is unknown",
    api: "After a 5xx or a lost answer the thing may exist. There is no idempotency key.",
  },
  13: {
    title: "A binding moves live calls",
    api: "A PUT takes the use case from its service. A service has one use case per channel.",
  },
  14: {
    title: "Deleting a service in use",
    api: "What happens to its live bindings is not documented.",
  },
  15: {
    title: "Test caller numbers are plain strings",
    api: "Any text is a number. The list is written whole, one per workspace.",
  },
  16: { title: "White space at the ends", api: "The server may strip it." },
  17: { title: "Loose types", api: "Answers type ids and enums as strings, and may gain keys and members." },
  18: { title: "System services", api: "`is_system` marks services of the platform." },
  19: {
    title: "Bounds of keyterms and tags",
    api: "They are in the vendor's documentation only. A tag's value may be null.",
  },
  20: {
    title: "Pages that do not end",
    api: "At most 20 items per page. The token may be absent or repeat although there is more.",
  },
  21: { title: "Undocumented statuses", api: "A 401 on use cases and a 429 anywhere are not in the contract." },
};
