/**
 * What the visitor sees, as data: the server's messages and, below them, the copies of what is still on its way. Pure.
 *
 * `last` and `epoch` are the cursor: the highest number applied without a hole, and the numbering it belongs to.
 */

/**
 * @typedef {import("./protocol.mjs").Message} Message
 * @typedef {{key: string, id: string|null, kind: string, name: string|null, text: string, at: string, buttons: string[],
 *   state: "sending"|"sent"|"failed"|null, reason: string, canRetry: boolean, live: boolean}} Entry `live`: its buttons can be pressed
 */

export class Timeline {
  #messages = new Map();
  #copies = new Map();
  #retried = new Set();

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
    if (message.cid) this.#copies.delete(message.cid);
    return "applied";
  }

  /** Forget what the server said; what it does not have yet stays. */
  reset(epoch = null) {
    this.last = 0;
    this.epoch = epoch;
    this.#messages.clear();
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

  /** Take back what failed, so that it can be said again: the text, or null when there is nothing of the kind. */
  retry(key) {
    const entry = this.entries().find((one) => one.key === key && one.state === "failed" && one.canRetry);
    if (!entry) return null;
    if (!this.#copies.delete(key)) this.#retried.add(entry.id);
    return entry.text;
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
    const { id, cid, kind, name, text, at, buttons, delivery } = message;
    const state = kind !== "visitor" ? null : delivery === "failed" ? "failed" : "sent";
    return { key: cid ?? id, id, kind, name, text, at, buttons, state, reason: "", canRetry: !this.#retried.has(id), live: false };
  }
}

function copyAsEntry({ cid, text, at, state, reason }) {
  return { key: cid, id: null, kind: "visitor", name: null, text, at, buttons: [], state, reason, canRetry: true, live: false };
}

/** Buttons can be pressed until somebody answered, or until the bot offered others. */
function withLiveButtons(entries) {
  const offering = entries.findLastIndex((entry) => entry.buttons.length > 0);
  const answered = entries.findLastIndex((entry) => entry.kind === "visitor" || entry.kind === "agent");
  if (offering > answered) entries[offering].live = true;
  return entries;
}
