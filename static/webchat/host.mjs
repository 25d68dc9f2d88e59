/**
 * The website around us, if there is one (static/webchat/embed.js on the other side).
 *
 * We say that we are here; with its answer it is known, and from then on only its origin is told anything and listened to. Who may embed us at
 * all is the server's frame-ancestors.
 */

export class Host {
  #window;
  #origin = null;
  #handlers;

  /**
   * @param {Window} window
   * @param {{title: string, onMet: (closable: boolean) => void, onOpen: (open: boolean, asked: boolean) => void, onTold: (what: "identify"|"attributes", given: any) => void}} handlers
   */
  constructor(window, handlers) {
    this.#window = window;
    this.#handlers = handlers;
    /** Whether there is a website around us. */
    this.around = window.parent !== window;
    if (!this.around) return;
    window.addEventListener("message", (event) => this.#heard(event));
    // To whoever it is: that the chat can be spoken to is no secret.
    window.parent.postMessage({ handoff: "ready", title: handlers.title }, "*");
  }

  close() {
    this.#tell({ handoff: "close" });
  }

  unread(count) {
    this.#tell({ handoff: "unread", given: count });
  }

  /** For those who listen with HandoffChat.on(name): that something happened, never what was said. */
  event(name, given) {
    this.#tell({ handoff: "event", name, given });
  }

  /** For the website's developer, in the console. */
  problem(words) {
    this.#tell({ handoff: "problem", name: "error", given: words });
  }

  #heard({ source, origin, data }) {
    if (source !== this.#window.parent || (this.#origin !== null && origin !== this.#origin)) return;
    const { handoff, given } = data ?? {};
    if (handoff === "identify" || handoff === "attributes") return this.#origin && this.#handlers.onTold(handoff, given);
    if (handoff !== "open" && handoff !== "closed") return;
    // Inside the page there is nothing to make small: such a place says 0, a launcher whether it was pressed.
    this.#meet(origin, given !== 0);
    this.#handlers.onOpen(handoff === "open", given === true);
  }

  #meet(origin, closable) {
    if (this.#origin !== null) return;
    this.#origin = origin;
    this.#handlers.onMet(closable);
  }

  /** A page without an origin ("null": a file, a sandbox) cannot be named as a target, so it is told nothing. */
  #tell(message) {
    if (this.#origin && this.#origin !== "null") this.#window.parent.postMessage(message, this.#origin);
  }
}
