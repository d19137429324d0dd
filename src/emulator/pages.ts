import type { Answer, Call } from "./call.js";
import { answerBody } from "./call.js";

/** One page of a list, as `limit` and `continuation_token` (an offset) ask for. */
export function page<Value>(call: Call, values: Value[], view: (value: Value) => unknown): Answer {
  const limit = call.query.limit as number;
  const token = call.query.continuation_token as number;
  const offset = Math.max(token, 0);
  const start = offset > 0 ? Math.max(offset + call.lists.shift, 0) : 0;
  const shown = values.slice(start, start + limit);
  const hasMore = call.lists.repeatToken || start + limit < values.length;
  const next = call.lists.repeatToken ? offset : offset + limit;
  return {
    status: 200,
    body: answerBody(
      call.dialect,
      { items: shown.map(view), has_more: hasMore },
      { continuation_token: hasMore ? next : null, total: values.length },
    ),
  };
}
