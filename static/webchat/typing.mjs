/** Who is typing: what we tell about the visitor, and the dots that stand for the agent. Pure. */

const AGAIN_SECONDS = 4;
const IDLE_SECONDS = 5;
/** The most a server promises ahead. */
const DOTS_SECONDS = 8;

export class Keys {
  #clock;
  #tell;
  #toldAt = null;
  #cancelIdle = () => {};

  /** @param {import("./clock.mjs").Clock} clock @param {(on: boolean) => void} tell */
  constructor(clock, tell) {
    this.#clock = clock;
    this.#tell = tell;
  }

  /** @param {boolean} any whether there are words now */
  pressed(any) {
    this.#cancelIdle();
    if (!any) return this.#stop();
    this.#cancelIdle = this.#clock.after(IDLE_SECONDS, () => this.#stop());
    const now = this.#clock.now();
    if (this.#toldAt !== null && now - this.#toldAt < AGAIN_SECONDS * 1000) return;
    this.#toldAt = now;
    this.#tell(true);
  }

  /** Said: the server knows that the typing is over. */
  sent() {
    this.#cancelIdle();
    this.#toldAt = null;
  }

  #stop() {
    if (this.#toldAt !== null) this.#tell(false);
    this.#toldAt = null;
  }
}

export class Dots {
  #clock;
  #onChange;
  #until = null;
  #told = false;
  #cancel = () => {};

  /** @param {import("./clock.mjs").Clock} clock @param {() => void} onChange */
  constructor(clock, onChange) {
    this.#clock = clock;
    this.#onChange = onChange;
    this.on = false;
    /** Said to screen readers once until the agent's next message, however often the typing stops and goes on. */
    this.aloud = false;
  }

  /** @param {import("./protocol.mjs").Floor|null} floor polling says the same one again and again */
  heard(floor) {
    const until = floor?.typing ?? null;
    if (until === this.#until) return;
    this.#until = until;
    if (until === null) this.#hide();
    else this.#show(this.#secondsTo(until));
  }

  /** The agent's message is there. */
  said() {
    this.#told = false;
    this.#hide();
  }

  #show(seconds) {
    this.#cancel();
    this.#cancel = this.#clock.after(seconds, () => {
      this.#hide();
      this.#onChange();
    });
    if (this.on) return;
    this.on = true;
    this.aloud = !this.#told;
    this.#told = true;
  }

  #hide() {
    this.#cancel();
    this.on = this.aloud = false;
  }

  /** A time that cannot be meant tells that one of the clocks is wrong. */
  #secondsTo(until) {
    const seconds = (Date.parse(until) - this.#clock.now()) / 1000;
    return seconds > 0 && seconds <= DOTS_SECONDS ? seconds : DOTS_SECONDS;
  }
}
