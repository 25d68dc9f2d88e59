/** What the website around us says of its visitor, passed on once there is a conversation to keep it in, and again for another one. */

/** What would be refused again. */
const FINAL = new Set([400, 403, 413, 422]);

export class Telling {
  #options;
  #told = new Map();
  #owed = new Set();

  /**
   * @param {{post: (what: string, body: object) => Promise<import("./http.mjs").Answer>, onKept: (what: string, body: object|null) => void,
   *   onProblem: (words: string) => void, onOther: () => void}} options `onOther`: the conversation here is somebody else's
   */
  constructor(options) {
    this.#options = options;
  }

  /** @param {"identify"|"attributes"} what */
  told(what, given) {
    if (given === null || typeof given !== "object") return this.#options.onProblem(`${what}: an object is expected.`);
    this.#told.set(what, what === "identify" ? claim(given) : { attributes: given });
    this.#owed.add(what);
  }

  /** A new conversation knows none of it. */
  again() {
    for (const what of this.#told.keys()) this.#owed.add(what);
  }

  /** In this order: who it is decides whose attributes they are. What the network loses is told with the next line. */
  async pass() {
    for (const what of ["identify", "attributes"]) {
      if (!this.#owed.delete(what)) continue;
      const { status, body } = await this.#options.post(what, this.#told.get(what));
      if (status === 409) return this.#other();
      if (FINAL.has(status)) this.#options.onProblem(body?.detail ?? `${what} was refused.`);
      else if (status >= 200 && status < 300) this.#options.onKept(what, body);
      else this.#owed.add(what);
    }
  }

  #other() {
    this.again();
    this.#options.onOther();
  }
}

const claim = ({ id, name, email, hash }) => ({ id, name, email, hash });
