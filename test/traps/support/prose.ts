/** What docs/traps.md says of a trap before its tests: the API's side, then the provider's. */
export interface Prose {
  readonly title: string;
  readonly api: string;
  readonly provider: string;
}

export const prose: Readonly<Record<number, Prose>> = {
  1: {
    title: "PUT of a service: null against absent",
    api: "The contract does not say whether a null or a missing field of the PUT keeps the value, clears it, or stands for the default.",
    provider:
      "Reads the service afresh, sends every field with the changes laid over it (null ones left out), under one lock per service, and compares the answer with what was asked. A field that the API ignored is an error that names it, one that somebody else changed meanwhile a warning. A persona or a voice config is cleared with null; where it stays, the run fails and says so.",
  },
  2: {
    title: "Defaults inside the voice config",
    api: "`voice_config` has nested defaults, which an answer may or may not spell out.",
    provider: "Sends it whole, and compares it after filling in the defaults on both sides.",
  },
  3: {
    title: "A version set has neither GET nor DELETE",
    api: "Version sets show on their service only; the one way to remove one is a PUT of the service without it, which an API that merges ignores.",
    provider:
      "Reads the service; removes by writing it without the set, looks again, and warns where the set survives. `onDelete` may retain or empty it instead. All writes to one service take turns, and what was just written is laid over reads that lag.",
  },
  4: {
    title: "`edge` and `release`",
    api: "The platform makes both. `edge` cannot be changed or deleted; `release` can be changed, not deleted.",
    provider:
      "Refuses `edge` when inputs are checked, takes `release` over where it is declared, never removes it, and does not count sets that the server made as drift.",
  },
  5: {
    title: "Two owners of one version set",
    api: "A version set can be written with its service and on its own, and the last writer wins.",
    provider:
      "Turns what the constructors found in the program into failures of check. A service without inline sets ignores all of them; a set that exists with other values is not taken over.",
  },
  6: {
    title: "The name of a version set",
    api: "The contract gives a length and no pattern, and the name stands in a path.",
    provider: "Allows letters, digits, `_` and `-`, at most 40, and percent-encodes whatever enters a path.",
  },
  7: {
    title: "Making a workspace takes two or three calls",
    api: "The connector can be set by a PATCH only, and provisioning is a call of its own.",
    provider:
      "Keeps the id in state from the first call on, so that the next run goes on instead of making a second workspace.",
  },
  8: {
    title: "Self-service against bootstrap",
    api: "A workspace made by the bootstrap route has no owner, and only owners can archive. Newer servers moved the self-service route.",
    provider:
      "Uses self-service unless told otherwise, and tries the newer address on 404 or 405 only, never on 403 or 503.",
  },
  9: {
    title: "Archived is not deleted",
    api: "Nothing in an answer marks an archived workspace: it answers 404 or 403, as a wrong key or address does, and keeps its slug for ever.",
    provider:
      "Counts a child as gone only while its workspace can be seen; else reading is an error and state is kept. Archiving twice is done, a replacement needs a new slug, and `deletionProtection` is on by default.",
  },
  10: {
    title: "Changing the region",
    api: "The contract allows it in the PATCH; the server may answer 422.",
    provider: "Tries it, explains the 422, and never sends a region that did not change.",
  },
  11: {
    title: "A use case has neither GET nor update",
    api: "Every change makes a new one. What makes two identical is not documented, and the 409 of a create has two meanings.",
    provider:
      "Reads the list. Where channel, entity name or name change, the new one comes first and the old one goes last; else the old one goes first, its binding before it. Tells the two 409 apart, stops at assigned phone numbers, and says when a binding was already removed.",
  },
  12: {
    title: "A create whose outcome is unknown",
    api: "After a 5xx or a lost answer the thing may exist or not, and there is no idempotency key.",
    provider:
      "Looks it up by its natural key instead of sending the POST again: a service by name and owner mark, a use case as the one match that was not there before, a workspace by slug, age and values. Else it fails with the facts. PUT and DELETE are sent again.",
  },
  13: {
    title: "Binding moves live calls without a word",
    api: "A PUT takes the use case from whatever service it was bound to; a service takes one use case per channel.",
    provider:
      "Reads before it writes or deletes. A line that is bound to a third service is taken only with `allowRebind`. Bindings that swap within one run make way for each other and are restored where a PUT fails; a holder outside the run is named.",
  },
  14: {
    title: "Deleting a service that is in use",
    api: "What becomes of live bindings of a deleted service is not documented.",
    provider:
      "Unbinds its own first, and looks once per run and workspace for bindings of others, which stop the deletion by name.",
  },
  15: {
    title: "Test caller numbers are plain strings",
    api: "Any text is a number to the contract; the list is written as a whole, one per workspace.",
    provider:
      "Wants E.164, at most 20, each once; compares as a set; takes a list over only when told; deleting empties it.",
  },
  16: {
    title: "White space at the ends",
    api: "The server may strip it.",
    provider:
      "Refuses it in names, labels and terms, where it would differ for ever, and does not compare the ends of descriptions.",
  },
  17: {
    title: "Loose types",
    api: "Answers type ids, enums and regions as plain strings, and may gain keys and members.",
    provider:
      "Reads answers tolerantly, checks inputs strictly and all at once, and checks ids before they enter a path.",
  },
  18: {
    title: "System services",
    api: "`is_system` marks services that belong to the platform.",
    provider: "Reads them, and never updates or deletes one, nor its version sets.",
  },
  19: {
    title: "Bounds of keyterms and tags",
    api: "The contract has none; the vendor's documentation gives 500 keyterms of 1 to 128 characters and 50 tags. A tag's value may be null.",
    provider: "Checks the bounds, keeps one tag for the owner mark, compares as sets, and takes null for absent.",
  },
  20: {
    title: "Pages that do not end",
    api: "At most 20 items per page; the token may be absent or repeat although there should be more.",
    provider:
      "Goes on while a token is new, also after an empty page. Stops for certain at a token that was seen, at none, and at pages that bring nothing new; what is then not whole is an error, never a shorter list.",
  },
  21: {
    title: "Undocumented statuses",
    api: "A 401 on use cases and a 429 anywhere are not in the contract.",
    provider:
      "Handles them like everywhere else: a refused key is told once and not tried again; a 429 was not carried out, so even a create is sent again, after the time that the server asked for.",
  },
};
