// What went wrong, at the foot of the page for a while.

import { $ } from "./dom.js";

const LASTS = 8_000;
let timer;

export function showProblem(text) {
  clearTimeout(timer);
  $("problem").textContent = text;
  $("problem").hidden = !text;
  if (text) timer = setTimeout(showProblem, LASTS, "");
}

/** Do it, and say so if it fails. True when it was done. */
export async function attempt(work) {
  try {
    await work();
    return true;
  } catch (error) {
    showProblem(error.message);
    return false;
  }
}
