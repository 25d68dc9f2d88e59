/** HTTP requests with the visitor's token. */

/** @typedef {{status: number, body: any}} Answer */

/**
 * A failure of the network is an answer as well: status 0.
 *
 * @param {typeof fetch} fetch
 * @param {{token?: string, body?: object, signal?: AbortSignal}} options
 * @returns {Promise<Answer>}
 */
export async function request(fetch, url, { token, body, signal } = {}) {
  try {
    const response = await fetch(url, asInit(token, body, signal));
    return { status: response.status, body: await bodyOf(response) };
  } catch {
    return { status: 0, body: null };
  }
}

/** @returns {Promise<Blob>} rejected for any answer but the bytes */
export async function download(fetch, url, token) {
  const response = await fetch(url, asInit(token));
  if (response.status !== 200) throw new Error(`${response.status} for a file`);
  return response.blob();
}

/** No cookie ever goes along, so there is nothing a foreign page could ride on. */
function asInit(token, body, signal) {
  const headers = { Accept: "application/json" };
  if (token) headers.Authorization = `Bearer ${token}`;
  if (body) headers["Content-Type"] = "application/json";
  return { method: body ? "POST" : "GET", headers, body: body && JSON.stringify(body), signal, credentials: "omit", cache: "no-store" };
}

/** A proxy's error page is not JSON. */
async function bodyOf(response) {
  try {
    return JSON.parse(await response.text());
  } catch {
    return null;
  }
}
