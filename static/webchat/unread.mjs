/** What arrived while nobody looked. Pure. */

const COUNTED = new Set(["bot", "agent"]);

export class Unread {
  #looking = true;
  #onCount;

  /** @param {(count: number) => void} onCount */
  constructor(onCount) {
    this.#onCount = onCount;
    this.count = 0;
  }

  looking(looking) {
    this.#looking = looking;
    if (looking) this.#set(0);
  }

  /** @param {{kind: string}} message */
  arrived({ kind }) {
    if (!this.#looking && COUNTED.has(kind)) this.#set(this.count + 1);
  }

  #set(count) {
    if (count === this.count) return;
    this.count = count;
    this.#onCount(count);
  }
}
