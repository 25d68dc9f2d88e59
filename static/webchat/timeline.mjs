/**
 * What the visitor sees, as data: the server's messages and, below them, the copies of what is still on its way. Pure.
 *
 * `last` and `epoch` are the cursor: the highest number applied without a hole, and the numbering it belongs to.
 */

import { TEXTS } from "./texts.mjs";

/**
 * @typedef {import("./protocol.mjs").Message} Message
 * @typedef {{key: string, id: string|null, kind: string, name: string|null, photo: string|null, text: string, rich: object[]|null, at: string,
 *   buttons: import("./protocol.mjs").Button[], picture: import("./protocol.mjs").Picture|null, files: import("./protocol.mjs").File[], control: import("./controls.mjs").Control|null, answered: string|null,
 *   complaint: string, state: "sending"|"sent"|"failed"|null, reason: string, live: boolean}} Entry
 *   `live`: its buttons can be pressed; `answered`: what was filled into its control; `complaint`: why that was refused
 */

/** @type {Entry} what every entry has, whoever said it */
const PLAIN = { id: null, name: null, photo: null, rich: null, buttons: [], picture: null, control: null, answered: null, complaint: "", reason: "", live: false };

export class Timeline {
  #messages = new Map();
  #copies = new Map();
  #trying = new Set();
  #complaints = new Map();

  constructor() {
    this.last = 0;
    this.epoch = null;
  }

  /**
   * @param {Message} message
   * @returns {"applied"|"changed"|"repeat"|"hole"} a hole leaves the cursor where it was: only resuming from there can fill it
   */
  apply(message) {
    if (message.seq <= this.last) return "repeat";
    if (message.seq > this.last + 1) return "hole";
    this.last = message.seq;
    const known = this.#messages.has(message.id) || message.gone;
    this.#messages.set(message.id, message);
    this.#trying.delete(message.id);
    if (message.cid) this.#copies.delete(message.cid);
    return known ? "changed" : "applied";
  }

  /** Forget what the server said; what it does not have yet stays. */
  reset(epoch = null) {
    this.last = 0;
    this.epoch = epoch;
    this.#messages.clear();
    this.#trying.clear();
    this.#complaints.clear();
    for (const [cid, copy] of this.#copies) if (copy.state === "sent") this.#copies.delete(cid);
  }

  /** Show something before the server has it. */
  echo({ cid, text, at, files = [], answer }) {
    this.#copies.set(cid, { cid, text, at, files, answers: answer?.message ?? null, state: "sending", reason: "" });
    this.#complaints.delete(answer?.message);
  }

  acked(cid) {
    this.#mark(cid, "sent", "");
  }

  /** A refused answer is not kept: its control can be filled in again, and says why. */
  failed(cid, reason) {
    const control = this.#copies.get(cid)?.answers;
    if (!control) return this.#mark(cid, "failed", reason);
    this.#copies.delete(cid);
    this.#complaints.set(control, reason || TEXTS.notAnswered);
  }

  /**
   * Try again what failed.
   * @returns {{id: string}|{text: string, files: object[]}|null} a message the server has is tried again by its id, one it never took is said anew
   */
  retry(key) {
    const failed = this.entries().find((entry) => entry.key === key && entry.state === "failed");
    if (!failed) return null;
    if (this.#copies.delete(key)) return { text: failed.text, files: failed.files };
    this.#trying.add(failed.id);
    return { id: failed.id };
  }

  /** Ids of the messages being tried again whose new state the server has not told yet. */
  trying() {
    return [...this.#trying];
  }

  /** @returns {Entry[]} in the order to show */
  entries() {
    const said = [...this.#messages.values()].filter(({ gone }) => !gone).sort((a, b) => a.ord - b.ord || a.seq - b.seq);
    const answers = new Map([...said, ...this.#copies.values()].filter((each) => each.answers).map((each) => [each.answers, each.text]));
    const shown = [...said.map((message) => this.#asEntry(message, answers)), ...[...this.#copies.values()].map(copyAsEntry)];
    return withLiveButtons(shown);
  }

  #mark(cid, state, reason) {
    const copy = this.#copies.get(cid);
    if (copy) Object.assign(copy, { state, reason });
  }

  #asEntry(message, answers) {
    const { id, cid, kind, name, photo, text, rich, at, buttons, picture, files, control } = message;
    const filled = control && { control, answered: answers.get(id) ?? null, complaint: this.#complaints.get(id) ?? "" };
    return { ...PLAIN, key: cid ?? id, id, kind, name, photo, text, rich, at, buttons, picture, files, ...filled, state: this.#stateOf(message) };
  }

  #stateOf({ id, kind, delivery }) {
    if (kind !== "visitor") return null;
    if (this.#trying.has(id)) return "sending";
    return delivery === "failed" ? "failed" : "sent";
  }
}

function copyAsEntry({ cid, text, at, files, state, reason }) {
  return { ...PLAIN, key: cid, kind: "visitor", text, at, files, state, reason };
}

/** Buttons can be pressed until somebody answered. One message of the scenario may offer several rows of them. */
function withLiveButtons(entries) {
  const answered = entries.findLastIndex((entry) => entry.kind === "visitor" || entry.kind === "agent");
  for (const entry of entries.slice(answered + 1)) entry.live = entry.buttons.length > 0;
  return entries;
}
