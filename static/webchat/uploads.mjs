/** Files on their way to the server, before the message that carries them is said. Pure. */

import { Backoff } from "./backoff.mjs";
import { readFile, readFiles } from "./protocol.mjs";
import { TEXTS } from "./texts.mjs";

/** No byte moved for so long: the network is gone, whatever the browser believes. */
const STALL_SECONDS = 30;
const NOT_NOW = new Set([0, 401, 408, 425]);
/** The browser lost the file itself: deleted, changed, or a folder. */
export const UNREADABLE = -1;

/**
 * @typedef {{key: string, name: string, size: number, state: "waiting"|"uploading"|"done"|"failed", progress: number, reason: string,
 *   file: import("./protocol.mjs").File|null}} Upload `file`: what the server made of it
 * @typedef {{send: (blob: File, how: {onProgress: (part: number) => void, signal: AbortSignal}) => Promise<import("./http.mjs").Answer>,
 *   limits: () => import("./protocol.mjs").Limits, clock: import("./clock.mjs").Clock, random: () => number, newId: () => string,
 *   onChange: () => void, onDone: (id: string, blob: File) => void}} Options
 */

export class Uploads {
  #options;
  #backoff;

  /** @param {Options} options @param {any} done what was uploaded before the page was loaded, as it was kept */
  constructor(options, done) {
    this.#options = options;
    this.#backoff = new Backoff(options.random);
    /** @type {Upload[]} */
    this.items = readFiles(done).map((file) => ({ key: file.id, name: file.name, size: file.size, state: "done", progress: 1, reason: "", file }));
    /** Why something was not taken. */
    this.complaint = "";
  }

  get busy() {
    return this.#any("waiting") || this.#any("uploading");
  }

  get failed() {
    return this.#any("failed");
  }

  get done() {
    return this.items.map(({ file }) => file).filter(Boolean);
  }

  /** @param {File[]} blobs */
  add(blobs) {
    const problems = blobs.map((blob) => this.#problemWith(blob) || this.#begin(blob));
    this.complaint = [...new Set(problems.filter(Boolean))].join(" ");
    this.#options.onChange();
  }

  remove(key) {
    for (const item of this.items.filter((each) => each.key === key)) this.#halt(item);
    this.items = this.items.filter((item) => item.key !== key);
    this.complaint = "";
    this.#options.onChange();
  }

  /** @returns {import("./protocol.mjs").File[]} for the message that is said now */
  take() {
    const { done } = this;
    this.items = [];
    this.complaint = "";
    this.#options.onChange();
    return done;
  }

  /** There is a network again: go on at once. */
  wake() {
    for (const item of this.items) if (item.state === "waiting") this.#run(item);
  }

  /** Another session knows none of it. What the page no longer has must be attached again. */
  again() {
    this.items = this.items.filter(({ blob }) => blob);
    for (const item of this.items) if (item.state !== "failed") this.#run(item);
  }

  #any(state) {
    return this.items.some((item) => item.state === state);
  }

  #problemWith({ name, size, type }) {
    const { files, file, types } = this.#options.limits();
    if (this.items.length >= files) return TEXTS.tooMany(files);
    if (size > file) return TEXTS.tooBig(name, size, file);
    if (size === 0) return TEXTS.empty(name);
    return type && types.length && !types.includes(type) ? TEXTS.badType(name, types) : "";
  }

  #begin(blob) {
    const item = { key: this.#options.newId(), name: blob.name, size: blob.size, blob, file: null, cancel: () => {} };
    this.items.push(item);
    this.#run(item);
  }

  async #run(item) {
    this.#halt(item);
    const stop = new AbortController();
    Object.assign(item, { state: "uploading", progress: 0, reason: "", file: null, stop });
    this.#options.onChange();
    const answer = await this.#options.send(item.blob, { signal: stop.signal, onProgress: (part) => item.stop === stop && this.#moved(item, part) });
    if (item.stop !== stop) return;
    item.cancel();
    this.#ended(item, answer);
    this.#options.onChange();
  }

  #moved(item, part) {
    const { clock, onChange } = this.#options;
    item.progress = part;
    item.cancel();
    item.cancel = clock.after(STALL_SECONDS, () => item.stop.abort());
    onChange();
  }

  #ended(item, { status, body }) {
    const file = status === 201 ? readFile(body) : null;
    if (file) this.#finish(item, file);
    else if (NOT_NOW.has(status) || status >= 500 || body?.code === "rate") this.#wait(item, body?.after ?? this.#backoff.next());
    else this.#fail(item, status === UNREADABLE ? TEXTS.unreadable(item.name) : body?.detail || TEXTS.refusedFile(item.name));
  }

  #fail(item, reason) {
    Object.assign(item, { state: "failed", reason });
  }

  #finish(item, file) {
    this.#backoff.reset();
    Object.assign(item, { state: "done", progress: 1, file });
    this.#options.onDone(file.id, item.blob);
  }

  #wait(item, seconds) {
    item.state = "waiting";
    item.cancel = this.#options.clock.after(seconds, () => this.#run(item));
  }

  #halt(item) {
    item.cancel?.();
    item.stop?.abort();
    item.stop = null;
  }
}
