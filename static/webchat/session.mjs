/** Who the visitor is: an opaque token for this scenario, shared by the tabs of this browser. */

import { request } from "./http.mjs";

/**
 * @typedef {{token: string, websockets: boolean, pollSeconds: number}} Access
 * @typedef {{scenario: string, url: string, store: {read: Function, write: Function}, fetch: typeof fetch, locks?: LockManager,
 *   websockets: boolean, about?: object, anew?: boolean, kept?: string, preview?: string}} Options `about`: where the visitor is, for whom it is new; `websockets` is what the
 *   page says, for when the token is older than the page; `kept`: the name it is kept by, if not the scenario's; `preview`: an admin's ticket; `anew`: the conversation of an earlier load is not gone on with, unless with humans
 */

const PATIENCE = 20_000;

export class SessionRefused extends Error {
  constructor({ status, body }) {
    super(body?.detail ?? "");
    this.status = status;
    this.after = body?.after ?? null;
  }
}

export class Session {
  #options;
  #key;
  #anew;

  /** @param {Options} options */
  constructor(options) {
    this.#options = options;
    this.#key = `handoff:${options.kept ?? options.scenario}`;
    this.#anew = options.anew === true;
  }

  /** Whether this browser has had a conversation here. */
  get isKnown() {
    return this.#held() !== null;
  }

  /** @returns {Promise<Access>} the one we hold, else a new one; throws SessionRefused */
  open() {
    return this.#alone(async () => {
      const held = this.#held();
      if (held && this.#anew && !held.humans) return this.#begin({ before: held.token });
      return held ?? this.#begin();
    });
  }

  /** The server does not know `refused` any more. Another tab may have noticed first: then its token is the new one. */
  renew(refused) {
    return this.#alone(async () => {
      const held = this.#held();
      return held && held.token !== refused ? held : this.#begin();
    });
  }

  /** A new conversation of the same visitor. */
  restart() {
    return this.#alone(() => this.#begin({ before: this.#held()?.token }));
  }

  /** A conversation of somebody else in this browser. */
  leave() {
    return this.#alone(() => this.#begin());
  }

  /** Whether humans have the floor or are awaited: then something may come while nobody asks for it. */
  withHumans(humans) {
    const held = this.#options.store.read(this.#key);
    if (held?.token && (held.humans ?? false) !== humans) this.#options.store.write(this.#key, { ...held, humans });
  }

  /** Two tabs opened at once must not become two visitors. Plain http has no locks, a frame without storage may not use them: the later one wins. */
  async #alone(task) {
    let entered = false;
    const enter = () => {
      entered = true;
      return task();
    };
    try {
      return await (this.#options.locks?.request(this.#key, enter) ?? enter());
    } catch (error) {
      if (entered) throw error;
      return task();
    }
  }

  #held() {
    const held = this.#options.store.read(this.#key);
    return held?.token ? { websockets: this.#options.websockets, ...held } : null;
  }

  async #begin(more) {
    const { fetch, url, scenario, preview, about } = this.#options;
    const answer = await request(fetch, url, { body: { scenario, preview, ...about, ...more }, signal: AbortSignal.timeout?.(PATIENCE) });
    if (answer.status !== 201 || !answer.body?.token) throw new SessionRefused(answer);
    this.#anew = false;
    const { token, websockets, poll_seconds: pollSeconds } = answer.body;
    this.#options.websockets = websockets !== false;
    this.#options.store.write(this.#key, { token, pollSeconds });
    return { token, pollSeconds, websockets: websockets !== false };
  }
}
