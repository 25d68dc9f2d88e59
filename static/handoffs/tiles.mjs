/** The tiles of a message as cards: added, put in another order, copied, taken away and brought back. The form's own fields carry it all. */

import { reorderable } from "./reorder.mjs";

const PREFIX = /__prefix__/g;
/** These belong to one stored tile, not to its copy; a file cannot be set like a value. */
const OWN = ["id", "template", "position", "DELETE"];

/**
 * @param {HTMLElement} section with the list, the template of a new tile and the menu of kinds
 * @param {{kinds: Object<string, {name: string, text: string}>, dress: (tile: HTMLElement) => void, onChange: () => void, say: (words: string) => void}} told
 *   `dress` is called once for each tile there is
 */
export function tilesOf(section, { kinds, dress, onChange, say }) {
  const list = section.querySelector(".tiles");
  const blank = section.querySelector("template.new-tile");
  const total = section.querySelector(`[name=${section.dataset.prefix}-TOTAL_FORMS]`);
  const nameOf = (tile) => kinds[field(tile, "kind").value]?.name ?? "Tile";

  function add(kind, after = null) {
    const tile = copyOf(blank, total.value);
    total.value = Number(total.value) + 1;
    if (after) after.after(tile);
    else list.append(tile);
    field(tile, "kind").value = kind;
    return tile;
  }

  function ready(tile) {
    prepare(tile, kinds);
    dress(tile);
    tile.dispatchEvent(new CustomEvent("formset:added", { bubbles: true }));
  }

  function changed() {
    place(list);
    onChange();
  }

  function addNew(kind) {
    const tile = add(kind);
    ready(tile);
    changed();
    say(`${kinds[kind].name} added as the last tile.`);
    firstField(tile)?.focus();
    tile.scrollIntoView({ block: "nearest" });
  }

  function duplicate(tile) {
    const copy = add(field(tile, "kind").value, tile);
    copyValues(tile, copy);
    copyPicture(tile, copy);
    ready(copy);
    changed();
    say(`${nameOf(tile)} duplicated.`);
    firstField(copy)?.focus();
  }

  function remove(tile, away) {
    field(tile, "DELETE").checked = away;
    showRemoved(tile, nameOf(tile));
    changed();
    say(away ? `${nameOf(tile)} deleted. It can be brought back until you save.` : `${nameOf(tile)} is back.`);
    tile.querySelector(away ? ".undo" : ".handle").focus();
  }

  list.addEventListener("click", ({ target }) => {
    const tile = target.closest(".tile");
    if (target.closest(".duplicate")) duplicate(tile);
    if (target.closest(".delete-tile")) remove(tile, true);
    if (target.closest(".undo")) remove(tile, false);
  });
  section.querySelector(".kinds").addEventListener("click", ({ target }) => {
    const chosen = target.closest("[data-kind]");
    if (chosen) addNew(chosen.dataset.kind);
  });
  reorderable(list, { name: nameOf, counts: isKept, say, onMove: changed });

  if ("fresh" in section.dataset) withoutTheEmptyOne(list, total);
  inOrder(list);
  for (const tile of list.children) {
    ready(tile);
    showRemoved(tile, nameOf(tile));
  }
  place(list);
  return { kept: () => [...list.children].filter(isKept) };
}

/** @returns {HTMLInputElement|HTMLSelectElement|HTMLTextAreaElement} of a tile, by the name it has in its form */
export const field = (tile, name) => tile.querySelector(`[name$="-${name}"]`);

const isKept = (tile) => !field(tile, "DELETE").checked;

function copyOf(blank, index) {
  const tile = blank.content.firstElementChild.cloneNode(true);
  for (const part of [tile, ...tile.querySelectorAll("*")]) {
    for (const { name, value } of part.attributes) if (value.includes("__prefix__")) part.setAttribute(name, value.replace(PREFIX, index));
  }
  return tile;
}

/** Without a script there is an empty tile to fill in; here tiles are added from the menu. A form that was refused has none. */
function withoutTheEmptyOne(list, total) {
  const last = list.lastElementChild;
  if (!last || field(last, "id").value) return;
  last.remove();
  total.value = Number(total.value) - 1;
}

/** A form that was refused comes back in the order of its fields, not in that of its tiles. */
function inOrder(list) {
  const at = (tile) => (field(tile, "position").value === "" ? Infinity : Number(field(tile, "position").value));
  list.append(...[...list.children].sort((one, other) => at(one) - at(other) || 0));
}

function place(list) {
  const tiles = [...list.children];
  tiles.forEach((tile, at) => (field(tile, "position").value = at));
  const shown = tiles.filter(isKept);
  shown.forEach((tile, at) => {
    tile.querySelector(".place").textContent = shown.length > 1 ? `${at + 1} of ${shown.length}` : "";
    for (const each of tile.querySelectorAll("[data-move]")) each.ariaDisabled = String(at === (each.dataset.move < 0 ? 0 : shown.length - 1));
  });
}

function prepare(tile, kinds) {
  const { name, text } = kinds[field(tile, "kind").value] ?? { name: "Tile", text: "" };
  tile.dataset.kind = field(tile, "kind").value;
  tile.querySelector(".tile-name").textContent = name;
  for (const each of tile.querySelectorAll(".tile-tools button, .handle")) each.ariaLabel = `${each.title}: ${name}`;
  const label = tile.querySelector(".field-text label");
  if (label && text) label.textContent = `${text}:`;
}

function showRemoved(tile, name) {
  const away = !isKept(tile);
  tile.classList.toggle("removed", away);
  tile.querySelector(".tile-removed").hidden = !away;
  tile.querySelector(".tile-removed .name").textContent = name;
  // What nobody sees must not keep the form from being saved.
  for (const each of tile.querySelectorAll(".rows :is(input, select, textarea)")) each.disabled = away;
}

function copyValues(from, to) {
  for (const each of from.querySelectorAll("[name]")) {
    const name = each.name.split("-").at(-1);
    const other = field(to, name);
    if (!other || OWN.includes(name)) continue;
    if (each.type === "file") other.files = each.files;
    else other.value = each.value;
  }
}

/** A picture that came with a refused form belongs to the copy as well. */
function copyPicture(from, to) {
  const kept = from.querySelector("label.kept")?.cloneNode(true);
  if (!kept) return;
  kept.querySelector("input").name = `${field(to, "picture_upload").name}-kept`;
  field(to, "picture_upload").after(kept);
}

function firstField(tile) {
  return [...tile.querySelectorAll(".tile-body :is(input, select, textarea, button)")].find((each) => each.offsetParent !== null);
}
