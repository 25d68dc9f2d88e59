/** What happens when something is said, here or there. Joins timeline, outbox and line; knows neither DOM nor transport. */

import { CLOSE, TEXT_LIMIT, cleanText } from "./protocol.mjs";

/** A message may be a moment behind the beat that counts it. */
const HOLE_SECONDS = 2;
const ACK_SECONDS = 20;
/** What the server closes on when it cannot bear what we sent. */
const OFFENDED = new Set([CLOSE.malformed, CLOSE.tooLarge, CLOSE.hardLimit]);

const REASONS = new Map([
  ["too_long", "It is too long."],
  ["unknown_button", "That choice is no longer open."],
]);

/**
 * @typedef {{timeline: import("./timeline.mjs").Timeline, outbox: import("./outbox.mjs").Outbox, clock: import("./clock.mjs").Clock,
 *   newId: () => string, onChange: () => void, onArrival: (message: import("./protocol.mjs").Message) => void}} Options
 */

export class Conversation {
  #options;
  #line = null;
  #cancelHold = () => {};

  /** @param {Options} options */
  constructor(options) {
    this.#options = options;
    /** @type {import("./protocol.mjs").Floor|null} */
    this.floor = null;
    /** @type {"connecting"|"ready"|"away"|"stopped"} */
    this.state = "connecting";
    this.limit = TEXT_LIMIT;
    /** Whether the history has been here once. */
    this.loaded = false;
    for (const item of options.outbox.items) options.timeline.echo(item);
  }

  /** @param {import("./line.mjs").Line} line */
  use(line) {
    this.#line = line;
  }

  entries() {
    return this.#options.timeline.entries();
  }

  cursor() {
    const { last, epoch } = this.#options.timeline;
    return { last, epoch };
  }

  /** @param {{message: string, index: number}=} button the button of a bot's message this text is the label of */
  say(typed, button) {
    const { timeline, outbox, clock, newId, onChange } = this.#options;
    const text = cleanText(typed);
    if (!text) return;
    const item = { cid: newId(), text, at: new Date(clock.now()).toISOString(), button };
    outbox.add(item);
    timeline.echo(item);
    this.#line.wake();
    this.#pump();
    onChange();
  }

  retry(key) {
    const failed = this.#options.timeline.retry(key);
    if (failed?.text) this.say(failed.text);
    if (failed?.id) this.#line.retry(failed.id);
    this.#options.onChange();
  }

  /** @param {object} frame from either door */
  heard(frame) {
    HEARD.get(frame.type)?.(this, frame);
    this.#options.onChange();
  }

  /** The line is gone, with this code. */
  down(code) {
    const given = OFFENDED.has(code) ? this.#options.outbox.blame() : null;
    if (given) this.#fail(given.cid, "");
    this.#options.outbox.grounded();
  }

  /** A new session has another conversation. */
  renewed() {
    this.#options.timeline.reset();
    this.floor = null;
  }

  is(state) {
    this.state = state;
    this.#options.onChange();
  }

  ready({ epoch, floor, limit, n }) {
    this.#options.timeline.epoch = epoch;
    this.floor = floor ?? this.floor;
    this.limit = limit;
    this.loaded = true;
    this.#options.outbox.restart(n);
    for (const id of this.#options.timeline.trying()) this.#line.retry(id);
    this.#pump();
  }

  message(message) {
    const { timeline, outbox, onArrival } = this.#options;
    const result = timeline.apply(message);
    if (result === "hole") return this.#line.resume();
    if (message.cid) outbox.settle(message.cid);
    if (result === "applied") onArrival(message);
    this.#pump();
  }

  reset({ epoch }) {
    this.#options.timeline.reset(epoch);
  }

  ack({ cid }) {
    this.#options.outbox.settle(cid);
    this.#options.timeline.acked(cid);
    this.#pump();
  }

  nak(nak) {
    const given = this.#options.outbox.refused(nak, this.#options.clock.now());
    if (given) this.#fail(given.cid, REASONS.get(nak.code) ?? "");
    this.#pump();
  }

  /** The beat counts what was said; it shows a hole, or a lost message of ours, on a line that looks healthy. */
  beat({ last }) {
    const { clock, outbox, timeline } = this.#options;
    const since = outbox.waitingSince();
    if (since !== null && clock.now() - since > ACK_SECONDS * 1000) return this.#line.resume();
    if (last > timeline.last) clock.after(HOLE_SECONDS, () => last > timeline.last && this.#line.resume());
  }

  #fail(cid, reason) {
    this.#options.timeline.failed(cid, reason);
  }

  #pump() {
    const { outbox, clock } = this.#options;
    for (const item of outbox.take(this.#line.window, clock.now())) this.#line.send(item);
    this.#cancelHold();
    const held = outbox.heldUntil - clock.now();
    if (held > 0) this.#cancelHold = clock.after(held / 1000, () => this.#pump());
  }
}

const HEARD = new Map([
  ["ready", (conversation, frame) => conversation.ready(frame)],
  ["message", (conversation, frame) => conversation.message(frame)],
  ["reset", (conversation, frame) => conversation.reset(frame)],
  ["floor", (conversation, { floor }) => (conversation.floor = floor)],
  ["ack", (conversation, frame) => conversation.ack(frame)],
  ["nak", (conversation, frame) => conversation.nak(frame)],
  ["beat", (conversation, frame) => conversation.beat(frame)],
]);
