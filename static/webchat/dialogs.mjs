/** What opens above the page. The browser keeps the focus inside, gives it back, and closes on Escape. */

/**
 * @param {HTMLDialogElement} dialog
 * @param {{title: string, means: string, yes: string, no: string}} words
 * @returns {Promise<boolean>} whether the answer is yes
 */
export function ask(dialog, words) {
  for (const [part, said] of Object.entries(words)) dialog.querySelector(`[data-part=${part}]`).textContent = said;
  dialog.returnValue = "";
  dialog.showModal();
  return new Promise((resolve) => dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"), { once: true }));
}

/** Whether Escape is theirs. */
export function dialogIsOpen() {
  return document.querySelector("dialog[open]") !== null;
}
