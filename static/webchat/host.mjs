/**
 * The website around us, if there is one (static/webchat/embed.js on the other side).
 *
 * It speaks first; from then on only its origin is answered and listened to. Who may embed us at all is the server's frame-ancestors.
 */

export class Host {
  #window;
  #origin = null;
  #handlers;

  /** @param {Window} window @param {{onMet: () => void, onOpen: (open: boolean) => void}} handlers */
  constructor(window, handlers) {
    this.#window = window;
    this.#handlers = handlers;
    if (window.parent !== window) window.addEventListener("message", (event) => this.#heard(event));
  }

  close() {
    this.#tell({ handoff: "close" });
  }

  unread(count) {
    this.#tell({ handoff: "unread", count });
  }

  #heard({ source, origin, data }) {
    if (source !== this.#window.parent || (this.#origin !== null && origin !== this.#origin)) return;
    if (data?.handoff !== "open" && data?.handoff !== "closed") return;
    this.#meet(origin);
    this.#handlers.onOpen(data.handoff === "open");
  }

  #meet(origin) {
    if (this.#origin !== null) return;
    this.#origin = origin;
    this.#tell({ handoff: "ready" });
    this.#handlers.onMet();
  }

  /** A page without an origin ("null": a file, a sandbox) cannot be named as a target, so it is told nothing. */
  #tell(message) {
    if (this.#origin && this.#origin !== "null") this.#window.parent.postMessage(message, this.#origin);
  }
}
