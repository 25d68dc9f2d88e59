/**
 * What the visitor sees, as data: the server's messages and, below them, the copies of what is still on its way. Pure.
 *
 * `last` and `epoch` are the cursor: the highest number applied without a hole, and the numbering it belongs to.
 */

/**
 * @typedef {import("./protocol.mjs").Message} Message
 * @typedef {{key: string, id: string|null, kind: string, name: string|null, text: string, at: string, buttons: string[],
 *   state: "sending"|"sent"|"failed"|null, reason: string, live: boolean}} Entry `live`: its buttons can be pressed
 */

export class Timeline {
  #messages = new Map();
  #copies = new Map();
  #trying = new Set();

  constructor() {
    this.last = 0;
    this.epoch = null;
  }

  /**
   * @param {Message} message
   * @returns {"applied"|"repeat"|"hole"} a hole leaves the cursor where it was: only resuming from there can fill it
   */
  apply(message) {
    if (message.seq <= this.last) return "repeat";
    if (message.seq > this.last + 1) return "hole";
    this.last = message.seq;
    this.#messages.set(message.id, message);
    this.#trying.delete(message.id);
    if (message.cid) this.#copies.delete(message.cid);
    return "applied";
  }

  /** Forget what the server said; what it does not have yet stays. */
  reset(epoch = null) {
    this.last = 0;
    this.epoch = epoch;
    this.#messages.clear();
    this.#trying.clear();
    for (const [cid, copy] of this.#copies) if (copy.state === "sent") this.#copies.delete(cid);
  }

  /** Show something before the server has it. */
  echo({ cid, text, at }) {
    this.#copies.set(cid, { cid, text, at, state: "sending", reason: "" });
  }

  acked(cid) {
    this.#mark(cid, "sent", "");
  }

  failed(cid, reason) {
    this.#mark(cid, "failed", reason);
  }

  /**
   * Try again what failed.
   * @returns {{id: string}|{text: string}|null} a message the server has is tried again by its id, one it never took is said anew
   */
  retry(key) {
    const failed = this.entries().find((entry) => entry.key === key && entry.state === "failed");
    if (!failed) return null;
    if (this.#copies.delete(key)) return { text: failed.text };
    this.#trying.add(failed.id);
    return { id: failed.id };
  }

  /** Ids of the messages being tried again whose new state the server has not told yet. */
  trying() {
    return [...this.#trying];
  }

  /** @returns {Entry[]} in the order to show */
  entries() {
    const said = [...this.#messages.values()].sort((a, b) => a.ord - b.ord || a.seq - b.seq);
    const shown = [...said.map((message) => this.#asEntry(message)), ...[...this.#copies.values()].map(copyAsEntry)];
    return withLiveButtons(shown);
  }

  #mark(cid, state, reason) {
    const copy = this.#copies.get(cid);
    if (copy) Object.assign(copy, { state, reason });
  }

  #asEntry(message) {
    const { id, cid, kind, name, text, at, buttons } = message;
    return { key: cid ?? id, id, kind, name, text, at, buttons, state: this.#stateOf(message), reason: "", live: false };
  }

  #stateOf({ id, kind, delivery }) {
    if (kind !== "visitor") return null;
    if (this.#trying.has(id)) return "sending";
    return delivery === "failed" ? "failed" : "sent";
  }
}

function copyAsEntry({ cid, text, at, state, reason }) {
  return { key: cid, id: null, kind: "visitor", name: null, text, at, buttons: [], state, reason, live: false };
}

/** Buttons can be pressed until somebody answered, or until the bot offered others. */
function withLiveButtons(entries) {
  const offering = entries.findLastIndex((entry) => entry.buttons.length > 0);
  const answered = entries.findLastIndex((entry) => entry.kind === "visitor" || entry.kind === "agent");
  if (offering > answered) entries[offering].live = true;
  return entries;
}
