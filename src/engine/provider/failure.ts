import { AmigoError, paragraph } from "../../api/errors.js";
import { adviceFor } from "../advice.js";
import type { Values } from "../values.js";

/**
 * An operation that stopped after the thing had come to exist: its id and what is known of it go into state, so that
 * the next run goes on from there instead of making a second one.
 */
export class Unfinished extends Error {
  constructor(
    readonly id: string,
    readonly live: Values,
    override readonly cause: unknown,
  ) {
    super(messageOf(cause));
  }
}

/** What happened, without the advice that belongs to it: for a caller who knows more of the case, and says what to do. */
export function factsOf({ message }: Error): string {
  return message;
}

/** The error as a user is to read it: what happened, what to do, and what else was found out. */
export function messageOf(error: unknown): string {
  if (AmigoError.isInstance(error)) return [adviceFor(error), ...error.sentences].reduce(paragraph, error.summary);
  return error instanceof Error ? error.message : String(error);
}

/** An error as the SDK is to see it: it prints the stack beside the message, which would tell everything twice. */
export class EngineError extends Error {
  override readonly name = "";

  constructor(message: string) {
    super(message);
    this.stack = "";
  }
}

/** What the SDK turns into a resource that is kept in state with its failure. */
export class PartialFailure extends EngineError {
  readonly reasons: string[];

  constructor(
    readonly id: string,
    readonly properties: Values,
    message: string,
  ) {
    super(message);
    this.reasons = [message];
  }
}
