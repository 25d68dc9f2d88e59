/** The same conversation over plain HTTP: asks for events and turns the answers into the frames a socket would have brought. */

import { request } from "./http.mjs";
import { CLOSE, TEXT_LIMIT, readFloor, readMessage, readReceipt } from "./protocol.mjs";

const SLACK_SECONDS = 15;
/** Nobody looks at a hidden page; it asks less often. */
const HIDDEN_FACTOR = 5;

const ENDINGS = new Map([
  [401, CLOSE.token],
  [403, CLOSE.forbidden],
  [404, CLOSE.forbidden],
  [429, CLOSE.tooMany],
]);

/**
 * @typedef {{urls: {events: string, messages: string, retry: string}, token: string, tab: string, cursor: () => {last: number, epoch: number|null},
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
  async send({ cid, n, text, button }) {
    const { urls, tab } = this.#options;
    const answer = await this.#request(urls.messages, SLACK_SECONDS, { cid, tab, n, text, button });
    if (!this.#open) return;
    const receipt = readReceipt(answer.body) ?? refusal(answer, cid);
    if (!receipt) return this.#end(answer);
    this.#options.onFrame(receipt);
    this.wake();
  }

  /** @param {string} id of a message of one's own that was not delivered */
  async retry(id) {
    const answer = await this.#request(this.#options.urls.retry, SLACK_SECONDS, { message: id });
    if (!this.#open) return;
    if (answer.status !== 200) return this.#end(answer);
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
    this.#tell(answer.body);
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
  #tell({ epoch, last, reset, messages, floor, more, n }) {
    const { onFrame } = this.#options;
    if (reset) onFrame({ type: "reset", epoch });
    for (const said of messages) this.#pass(readMessage(said));
    if (!more && !this.#ready) this.#beReady({ epoch, last, n, floor: readFloor(floor) });
    else this.#pass(readFloor(floor) && { type: "floor", floor: readFloor(floor) });
  }

  #beReady({ epoch, last, n, floor }) {
    this.#ready = true;
    this.#pass({ type: "ready", epoch, last, n: n ?? 0, floor, limit: TEXT_LIMIT });
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
