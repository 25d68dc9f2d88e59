/** Who the visitor is: an opaque token for this scenario, shared by the tabs of this browser. */

import { request } from "./http.mjs";

/**
 * @typedef {{token: string, websockets: boolean, pollSeconds: number}} Access
 * @typedef {{scenario: string, url: string, store: {read: Function, write: Function}, fetch: typeof fetch, locks?: LockManager,
 *   websockets: boolean, about?: object}} Options `about`: where the visitor is, for whom it is new; `websockets` is what the page says, for when the token is older than the page
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

  /** @param {Options} options */
  constructor(options) {
    this.#options = options;
    this.#key = `handoff:${options.scenario}`;
  }

  /** @returns {Promise<Access>} the one we hold, else a new one; throws SessionRefused */
  open() {
    return this.#alone(async () => this.#held() ?? this.#begin());
  }

  /** The server does not know `refused` any more. Another tab may have noticed first: then its token is the new one. */
  renew(refused) {
    return this.#alone(async () => {
      const held = this.#held();
      return held && held.token !== refused ? held : this.#begin();
    });
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

  async #begin() {
    const { fetch, url, scenario, about } = this.#options;
    const answer = await request(fetch, url, { body: { scenario, ...about }, signal: AbortSignal.timeout?.(PATIENCE) });
    if (answer.status !== 201 || !answer.body?.token) throw new SessionRefused(answer);
    const { token, websockets, poll_seconds: pollSeconds } = answer.body;
    this.#options.websockets = websockets !== false;
    this.#options.store.write(this.#key, { token, pollSeconds });
    return { token, pollSeconds, websockets: websockets !== false };
  }
}
