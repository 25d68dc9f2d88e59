/**
 * What the visitor said and the server has not acknowledged. Pure but for the store it is kept in.
 *
 * The first `flying` items are under way, always a prefix, so going back is setting one number. An item leaves on its ack, on the message
 * carrying its cid, or on a final nak; whatever the line does, sending twice is harmless because the server knows the cid.
 */

/**
 * @typedef {{cid: string, text: string, at: string, n?: number, sentAt?: number, strikes?: number, button?: {message: string, index: number},
 *   files?: import("./protocol.mjs").File[], answer?: {message: string} & import("./controls.mjs").Answer}} Item
 */

const STRIKES = 3;
const BUSY_SECONDS = 1;

export class Outbox {
  #store;
  #flying = 0;
  #next = 1;

  /** @param {{read: () => Item[]|null, write: (items: Item[]) => void}} store */
  constructor(store) {
    this.#store = store;
    /** @type {Item[]} */
    this.items = (store.read() ?? []).filter((item) => item?.cid && (item.text || item.files?.length));
    this.heldUntil = 0;
  }

  /** @param {Item} item */
  add(item) {
    this.items.push(item);
    this.#keep();
  }

  /** The server's count for this tab, said when a line is ready: everything here goes again, from there. */
  restart(accepted) {
    this.#goBack(0, accepted + 1);
    this.heldUntil = 0;
  }

  /** The line is gone; nothing is under way. */
  grounded() {
    this.#flying = 0;
  }

  /**
   * What to send now, numbered and marked as under way.
   * @returns {Item[]}
   */
  take(window, now) {
    if (now < this.heldUntil) return [];
    const leaving = this.items.slice(this.#flying, window);
    for (const item of leaving) Object.assign(item, { n: this.#next++, sentAt: now });
    this.#flying += leaving.length;
    return leaving;
  }

  /**
   * Stored for good. One that is not under way was sent over an earlier line, and the server may have counted it after it said its count. A
   * number too high is refused and put right; one too low would let the second in before the first.
   */
  settle(cid) {
    const place = this.#place(cid);
    if (place < 0) return;
    if (place >= this.#flying) this.#next += 1;
    this.#remove(place);
  }

  /**
   * Refused, for now or for good.
   * @returns {Item|null} the item that will never be sent, if it is that
   */
  refused(nak, now) {
    const place = this.#place(nak.cid);
    if (place < 0) return null;
    if (nak.final) return this.#giveUp(place, nak.expect);
    if (nak.code === "order") this.#renumber(place, nak.expect);
    else this.#wait(place, nak, now);
    return null;
  }

  /**
   * The server closed on us for what we sent; the oldest under way is the suspect. Three times and it is out, or it would stop all others.
   * @returns {Item|null}
   */
  blame() {
    if (!this.#flying) return null;
    const suspect = this.items[0];
    suspect.strikes = (suspect.strikes ?? 0) + 1;
    return suspect.strikes < STRIKES ? null : this.#giveUp(0, null);
  }

  /** When the oldest item under way left, or null. */
  waitingSince() {
    return this.#flying ? this.items[0].sentAt : null;
  }

  /**
   * With eight under way one refusal brings seven `order` naks after it. Those that ask for a number this item, or one before it, has been
   * given since are about an earlier sending.
   */
  #renumber(place, expect) {
    const underWay = this.items.slice(0, Math.min(this.#flying, place + 1)).some((item) => item.n === expect);
    if (!underWay) this.#goBack(0, expect ?? 1);
  }

  /** Already back on the ground: this is the refusal of an earlier sending. */
  #wait(place, nak, now) {
    if (place >= this.#flying) return;
    this.#goBack(place, nak.expect ?? this.items[place].n);
    this.heldUntil = now + 1000 * (nak.after ?? BUSY_SECONDS);
  }

  /** A refused message takes no number, so the next one has it. */
  #giveUp(place, expect) {
    const item = this.items[place];
    this.#remove(place);
    if (!this.#flying) this.#next = expect ?? item.n ?? this.#next;
    return item;
  }

  #goBack(place, next) {
    this.#flying = place;
    this.#next = next;
  }

  #remove(place) {
    this.items.splice(place, 1);
    if (place < this.#flying) this.#flying -= 1;
    this.#keep();
  }

  #place(cid) {
    return this.items.findIndex((item) => item.cid === cid);
  }

  #keep() {
    this.#store.write(this.items.map(({ cid, text, at, button, files, answer }) => ({ cid, text, at, button, files, answer })));
  }
}
