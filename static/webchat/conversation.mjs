/** What happens when something is said, here or there. Joins timeline, outbox and line; knows neither DOM nor transport. */

import { Marks } from "./marks.mjs";
import { CLOSE, LIMITS, cleanText } from "./protocol.mjs";
import { REASONS } from "./texts.mjs";
import { Dots, Keys } from "./typing.mjs";

/** A message may be a moment behind the beat that counts it. */
const HOLE_SECONDS = 2;
const ACK_SECONDS = 20;
/** What the server closes on when it cannot bear what we sent. */
const OFFENDED = new Set([CLOSE.malformed, CLOSE.tooLarge, CLOSE.hardLimit]);

/** Where a human has the floor, or is awaited: there typing is worth telling. */
const HUMAN = new Set(["waiting", "agent"]);

/**
 * @typedef {{timeline: import("./timeline.mjs").Timeline, outbox: import("./outbox.mjs").Outbox, clock: import("./clock.mjs").Clock,
 *   newId: () => string, onChange: () => void, onArrival: (message: import("./protocol.mjs").Message) => void}} Options
 */

export class Conversation {
  #options;
  #line = null;
  #keys;
  #marks;
  /** By how many milliseconds the server's clock is ahead of ours. */
  #ahead = 0;
  #cancelHold = () => {};

  /** @param {Options} options */
  constructor(options) {
    this.#options = options;
    /** @type {import("./protocol.mjs").Floor|null} */
    this.floor = null;
    /** @type {"connecting"|"ready"|"away"|"stopped"} */
    this.state = "connecting";
    this.limits = LIMITS;
    /** Whether the history has been here once. */
    this.loaded = false;
    /** The visitor wants to end it, and the server has not said that it has. */
    this.ending = false;
    this.dots = new Dots(options.clock, options.onChange);
    this.#keys = new Keys(options.clock, (on) => this.#tellTyping(on));
    this.#marks = new Marks(options.clock, (mark) => this.#line.tell({ type: "mark", ...mark }));
    for (const item of options.outbox.items) options.timeline.echo(item);
  }

  /** @param {import("./line.mjs").Line} line */
  use(line) {
    this.#line = line;
  }

  entries() {
    return this.#options.timeline.entries();
  }

  /** What the server's clock says; a visitor's may be wrong by days. */
  now() {
    return new Date(this.#options.clock.now() + this.#ahead);
  }

  cursor() {
    const { last, epoch } = this.#options.timeline;
    return { last, epoch };
  }

  /**
   * @param {string} typed
   * @param {{button?: {message: string, index: number}, files?: object[], answer?: object}=} more the button of a bot's message `typed` is the
   *   label of, files that were uploaded, or what is filled into a control
   */
  say(typed, { button, files, answer } = {}) {
    const { timeline, outbox, newId, onChange } = this.#options;
    const text = cleanText(typed);
    if (!text && !files?.length) return;
    const item = { cid: newId(), text, at: this.now().toISOString(), button, files, answer };
    outbox.add(item);
    timeline.echo(item);
    this.#keys.sent();
    this.#line.wake();
    this.#pump();
    onChange();
  }

  retry(key) {
    const failed = this.#options.timeline.retry(key);
    if (failed?.id) this.#tryAgain(failed.id);
    else if (failed) this.say(failed.text, failed);
    this.#options.onChange();
  }

  /** @param {boolean} any whether there are words in the field now */
  typed(any) {
    this.#keys.pressed(any);
  }

  looking(looking) {
    this.#marks.looking(looking);
  }

  /** The visitor wants no human any more. Said until it is heard. */
  end() {
    if (!this.floor?.canEnd) return;
    this.ending = true;
    this.#line.tell({ type: "end" });
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
    this.reset({ epoch: null });
    this.floorIs(null);
  }

  is(state) {
    this.state = state;
    this.#options.onChange();
  }

  ready({ epoch, floor, limits, n, now }) {
    if (now) this.#ahead = now - this.#options.clock.now();
    this.#options.timeline.epoch = epoch;
    this.floorIs(floor ?? this.floor);
    this.limits = limits ?? this.limits;
    this.loaded = true;
    this.#options.outbox.restart(n);
    this.#marks.again();
    for (const id of this.#options.timeline.trying()) this.#tryAgain(id);
    if (this.ending) this.#line.tell({ type: "end" });
    this.#pump();
  }

  message(message) {
    const { timeline, outbox } = this.#options;
    const result = timeline.apply(message);
    if (result === "hole") return this.#line.resume();
    if (message.cid) outbox.settle(message.cid);
    if (result !== "repeat") this.#marks.got(message);
    if (result === "applied") this.#arrived(message);
    this.#pump();
  }

  reset({ epoch }) {
    this.#options.timeline.reset(epoch);
    this.#marks.reset();
  }

  floorIs(floor) {
    this.floor = floor;
    this.ending &&= floor?.canEnd === true;
    this.dots.heard(floor);
  }

  ack({ cid }) {
    this.#options.outbox.settle(cid);
    this.#options.timeline.acked(cid);
    this.#pump();
  }

  nak(nak) {
    const given = this.#options.outbox.refused(nak, this.#options.clock.now());
    if (given) this.#fail(given.cid, REASONS[nak.code] ?? nak.detail);
    this.#pump();
  }

  /** The beat counts what was said; it shows a hole, or a lost message of ours, on a line that looks healthy. */
  beat({ last }) {
    const { clock, outbox, timeline } = this.#options;
    const since = outbox.waitingSince();
    if (since !== null && clock.now() - since > ACK_SECONDS * 1000) return this.#line.resume();
    if (last > timeline.last) clock.after(HOLE_SECONDS, () => last > timeline.last && this.#line.resume());
  }

  #arrived(message) {
    this.#options.onArrival(message);
    if (message.kind === "agent") this.dots.said();
  }

  #tryAgain(id) {
    this.#line.tell({ type: "retry", message: id });
  }

  #tellTyping(on) {
    if (HUMAN.has(this.floor?.mode)) this.#line.tell({ type: "typing", on });
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
  ["floor", (conversation, { floor }) => conversation.floorIs(floor)],
  ["ack", (conversation, frame) => conversation.ack(frame)],
  ["nak", (conversation, frame) => conversation.nak(frame)],
  ["beat", (conversation, frame) => conversation.beat(frame)],
]);
