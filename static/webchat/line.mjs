/**
 * The line to the server: which door, and what to do when it shuts.
 *
 * A WebSocket where the scenario wants one. After two that never became ready: long polling, and another WebSocket every minute or two. A
 * poll that fails as well says that the server was away, not that WebSockets are blocked, so the next try is a WebSocket again.
 */

import { Backoff } from "./backoff.mjs";
import { CLOSE } from "./protocol.mjs";
import { SessionRefused } from "./session.mjs";

const STABLE_SECONDS = 60;
const UPGRADES = 2;
const RETRY_SECONDS = [60, 120];
const STOPPING = new Set([403, 404]);

/**
 * @typedef {import("./session.mjs").Access} Access
 * @typedef {{session: import("./session.mjs").Session, clock: import("./clock.mjs").Clock, random: () => number,
 *   openSocket: (access: Access, heard: object) => object, openPolling: (access: Access, heard: object) => object,
 *   onFrame: (frame: object) => void, onDown: (code: number) => void, onRenewed: () => void,
 *   onState: (state: "connecting"|"ready"|"away"|"stopped") => void}} Options
 */

export class Line {
  #options;
  #backoff;
  #door = null;
  #access = null;
  #polling = false;
  #failedUpgrades = 0;
  #readyAt = null;
  #renewed = false;
  #stopped = false;
  #cancelWait = null;
  #cancelRetry = () => {};
  #patient = false;

  /** @param {Options} options */
  constructor(options) {
    this.#options = options;
    this.#backoff = new Backoff(options.random);
  }

  get window() {
    return this.#readyAt === null ? 0 : this.#door.window;
  }

  start() {
    this.#options.onState("connecting");
    return this.#connect(() => this.#options.session.open());
  }

  send(item) {
    this.#door?.send(item);
  }

  /** Lost where there is no line; whoever wants it says it again when there is one. */
  tell(frame) {
    if (this.#readyAt !== null) this.#door.tell(frame);
  }

  /** Somebody looks, speaks or has a network again: no reason to wait longer, unless the server asked us to. */
  wake() {
    if (this.#cancelWait && !this.#patient) this.#connectAfter(0);
    else this.#door?.wake();
  }

  /** Begin again from the cursor: the network changed, or something is missing. */
  resume() {
    if (!this.#door) return;
    this.#leave(CLOSE.lost);
    this.#options.onState("away");
    this.#connectAfter(this.#backoff.next());
  }

  /** Another conversation: `find` opens its session. While that fails, the old one goes on. */
  change(find) {
    this.#cancelWait?.();
    this.#cancelWait = null;
    if (this.#door) this.#leave(CLOSE.lost);
    this.#options.onState("connecting");
    return this.#connect(async () => {
      const access = await find();
      this.#options.onRenewed();
      return access;
    });
  }

  async #connect(find) {
    if (this.#stopped) return;
    try {
      this.#access = await find();
      this.#enter();
    } catch (problem) {
      if (!(problem instanceof SessionRefused)) throw problem;
      this.#refused(problem);
    }
  }

  #enter() {
    const { openSocket, openPolling } = this.#options;
    this.#polling = !this.#access.websockets || this.#failedUpgrades >= UPGRADES;
    const heard = { onFrame: (frame) => this.#heard(frame), onClose: (ending) => this.#ended(ending) };
    this.#door = (this.#polling ? openPolling : openSocket)(this.#access, heard);
    this.#door.open();
  }

  #heard(frame) {
    if (frame.type === "ready") this.#beReady();
    this.#options.onFrame(frame);
  }

  #beReady() {
    this.#readyAt = this.#options.clock.now();
    this.#renewed = false;
    if (!this.#polling) this.#failedUpgrades = 0;
    else if (this.#access.websockets) this.#retryUpgradeLater();
    this.#options.onState("ready");
  }

  #retryUpgradeLater() {
    this.#cancelRetry = this.#options.clock.after(this.#backoff.between(...RETRY_SECONDS), () => {
      this.#failedUpgrades = UPGRADES - 1;
      this.#leave(CLOSE.lost);
      this.#connectAfter(0);
    });
  }

  /** @param {import("./socket.mjs").Ending} ending */
  #ended({ code, after }) {
    const wasReady = this.#leave(code);
    this.#countUpgrade(wasReady, code);
    if (code === CLOSE.token && !this.#renewed) return this.#renew();
    if (code === CLOSE.forbidden) return this.#stop();
    this.#options.onState("away");
    this.#connectAfter(this.#pause(code, after), code === CLOSE.tooMany);
  }

  #leave(code) {
    const wasReady = this.#readyAt !== null;
    if (wasReady && this.#options.clock.now() - this.#readyAt >= STABLE_SECONDS * 1000) this.#backoff.reset();
    this.#cancelRetry();
    this.#door.close();
    this.#door = this.#readyAt = null;
    this.#options.onDown(code);
    return wasReady;
  }

  /** Only a door that never opened says something about doors; a code of ours came through an open one. */
  #countUpgrade(wasReady, code) {
    if (this.#polling) this.#failedUpgrades = Math.min(this.#failedUpgrades, UPGRADES - 1);
    else if (!wasReady && code < 4000) this.#failedUpgrades += 1;
  }

  #pause(code, after) {
    if (code === CLOSE.restart) return this.#backoff.afterRestart(after);
    if (after !== null) return this.#backoff.told(after);
    if (!this.#polling && this.#failedUpgrades === UPGRADES) return 0;
    return this.#backoff.next();
  }

  /** Once: a server that refuses the token it has just given is out of order, and asking on would be a storm. */
  #renew() {
    this.#renewed = true;
    this.#options.onRenewed();
    const refused = this.#access.token;
    return this.#connect(() => this.#options.session.renew(refused));
  }

  #refused({ status, after }) {
    if (STOPPING.has(status)) return this.#stop();
    this.#options.onState("away");
    this.#connectAfter(after === null ? this.#backoff.next() : this.#backoff.told(after), after !== null);
  }

  #stop() {
    this.#stopped = true;
    this.#options.onState("stopped");
  }

  #connectAfter(seconds, patient = false) {
    this.#cancelWait?.();
    this.#patient = patient;
    this.#cancelWait = this.#options.clock.after(seconds, () => {
      this.#cancelWait = null;
      this.#connect(() => this.#options.session.open());
    });
  }
}
