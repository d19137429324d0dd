const capacity = 500;
const cost = 5;
const timeoutCost = 10;

/** Tokens that all retries of the process share, so that a server in trouble is not made worse by them; the figures are those of the AWS standard mode. */
export class RetryBudget {
  #tokens = capacity;

  /** Takes the tokens of one retry; the answer is what to give back when it succeeds, or undefined when too few are left. */
  take(afterTimeout: boolean): number | undefined {
    const price = afterTimeout ? timeoutCost : cost;
    if (this.#tokens < price) return undefined;
    this.#tokens -= price;
    return price;
  }

  giveBack(tokens: number): void {
    this.#tokens = Math.min(capacity, this.#tokens + tokens);
  }
}

export const processRetryBudget = new RetryBudget();
