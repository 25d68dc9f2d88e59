/** What came along with a message: pictures, players, and a card to download for everything else. */

import { button, icon, make } from "./dom.mjs";
import { TEXTS } from "./texts.mjs";

/** Larger ones are fetched when asked for: it may be a phone's money. */
const UNASKED_BYTES = 8 * 1024 * 1024;
const [WIDEST, TALLEST, THINNEST] = [240, 280, 48];

const MEDIA = new Map([["image", picture], ["audio", player], ["video", player]]);
const arrivals = new WeakMap();
let watcher;

/**
 * @param {import("./protocol.mjs").File} file
 * @param {{address: (id: string) => Promise<string>, onEnlarge: (file: object, address: string) => void}} handlers
 */
export function fileView(file, handlers) {
  if (file.state !== "ready") return card(file, file.state === "failed" ? TEXTS.notLoaded : TEXTS.loading);
  return MEDIA.has(file.kind) ? media(file, handlers) : download(file, handlers);
}

function media(file, handlers) {
  const holder = make("div", `media ${file.kind}`);
  const put = (element) => {
    holder.style.cssText = "";
    holder.replaceChildren(element);
  };
  const failed = () => put(card(file, TEXTS.notLoaded, button("again", TEXTS.again, load)));
  // A format this browser cannot show may be one that another program can.
  const unknown = () => put(download(file, handlers));
  const load = () => {
    if (!reserve(holder, file)) put(card(file, TEXTS.loading));
    handlers.address(file.id).then((src) => holder.replaceChildren(MEDIA.get(file.kind)(file, src, handlers, unknown)), failed);
  };
  if (file.size > UNASKED_BYTES) put(card(file, TEXTS.size(file.size), button("again", TEXTS.show, load)));
  else whenSeen(holder, load);
  return holder;
}

/** The place of a picture, so that the page does not jump when it comes. Of one that is a mere line its middle is shown. */
function reserve(holder, { kind, name, width, height }) {
  if (kind !== "image" || !width || !height) return false;
  const shape = Math.min(WIDEST / THINNEST, Math.max(THINNEST / TALLEST, width / height));
  holder.style.width = `${Math.max(THINNEST, Math.min(width, WIDEST, TALLEST * shape))}px`;
  holder.style.aspectRatio = shape;
  holder.replaceChildren(make("span", "visually-hidden", name, " ", TEXTS.loading));
  return true;
}

function picture(file, src, { onEnlarge }, onerror) {
  const image = Object.assign(make("img"), { src, alt: file.name, onerror });
  const opener = button("picture", "", () => onEnlarge(file, src));
  opener.ariaLabel = TEXTS.enlarge(file.name);
  opener.append(image);
  return opener;
}

function player(file, src, _handlers, onerror) {
  const element = Object.assign(make(file.kind), { src, controls: true, preload: "metadata", onerror });
  element.ariaLabel = file.name;
  return element;
}

function download(file, { address }) {
  const note = TEXTS.size(file.size);
  const opener = button("save", "", async () => {
    const told = opener.parentElement.querySelector(".file-note");
    told.textContent = TEXTS.loading;
    told.textContent = (await address(file.id).then((href) => save(href, file.name), () => false)) ? note : TEXTS.notLoaded;
  });
  opener.ariaLabel = TEXTS.save(file.name);
  opener.append(icon("icon-save"));
  const whole = card(file, note, opener);
  whole.onclick = ({ target }) => opener.contains(target) || opener.click();
  return whole;
}

export function save(href, name) {
  Object.assign(make("a"), { href, download: name }).click();
  return true;
}

function card(file, note, ...actions) {
  const told = make("span", "file-note", note);
  told.role = "status";
  return make("div", "file", icon("icon-file"), make("span", "file-text", make("bdi", "file-name", file.name), told), ...actions);
}

/** Runs once, when the element comes into sight: a long history is not fetched as a whole. */
function whenSeen(element, run) {
  watcher ??= new IntersectionObserver((changes) => changes.filter(({ isIntersecting }) => isIntersecting).forEach(({ target }) => arrived(target)));
  arrivals.set(element, run);
  watcher.observe(element);
}

function arrived(element) {
  watcher.unobserve(element);
  arrivals.get(element)();
}
