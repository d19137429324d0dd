import type { RequestLogEntry } from "../../../src/emulator/index.js";
import { BEYOND_MS, DEADLINE_MS, FAULTY_SPEED, type Fault } from "../faults.js";
import { type Observation, strikes } from "../observation.js";
import type { Rule } from "../violation.js";

/** How long after an answer a request may still come that was under way before it was read. */
const UNDER_WAY_MS = 1500;
/** Timers and clocks have whole milliseconds, which faster time makes longer. */
const CLOCK_MS = 60;

const startOf = ({ at }: RequestLogEntry) => Date.parse(at);
const isSame = (one: RequestLogEntry, other: RequestLogEntry) =>
  one.method === other.method &&
  one.path === other.path &&
  JSON.stringify(one.requestBody) === JSON.stringify(other.requestBody);

/** A write is sent once more by whom it was sent first; two may ask for one list at the same time. */
const isRepeated = (one: RequestLogEntry, other: RequestLogEntry) => one.method !== "GET" && isSame(one, other);

function later(seen: Observation, { sequence, operation }: RequestLogEntry): RequestLogEntry[] {
  return seen.requests.filter((other) => other.sequence > sequence && other.operation === operation);
}

/** A date comes nearer while real time passes, and has whole seconds. */
function waitOf({ waitMs = 0, laidAt }: Fault, answeredAt: number): number {
  return laidAt === undefined ? waitMs : waitMs - (answeredAt - laidAt) / FAULTY_SPEED - 1000;
}

/** While the server asks to wait with an operation, no request of it is sent. */
const noRetryComesEarly: Rule = (seen) =>
  strikes(seen).flatMap(({ request, fault }) => {
    const answeredAt = startOf(request) + request.ms;
    const until = answeredAt + waitOf(fault, answeredAt);
    return later(seen, request)
      .filter((other) => startOf(other) < until - CLOCK_MS)
      .filter((other) => startOf(other) > answeredAt + (isRepeated(other, request) ? 0 : UNDER_WAY_MS + seen.busyMs))
      .map((other) => `${other.method} ${other.path} came ${until - startOf(other)} ms before the time`);
  });

/** A call that gets no answer is over at its deadline. */
const noCallOverrunsItsDeadline: Rule = (seen) =>
  strikes(seen)
    .filter(({ fault }) => fault.isBeyond)
    .filter(({ request }) => (request.droppedMs ?? BEYOND_MS) > DEADLINE_MS * 1.1 + seen.busyMs)
    .filter(() => seen.result.outcome !== "killed")
    .map(
      ({ request }) => `${request.method} ${request.path} was still open after ${request.droppedMs ?? "its answer"} ms`,
    );

/** Whether the caller cannot know if the work was done. */
function isAmbiguous({ faultClass, rule }: Fault, { status }: RequestLogEntry): boolean {
  if (faultClass === "lost answer" || faultClass === "late commit") return true;
  return rule.action.kind === "status" && status >= 500;
}

/** A create whose outcome is unknown is not sent again by the same run. */
const noCreateIsSentTwice: Rule = (seen) =>
  strikes(seen)
    .filter(({ request, fault }) => request.operation?.startsWith("create-") && isAmbiguous(fault, request))
    .flatMap(({ request }) => later(seen, request).filter((other) => isSame(other, request)))
    .map(({ path, requestBody }) => `POST ${path} ${JSON.stringify(requestBody)} was sent again`);

export const trafficRules = { noRetryComesEarly, noCallOverrunsItsDeadline, noCreateIsSentTwice };
