import type { Answer, Call } from "./call.js";
import { answerBody } from "./call.js";

const largestToken = 1_000_000;

/** One page of a list, as `limit` and `continuation_token` ask for. */
export function page<Value>(call: Call, values: Value[], view: (value: Value) => unknown): Answer {
  const limit = call.query.limit as number;
  const asked = place(call, call.query.continuation_token as number);
  if (asked.isEmpty) return pageAnswer(call, [], tokenOf(call, { ...asked, isEmpty: false }), values.length);
  const { offset } = asked;
  const start = offset > 0 ? Math.max(offset + call.lists.shift, 0) : 0;
  const shown = values.slice(start, start + limit);
  const hasMore = call.lists.repeatToken || start + limit < values.length;
  const next = { offset: offset + limit, isEmpty: call.dialect.emptyPages };
  const token = tokenOf(call, call.lists.repeatToken ? asked : next);
  return pageAnswer(call, shown.map(view), hasMore ? token : null, values.length);
}

function pageAnswer(call: Call, items: unknown[], token: number | null, total: number): Answer {
  return {
    status: 200,
    body: answerBody(
      call.dialect,
      { items, has_more: token !== null },
      { continuation_token: token, ...(call.dialect.listTotal === "present" ? { total } : {}) },
    ),
  };
}

interface Place {
  offset: number;
  /** Before the page at this offset comes an empty one. */
  isEmpty: boolean;
}

/** A token is an offset; with empty pages twice that, and one more for the page itself; falling ones count down. */
function tokenOf(call: Call, { offset, isEmpty }: Place): number {
  const rising = call.dialect.emptyPages ? offset * 2 + (isEmpty ? 0 : 1) : offset;
  return call.dialect.fallingTokens && rising > 0 ? largestToken - rising : rising;
}

function place(call: Call, token: number): Place {
  const rising = Math.max(call.dialect.fallingTokens && token > 0 ? largestToken - token : token, 0);
  if (!call.dialect.emptyPages) return { offset: rising, isEmpty: false };
  return { offset: Math.floor(rising / 2), isEmpty: rising % 2 === 0 };
}
