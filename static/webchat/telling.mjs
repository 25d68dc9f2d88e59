/** What the website around us says of its visitor, passed on once there is a conversation to keep it in, and again for another one. */

/** What would be refused again. */
const FINAL = new Set([400, 403, 413, 422]);

/** So many attributes are taken at once. */
const MOST = 50;

export class Telling {
  #options;
  /** Who the visitor is. */
  #claim = null;
  #claimOwed = false;
  /** What they are like, and what of it this conversation was not told yet. */
  #attributes = new Map();
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
    if (what === "identify") this.#identified(claim(given));
    else for (const [path, value] of Object.entries(given)) this.#attributes.set(path, value), this.#owed.add(path);
  }

  /** What was told of somebody else is not told of this one. */
  #identified(who) {
    if (this.#claim && this.#claim.id !== who.id) for (const known of [this.#attributes, this.#owed]) known.clear();
    [this.#claim, this.#claimOwed] = [who, true];
  }

  /** A new conversation knows none of it. */
  again() {
    this.#claimOwed = this.#claim !== null;
    this.#owed = new Set(this.#attributes.keys());
  }

  /** In this order: who it is decides whose attributes they are. What the network loses is told with the next line. */
  async pass() {
    if (this.#claimOwed) {
      this.#claimOwed = false;
      const came = await this.#post("identify", this.#claim);
      if (came === "other") return this.#other();
      this.#claimOwed ||= came === "lost";
    }
    while (this.#owed.size) {
      const came = await this.#tell([...this.#owed].slice(0, MOST));
      if (came === "other") return this.#other();
      if (came === "lost") return;
    }
  }

  /** One that is refused does not take the others with it, and is forgotten. */
  async #tell(paths) {
    for (const path of paths) this.#owed.delete(path);
    const told = Object.fromEntries(paths.map((path) => [path, this.#attributes.get(path)]));
    const came = await this.#post("attributes", { attributes: told }, paths.length === 1);
    if (came === "refused" && paths.length > 1) return this.#oneByOne(paths);
    for (const path of paths) if (came === "refused") this.#attributes.delete(path);
      else if (came !== "kept") this.#owed.add(path);
    return came;
  }

  async #oneByOne(paths) {
    for (const path of paths) this.#owed.add(path);
    for (const path of paths) {
      const came = await this.#tell([path]);
      if (came === "other" || came === "lost") return came;
    }
    return "kept";
  }

  async #post(what, told, last = true) {
    const { status, body } = await this.#options.post(what, told);
    if (status === 409) return "other";
    if (FINAL.has(status)) {
      if (last) this.#options.onProblem(body?.detail ?? `${what} was refused.`);
      return "refused";
    }
    if (status < 200 || status >= 300) return "lost";
    this.#options.onKept(what, body);
    return "kept";
  }

  #other() {
    this.again();
    this.#options.onOther();
  }
}

const claim = ({ id, name, email, hash }) => ({ id, name, email, hash });
