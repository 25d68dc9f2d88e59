/** One WebSocket, from hello to close. It never comes back by itself: the line decides what follows. */

import { CLOSE, IN_FLIGHT, SUBPROTOCOL, asSay, readFrame } from "./protocol.mjs";

/** Until the catch-up is complete; a proxy that swallows upgrades would otherwise hold us for minutes. */
const READY_SECONDS = 10;
const MISSED_BEATS = 2.5;

/**
 * @typedef {{code: number, after: number|null}} Ending
 * @typedef {{url: string, hello: () => object, WebSocket: typeof WebSocket, clock: import("./clock.mjs").Clock,
 *   onFrame: (frame: object) => void, onClose: (ending: Ending) => void}} Options
 */

export class SocketLine {
  window = IN_FLIGHT;
  #options;
  #socket = null;
  #patience = READY_SECONDS;
  #heardAt = 0;
  #cancelWatch = () => {};
  #after = null;

  /** @param {Options} options */
  constructor(options) {
    this.#options = options;
  }

  open() {
    const { WebSocket, url, hello } = this.#options;
    this.#socket = new WebSocket(url, [SUBPROTOCOL]);
    this.#socket.onopen = () => this.#write({ type: "hello", ...hello() });
    this.#socket.onmessage = ({ data }) => this.#heard(readFrame(data));
    this.#socket.onclose = ({ code }) => this.#end(code);
    this.#watch();
  }

  /** @param {import("./outbox.mjs").Item} item */
  send(item) {
    this.#write({ type: "say", ...asSay(item) });
  }

  /** @param {{type: "retry"|"typing"|"mark"|"end"}} frame that nobody acknowledges */
  tell(frame) {
    this.#write(frame);
  }

  /** Back from sleep: a line that has been silent too long is dead, whatever the socket believes. */
  wake() {
    if (this.#silentFor() > this.#patience) this.#end(CLOSE.lost);
  }

  /** Without a word to anybody: whoever closes knows. */
  close() {
    this.#detach();
    this.#socket = null;
  }

  #heard(frame) {
    if (frame?.type === "ready") this.#patience = frame.beat * MISSED_BEATS;
    this.#watch();
    if (!frame) return;
    if (frame.type === "beat") this.#write({ type: "beat" });
    if (frame.type === "bye") this.#after = frame.after;
    else this.#options.onFrame(frame);
  }

  #watch() {
    this.#heardAt = this.#options.clock.now();
    this.#cancelWatch();
    this.#cancelWatch = this.#options.clock.after(this.#patience, () => this.#end(CLOSE.lost));
  }

  #silentFor() {
    return (this.#options.clock.now() - this.#heardAt) / 1000;
  }

  #write(frame) {
    if (this.#socket?.readyState === 1) this.#socket.send(JSON.stringify(frame));
  }

  #end(code) {
    if (!this.#socket) return;
    this.close();
    this.#options.onClose({ code, after: this.#after });
  }

  /** On a dead network the closing handshake takes a minute; nobody waits for it. */
  #detach() {
    this.#cancelWatch();
    if (!this.#socket) return;
    this.#socket.onopen = this.#socket.onmessage = this.#socket.onclose = null;
    this.#socket.close();
  }
}
