/** What opens above the page. The browser keeps the focus inside, gives it back, and closes on Escape. */

import { save } from "./fileview.mjs";

/** @param {HTMLDialogElement} dialog */
export function confirmWith(dialog, onYes) {
  dialog.addEventListener("close", () => dialog.returnValue === "yes" && onYes());
  return () => {
    dialog.returnValue = "";
    dialog.showModal();
  };
}

/** @param {HTMLDialogElement} dialog with a picture and a button to save it */
export function lightbox(dialog) {
  const [picture, saver] = [dialog.querySelector("img"), dialog.querySelector(".save")];
  dialog.addEventListener("click", ({ target }) => (target === dialog || target === picture.parentElement) && dialog.close());
  return (file, src) => {
    Object.assign(picture, { src, alt: file.name });
    saver.onclick = () => save(src, file.name);
    dialog.showModal();
  };
}

/** Whether Escape is theirs. */
export function dialogIsOpen() {
  return document.querySelector("dialog[open]") !== null;
}
