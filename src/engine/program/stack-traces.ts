/**
 * Keeps the SDK from making stack traces until the returned function is called. It makes a source-mapped one for every
 * promise of a resource and writes one into state: a third of a program's time, and of a resource's bytes. The SDK sets the
 * limit itself, so it must not be writable meanwhile; V8 takes no trace where the limit is no plain number.
 */
export function muteStackTraces(): () => void {
  const original = Object.getOwnPropertyDescriptor(Error, "stackTraceLimit");
  Object.defineProperty(Error, "stackTraceLimit", { configurable: true, get: () => 0, set: () => {} });
  return () => {
    if (original) Object.defineProperty(Error, "stackTraceLimit", original);
    else Reflect.deleteProperty(Error, "stackTraceLimit");
  };
}
