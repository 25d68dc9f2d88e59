/** What arrived while nobody looked: how much, and where it begins. Pure but for the place that is kept over a reload. */

const COUNTED = new Set(["bot", "agent"]);

export class Unread {
  #looking = true;
  #onCount;
  #shelf;
  #place = 0;

  /** @param {{read: () => any, write: (place: object) => void}} shelf how far this browser has seen @param {(count: number) => void} onCount */
  constructor(shelf, onCount) {
    this.#shelf = shelf;
    this.#onCount = onCount;
    this.count = 0;
    /** The id of the first message that came unseen; it stays marked until the visitor speaks, or leaves again. */
    this.first = null;
  }

  looking(looking) {
    if (this.#looking && !looking && !this.count) this.first = null;
    this.#looking = looking;
    if (looking) this.#set(0);
  }

  /** @param {{kind: string, id: string, seq: number, ord: number}} message @param {boolean} live said just now, not read from the history @param {number|null} epoch */
  arrived({ kind, id, seq, ord }, live, epoch) {
    if (kind === "visitor") this.first = null;
    if (!COUNTED.has(kind) || (live ? this.#looking : !this.#isNew(seq, epoch))) return;
    // What was said earlier may arrive later.
    if (this.first === null || ord < this.#place) [this.first, this.#place] = [id, ord];
    if (!this.#looking) this.#set(this.count + 1);
  }

  /** Somebody has seen everything up to here. */
  seen({ epoch, last }) {
    const kept = this.#shelf.read();
    if (this.#looking && last && (kept?.epoch !== epoch || kept.last < last)) this.#shelf.write({ epoch, last });
  }

  /** What was kept for another numbering says nothing. */
  #isNew(seq, epoch) {
    const kept = this.#shelf.read();
    return kept?.epoch === epoch && seq > kept.last;
  }

  #set(count) {
    if (count === this.count) return;
    this.count = count;
    this.#onCount(count);
  }
}
