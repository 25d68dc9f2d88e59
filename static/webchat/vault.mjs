/** The bytes of files as `blob:` addresses: fetched with the visitor's token, held while something shows them, then revoked. */

import { download } from "./http.mjs";

/** Types a browser shows without running anything. Whatever else it is called, an address in our origin must not become a page. */
const HARMLESS = /^(image\/(png|jpe?g|gif|webp|avif|bmp)|(audio|video)\/[\w.+-]+)$/i;

export class Vault {
  #options;
  /** @type {Map<string, Promise<string>>} */
  #held = new Map();

  /** @param {{url: string, token: () => Promise<string>, fetch: typeof fetch, URL: typeof URL}} options */
  constructor(options) {
    this.#options = options;
  }

  /** @param {string} id @returns {Promise<string>} rejected when the bytes cannot be had now; asking again tries again */
  address(id) {
    if (!this.#held.has(id)) this.#hold(id, this.#fetched(id));
    return this.#held.get(id);
  }

  /** What was just uploaded need not come back. */
  put(id, blob) {
    this.#hold(id, Promise.resolve(this.#asAddress(blob)));
  }

  /** @param {Set<string>} ids of all that is shown; everything else goes */
  keep(ids) {
    for (const [id, address] of this.#held) {
      if (ids.has(id)) continue;
      this.#held.delete(id);
      address.then((given) => this.#options.URL.revokeObjectURL(given), () => {});
    }
  }

  #hold(id, address) {
    this.#held.set(id, address);
    address.catch(() => this.#held.get(id) === address && this.#held.delete(id));
  }

  async #fetched(id) {
    const { url, token, fetch } = this.#options;
    return this.#asAddress(await download(fetch, `${url}/${encodeURIComponent(id)}`, await token()));
  }

  #asAddress(blob) {
    const type = HARMLESS.test(blob.type) ? blob.type : "application/octet-stream";
    return this.#options.URL.createObjectURL(blob.slice(0, blob.size, type));
  }
}

/** @returns {Set<string>} ids of every file these entries, the floor and the composer show */
export function filesOf(entries, floor, attached) {
  const ids = [floor?.photo, ...attached.map(({ id }) => id)];
  for (const { photo, files, control } of entries) ids.push(photo, ...files.map(({ id }) => id), ...(control?.cards ?? []).map(({ image }) => image));
  return new Set(ids.filter(Boolean));
}
