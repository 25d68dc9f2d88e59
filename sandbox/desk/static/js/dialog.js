// One question before something that cannot be undone.

import { $ } from "./dom.js";

/** True when the agent agreed. Escape and Cancel say no. */
export function confirmed(title, text, verb) {
  const dialog = $("confirm");
  dialog.returnValue = "";
  $("confirm-title").textContent = title;
  $("confirm-text").textContent = text;
  $("confirm-yes").textContent = verb;
  dialog.showModal();
  return new Promise((answer) => {
    dialog.addEventListener("close", () => answer(dialog.returnValue === "yes"), { once: true });
  });
}

export function wireConfirm() {
  $("confirm-yes").addEventListener("click", () => $("confirm").close("yes"));
  $("confirm-no").addEventListener("click", () => $("confirm").close(""));
}
