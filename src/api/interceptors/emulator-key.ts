import { demoKey, secondKey } from "../../emulator-keys.js";
import { AuthenticationError, TransportError } from "../errors.js";
import type { Interceptor } from "../exchange.js";
import { isLoopback } from "../url.js";

/** Marks the errors that come of a key of the emulator at an address where it cannot be: it serves its own machine only. */
export function emulatorKey(origin: string): Interceptor {
  const isHere = isLoopback(new URL(origin).hostname);
  return (next) => async (request) => {
    try {
      return await next(request);
    } catch (error) {
      const isAbout = AuthenticationError.isInstance(error) || TransportError.isInstance(error);
      if (isAbout && !isHere && [demoKey, secondKey].includes(request.key)) error.hasEmulatorKey = true;
      throw error;
    }
  };
}
