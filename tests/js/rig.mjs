/** Stand-ins for what a browser gives: time that moves when told, storage, sockets, fetch. */

import { use } from "../../static/webchat/texts.mjs";
import english from "../../static/webchat/texts/en.mjs";

// The tests read English.
use(english);

export const WEBCHAT = new URL("../../static/webchat/", import.meta.url);

export class FakeClock {
  #now = Date.UTC(2026, 10, 22, 10);
  #timers = new Set();

  now = () => this.#now;

  after = (seconds, run) => {
    const timer = { at: this.#now + seconds * 1000, run };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  };

  /** Let time pass; what is due runs in its order. */
  pass(seconds) {
    const end = this.#now + seconds * 1000;
    for (let next = this.#next(end); next; next = this.#next(end)) {
      this.#timers.delete(next);
      this.#now = Math.max(this.#now, next.at);
      next.run();
    }
    this.#now = end;
  }

  #next(end) {
    return [...this.#timers].filter((timer) => timer.at <= end).sort((a, b) => a.at - b.at)[0];
  }
}

/** Whatever was promised so far is done when this resolves. */
export const settled = () => new Promise((resolve) => setImmediate(resolve));

export function memoryShelf(value = null) {
  return { read: () => value, write: (next) => (value = structuredClone(next)) };
}

export function memoryStore() {
  const values = new Map();
  return { read: (key) => values.get(key) ?? null, write: (key, value) => values.set(key, value) };
}

export class FakeSocket {
  static opened = [];
  readyState = 0;
  sent = [];

  constructor(url, protocols) {
    Object.assign(this, { url, protocols });
    FakeSocket.opened.push(this);
  }

  accept() {
    this.readyState = 1;
    this.onopen?.();
  }

  say(frame) {
    this.onmessage?.({ data: typeof frame === "string" ? frame : JSON.stringify(frame) });
  }

  drop(code) {
    this.readyState = 3;
    this.onclose?.({ code });
  }

  send(text) {
    this.sent.push(JSON.parse(text));
  }

  close() {
    this.readyState = 3;
  }
}

/** A fetch that answers from a list, and remembers what it was asked. */
export function fakeFetch(...answers) {
  const asked = [];
  const fetch = async (url, init) => {
    asked.push({ url, ...init, body: init.body && JSON.parse(init.body) });
    const answer = answers.shift();
    if (!answer) throw new TypeError("network");
    return { status: answer[0], text: async () => (typeof answer[1] === "string" ? answer[1] : JSON.stringify(answer[1])) };
  };
  return Object.assign(fetch, { asked, answers });
}

export function message(seq, more = {}) {
  const author = { kind: "bot", name: "Nora", ...more.author };
  return { type: "message", seq, id: `m${seq}`, ord: seq, cid: null, at: "2026-11-22T10:00:00.000Z", text: `text ${seq}`, buttons: [], delivery: null, ...more, author };
}

/** As much of a document as making nodes takes; `innerHTML` and its like are not there, so using them would do nothing here. */
export class FakeElement {
  constructor(tag) {
    this.tag = tag;
    this.children = [];
  }

  append(...children) {
    this.children.push(...children);
  }

  get textContent() {
    return this.children.map((child) => child.textContent ?? child).join("");
  }
}

export const fakeDocument = { createElement: (tag) => new FakeElement(tag) };

/** The same sequence for the same seed (mulberry32). */
export function seeded(seed) {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let mixed = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
