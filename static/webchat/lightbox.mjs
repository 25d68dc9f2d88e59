/** A picture as large as the page. */

import { save } from "./fileview.mjs";

/** @param {HTMLDialogElement} dialog with a picture and a button to save it */
export function enlarge(dialog, file, src) {
  const [picture, saver] = [dialog.querySelector("img"), dialog.querySelector(".save")];
  dialog.onclick = ({ target }) => (target === dialog || target === picture.parentElement) && dialog.close();
  saver.onclick = () => save(src, file.name);
  Object.assign(picture, { src, alt: file.name });
  dialog.showModal();
}
