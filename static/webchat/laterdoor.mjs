/** A door to the server whose code is not here yet. What is said meanwhile the outbox has, and says when the door is ready. */

import { lazily } from "./lazy.mjs";

export class LaterDoor {
  #load;
  #door = null;
  #closed = false;

  /** @param {() => Promise<object>} load gives the door */
  constructor(load) {
    this.#load = load;
  }

  get window() {
    return this.#door?.window ?? 0;
  }

  async open() {
    const door = await lazily(this.#load);
    if (this.#closed) return;
    this.#door = door;
    door.open();
  }

  send(item) {
    this.#door?.send(item);
  }

  tell(frame) {
    this.#door?.tell(frame);
  }

  wake() {
    this.#door?.wake();
  }

  close() {
    this.#closed = true;
    this.#door?.close();
  }
}
