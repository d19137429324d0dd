import { startSharedBudget } from "../../src/api/budget/server.js";

/** A process that holds a shared budget until it is killed, and prints its address. */
startSharedBudget({ maxConcurrency: 4, requestsPerSecond: undefined }).then(({ address }) => console.log(address));
