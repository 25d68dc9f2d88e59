/** How long to wait before trying again: full jitter, so that visitors cut off together do not come back together. Pure. */

const BASE_SECONDS = 0.5;
const CAP_SECONDS = 30;
/** A server that restarts says so to everybody at once; eight seconds keep each second's share of returners below a fifth. */
const RESTART_SPREAD_SECONDS = 8;

export class Backoff {
  #random;
  #tries = 0;

  /** @param {() => number} random in [0, 1) */
  constructor(random) {
    this.#random = random;
  }

  /** @returns {number} seconds */
  next() {
    const ceiling = Math.min(CAP_SECONDS, BASE_SECONDS * 2 ** this.#tries);
    this.#tries += 1;
    return this.#random() * ceiling;
  }

  /** Told to stay away for `after` seconds: at least that, and not all at the same moment. */
  told(after) {
    return after + this.next();
  }

  afterRestart(after) {
    return this.#random() * Math.max(after ?? 0, RESTART_SPREAD_SECONDS);
  }

  between(low, high) {
    return low + this.#random() * (high - low);
  }

  reset() {
    this.#tries = 0;
  }
}
