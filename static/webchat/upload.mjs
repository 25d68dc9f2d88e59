/** One file, sent. `fetch` cannot tell how far an upload is; this older door can. */

import { UNREADABLE } from "./uploads.mjs";

/**
 * @param {string} url @param {string} token @param {File} file
 * @param {{onProgress: (part: number) => void, signal: AbortSignal}} how
 * @returns {Promise<import("./http.mjs").Answer>} status 0 when the network failed or `signal` said stop
 */
export async function upload(url, token, file, { onProgress, signal }) {
  try {
    await file.slice(0, 1).arrayBuffer();
  } catch {
    return { status: UNREADABLE, body: null };
  }
  return new Promise((resolve) => {
    const call = new XMLHttpRequest();
    call.open("POST", `${url}?name=${encodeURIComponent(file.name.toWellFormed?.() ?? file.name)}`);
    call.setRequestHeader("Authorization", `Bearer ${token}`);
    call.setRequestHeader("Content-Type", file.type || "application/octet-stream");
    call.upload.onprogress = ({ loaded, total }) => onProgress(loaded / total);
    call.onloadend = () => resolve({ status: call.status, body: parsed(call.responseText) });
    signal.addEventListener("abort", () => call.abort());
    onProgress(0);
    if (signal.aborted) resolve({ status: 0, body: null });
    else call.send(file);
  });
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
