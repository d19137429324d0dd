export type * from "./bodies.js";
export { AmigoClient } from "./client.js";
export * from "./errors.js";
export { canonicalId } from "./ids.js";
export { findById, type Listed, matchesIn, type UnreadableEntry, wholeOf } from "./listed.js";
export { type OperationId, type OperationKind, operations } from "./operations.js";
export type { ClientOptions } from "./options.js";
export { redact, registerSecret } from "./redact.js";
export type {
  Page,
  ServiceBindingResponse,
  ServiceResponse,
  TestCallerNumbersResponse,
  UseCaseResponse,
  WorkspaceResponse,
} from "./schemas.js";
export { timeOf } from "./times.js";
