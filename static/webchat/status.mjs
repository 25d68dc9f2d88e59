/** The lines that say who answers and whether we are connected. */

/** A short cut is nobody's business. */
const QUIET_SECONDS = 1.5;

const FLOORS = new Map([
  ["bot", () => "You're chatting with the assistant"],
  ["invited", () => "Say what it is about, and a person will join"],
  ["waiting", () => "Waiting for a person…"],
  ["agent", (name) => `${name ?? "A person"} is here`],
]);

/** @param {import("./protocol.mjs").Floor|null} floor */
export function floorText(floor) {
  return floor ? FLOORS.get(floor.mode)(floor.name) : "";
}

/** @returns {string} what to say about the connection; nothing when it is well */
export function troubleText(state, online) {
  if (state === "stopped") return "This chat isn't available any more.";
  if (!online) return "You're offline. What you write is sent as soon as you're back.";
  return state === "ready" ? "" : "Reconnecting…";
}

export class Status {
  #parts;
  #cancel = null;

  /** @param {{floor: HTMLElement, trouble: HTMLElement, clock: import("./clock.mjs").Clock}} parts */
  constructor(parts) {
    this.#parts = parts;
  }

  show({ floor, state }, online) {
    const text = floorText(floor);
    if (text) this.#parts.floor.textContent = text;
    if (floor) this.#parts.floor.dataset.mode = floor.mode;
    this.#trouble(troubleText(state, online), state === "stopped" || !online);
  }

  #trouble(text, atOnce) {
    if (!text || atOnce || !this.#parts.trouble.hidden) return this.#say(text);
    this.#wanted = text;
    this.#cancel ??= this.#parts.clock.after(QUIET_SECONDS, () => this.#say(this.#wanted));
  }

  #wanted = "";

  #say(text) {
    this.#cancel?.();
    this.#cancel = null;
    const { trouble } = this.#parts;
    if (trouble.textContent !== text) trouble.textContent = text;
    trouble.hidden = !text;
  }
}
