/** Time as an argument: everything that waits takes one of these, so tests need not. */

/** @typedef {{now: () => number, after: (seconds: number, run: () => void) => (() => void)}} Clock `after` returns what cancels it */

/** @type {Clock} */
export const clock = {
  now: () => Date.now(),
  after(seconds, run) {
    const timer = setTimeout(run, seconds * 1000);
    return () => clearTimeout(timer);
  },
};
