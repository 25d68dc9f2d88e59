/** The same conversation over plain HTTP: asks for events and turns the answers into the frames a socket would have brought. */

import { request } from "./http.mjs";
import { CLOSE, asSay, readFloor, readLimits, readMessage, readReceipt, readTime } from "./protocol.mjs";

const SLACK_SECONDS = 15;
/** Nobody looks at a hidden page; it asks less often. */
const HIDDEN_FACTOR = 5;

/** Nothing to hear about, and no harm when they are lost. */
const PASSING = new Set(["typing", "mark"]);

const ENDINGS = new Map([
  [401, CLOSE.token],
  [403, CLOSE.forbidden],
  [404, CLOSE.forbidden],
  [429, CLOSE.tooMany],
]);

/**
 * @typedef {{urls: Object<string, string>, token: string, tab: string, cursor: () => {last: number, epoch: number|null},
 *   wait: number, seconds: number, hidden: () => boolean, fetch: typeof fetch, clock: import("./clock.mjs").Clock,
 *   onFrame: (frame: object) => void, onClose: (ending: import("./socket.mjs").Ending) => void}} Options
 *   `wait`: seconds the server may hold an answer; `seconds`: pause between two questions
 */

export class PollingLine {
  /** One at a time: requests overtake each other. */
  window = 1;
  #options;
  #open = false;
  #ready = false;
  #asking = false;
  #cancelPause = () => {};
  #abort = new AbortController();

  /** @param {Options} options */
  constructor(options) {
    this.#options = options;
  }

  open() {
    this.#open = true;
    this.#ask();
  }

  /** @param {import("./outbox.mjs").Item} item */
  async send(item) {
    const { urls, tab } = this.#options;
    const answer = await this.#request(urls.messages, SLACK_SECONDS, { tab, ...asSay(item) });
    if (!this.#open) return;
    const receipt = readReceipt(answer.body) ?? refusal(answer, item.cid);
    if (!receipt) return this.#end(answer);
    this.#options.onFrame(receipt);
    this.wake();
  }

  /** @param {{type: "retry"|"typing"|"mark"|"end"}} frame that nobody acknowledges */
  async tell({ type, ...words }) {
    const { status, body } = await this.#request(this.#options.urls[type], SLACK_SECONDS, words);
    if (!this.#open || PASSING.has(type)) return;
    if (status !== 200 && status !== 204) return this.#end({ status, body });
    this.wake();
  }

  /** Ask now rather than after the pause. */
  wake() {
    if (this.#open && !this.#asking) this.#ask();
  }

  close() {
    this.#open = false;
    this.#cancelPause();
    this.#abort.abort();
  }

  async #ask() {
    this.#cancelPause();
    this.#asking = true;
    const answer = await this.#request(this.#question(), this.#options.wait + SLACK_SECONDS);
    this.#asking = false;
    if (!this.#open) return;
    if (answer.status !== 200 || !Array.isArray(answer.body?.messages)) return this.#end(answer);
    this.#hear(answer.body);
    if (this.#open) this.#cancelPause = this.#options.clock.after(this.#pause(answer.body), () => this.#ask());
  }

  #question() {
    const { urls, tab, cursor, wait } = this.#options;
    const { last, epoch } = cursor();
    const query = new URLSearchParams({ after: last, tab, wait: this.#ready ? wait : 0 });
    if (epoch !== null) query.set("epoch", epoch);
    return `${urls.events}?${query}`;
  }

  #pause({ more }) {
    const { wait, seconds, hidden } = this.#options;
    if (more || wait) return 0;
    return hidden() ? seconds * HIDDEN_FACTOR : seconds;
  }

  /** A page of events, as frames. */
  #hear({ epoch, last, reset, messages, floor, more, n, limits, now }) {
    const { onFrame } = this.#options;
    if (reset) onFrame({ type: "reset", epoch });
    for (const said of messages) this.#pass(readMessage(said));
    if (!more && !this.#ready) this.#beReady({ epoch, last, n, floor: readFloor(floor), limits: readLimits(limits), now: readTime(now) });
    else this.#pass(readFloor(floor) && { type: "floor", floor: readFloor(floor) });
  }

  #beReady(ready) {
    this.#ready = true;
    this.#pass({ ...ready, type: "ready", n: ready.n ?? 0 });
  }

  /** What was heard may have closed us. */
  #pass(frame) {
    if (frame && this.#open) this.#options.onFrame(frame);
  }

  async #request(url, seconds, body) {
    const { fetch, token, clock } = this.#options;
    const limit = new AbortController();
    const cancel = clock.after(seconds, () => limit.abort());
    const stop = () => limit.abort();
    this.#abort.signal.addEventListener("abort", stop);
    const answer = await request(fetch, url, { token, body, signal: limit.signal });
    cancel();
    this.#abort.signal.removeEventListener("abort", stop);
    return answer;
  }

  #end({ status, body }) {
    this.close();
    this.#options.onClose({ code: ENDINGS.get(status) ?? CLOSE.lost, after: body?.after ?? null });
  }
}

/** Sent again it would be refused again. */
function refusal({ status, body }, cid) {
  if (status !== 400 && status !== 413) return null;
  return { type: "nak", cid, code: body?.code ?? "malformed", detail: body?.detail ?? "", final: true, expect: null, after: null };
}
