/** What the agent is told of how far the visitor got. Pure. */

const PAUSE_SECONDS = 1;

export class Marks {
  #clock;
  #tell;
  #got = 0;
  #seen = 0;
  /** The highest numbers that are an agent's, of those got and of those seen. */
  #agent = { got: 0, seen: 0 };
  #told = { got: 0, seen: 0 };
  #looking = false;
  #waiting = false;

  /** @param {import("./clock.mjs").Clock} clock @param {(mark: {got: number, seen: number}) => void} tell */
  constructor(clock, tell) {
    this.#clock = clock;
    this.#tell = tell;
  }

  /** @param {import("./protocol.mjs").Message} message applied without a hole */
  got({ seq, kind }) {
    this.#got = seq;
    if (kind === "agent") this.#agent.got = seq;
    this.#look();
  }

  looking(looking) {
    this.#looking = looking;
    this.#look();
  }

  /** A new line: what was told over the old one may not have arrived. */
  again() {
    this.#told = { got: 0, seen: 0 };
    this.#due();
  }

  /** The numbers begin anew. */
  reset() {
    this.#got = this.#seen = 0;
    this.#agent = { got: 0, seen: 0 };
    this.#told = { got: 0, seen: 0 };
  }

  #look() {
    if (this.#looking) {
      this.#seen = this.#got;
      this.#agent.seen = this.#agent.got;
    }
    this.#due();
  }

  #due() {
    const news = this.#agent.got > this.#told.got || this.#agent.seen > this.#told.seen;
    if (!news || this.#waiting) return;
    this.#waiting = true;
    this.#clock.after(PAUSE_SECONDS, () => this.#say());
  }

  /** After the pause, so that a catch-up is one mark. */
  #say() {
    this.#waiting = false;
    this.#told = { got: this.#got, seen: this.#seen };
    this.#tell(this.#told);
  }
}
