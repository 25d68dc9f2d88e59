/** The lines that say who answers and whether we are connected. */

import { showPhoto } from "./dom.mjs";
import { timeOf } from "./groups.mjs";
import { FLOOR, TEXTS } from "./texts.mjs";

/** A short cut is nobody's business. */
const QUIET_SECONDS = 1.5;
/** How often a wait is told anew. */
const TICK_SECONDS = 15;

/** @param {import("./protocol.mjs").Floor|null} floor */
export function floorText(floor) {
  return floor ? FLOOR[floor.mode](floor.name) : "";
}

/** @returns {string} since when the visitor waits and how long that is; a clock that is behind makes no wait shorter than none */
export function waitText(floor, now) {
  const began = floor?.mode === "waiting" ? Date.parse(floor.since) : NaN;
  return Number.isNaN(began) ? "" : TEXTS.waited(timeOf(floor.since), Math.max(0, Math.floor((now - began) / 60_000)));
}

/** @returns {string} what to say about the connection; nothing when it is well */
export function troubleText(state, online) {
  if (state === "stopped") return TEXTS.stopped;
  if (!online) return TEXTS.offline;
  return state === "ready" ? "" : TEXTS.reconnecting;
}

export class Status {
  #parts;
  #cancel = null;
  #cancelTick = () => {};
  #photo = null;
  #wanted = "";

  /**
   * @param {{floor: HTMLElement, wait: HTMLElement, face: HTMLElement, end: HTMLButtonElement, trouble: HTMLElement,
   *   clock: import("./clock.mjs").Clock, address: (id: string) => Promise<string>}} parts
   */
  constructor(parts) {
    this.#parts = parts;
  }

  show({ floor, state, ending }, online, mayEnd = true) {
    const { end } = this.#parts;
    if (floor) this.#floor(floor);
    this.#wait(floor);
    end.hidden = !mayEnd || !floor?.canEnd;
    end.disabled = ending;
    this.#trouble(troubleText(state, online), state === "stopped" || !online);
  }

  #floor(floor) {
    const { floor: line, face } = this.#parts;
    const text = floorText(floor);
    if (line.textContent !== text) line.textContent = text;
    line.parentElement.dataset.mode = floor.mode;
    const photo = floor.mode === "agent" ? floor.photo : null;
    if (photo === this.#photo) return;
    this.#photo = photo;
    face.replaceChildren();
    if (photo) showPhoto(face, photo, this.#parts);
  }

  /** Not in the live region: nobody wants to be told every minute that they still wait. */
  #wait(floor) {
    const { wait, clock } = this.#parts;
    this.#cancelTick();
    wait.textContent = waitText(floor, clock.now());
    if (wait.textContent) this.#cancelTick = clock.after(TICK_SECONDS, () => this.#wait(floor));
  }

  #trouble(text, atOnce) {
    if (!text || atOnce || !this.#parts.trouble.hidden) return this.#say(text);
    this.#wanted = text;
    this.#cancel ??= this.#parts.clock.after(QUIET_SECONDS, () => this.#say(this.#wanted));
  }

  #say(text) {
    this.#cancel?.();
    this.#cancel = null;
    const { trouble } = this.#parts;
    if (trouble.textContent !== text) trouble.textContent = text;
    trouble.hidden = !text;
  }
}
