/** The scenario's look on the page: one colour becomes all those that depend on it, each readable where it stands. */

const READABLE = 4.5;
const SURFACES = { light: "#ffffff", dark: "#15181f" };
const HEX = /^#[0-9a-f]{6}$/i;

const night = globalThis.matchMedia?.("(prefers-color-scheme: dark)");
const worn = new Map();
night?.addEventListener?.("change", () => worn.forEach(wear));

/**
 * Puts the look on: colours, light or dark, title and logo. May be called again with another one.
 *
 * @param {{accent?: string, on_accent?: string, scheme?: "auto"|"light"|"dark", title?: string, logo?: string|null}} look
 * @param {Document} root
 */
export function wear(look, root = document) {
  worn.set(root, look);
  const page = root.documentElement;
  const scheme = look.scheme === "light" || look.scheme === "dark" ? look.scheme : night?.matches ? "dark" : "light";
  page.dataset.scheme = scheme;
  for (const [name, value] of Object.entries(colours(look, scheme))) {
    if (value) page.style.setProperty(name, value);
    else page.style.removeProperty(name);
  }
  name(root, look);
  page.classList.add("worn");
}

/** @returns {Object<string, string>} the custom properties that a colour decides; empty ones stay the palette's */
export function colours({ accent, on_accent: onAccent }, scheme) {
  const own = HEX.test(accent ?? "");
  const strong = own ? readable(accent, SURFACES[scheme]) : "";
  return {
    "--handoff-accent": own ? accent : "",
    "--handoff-on-accent": own ? (HEX.test(onAccent ?? "") ? onAccent : best(accent)) : "",
    "--handoff-accent-strong": strong,
    "--handoff-accent-soft": own ? mixed(SURFACES[scheme], accent, scheme === "dark" ? 0.22 : 0.1) : "",
  };
}

/** The colour itself, or as little darker or lighter as it takes to be read on `surface`, and on a tint of itself. */
export function readable(colour, surface) {
  const towards = luminance(surface) > 0.5 ? "#000000" : "#ffffff";
  for (let share = 0; share < 1; share += 0.05) {
    const tried = mixed(colour, towards, share);
    if (contrast(tried, mixed(surface, colour, 0.22)) >= READABLE && contrast(tried, surface) >= READABLE) return tried;
  }
  return towards;
}

const best = (background) => (contrast(background, "#ffffff") >= contrast(background, "#000000") ? "#ffffff" : "#000000");

/** @returns {number} 1 to 21, as WCAG counts it */
export function contrast(one, other) {
  const [dark, light] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (light + 0.05) / (dark + 0.05);
}

function mixed(one, other, share) {
  const parts = bytes(one).map((byte, index) => Math.round(byte + (bytes(other)[index] - byte) * share));
  return `#${parts.map((part) => part.toString(16).padStart(2, "0")).join("")}`;
}

const bytes = (colour) => [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16));

function luminance(colour) {
  const [red, green, blue] = bytes(colour).map((byte) => (byte <= 10 ? byte / 3294.6 : ((byte / 255 + 0.055) / 1.055) ** 2.4));
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function name(root, { title, logo }) {
  const [heading, mark] = [root.getElementById("title"), root.getElementById("logo")];
  if (heading && title !== undefined && heading.textContent !== title) heading.textContent = title;
  if (!mark || mark.getAttribute("src") === (logo ?? null)) return;
  mark.hidden = !logo;
  mark.onerror = () => name(root, { logo: null });
  if (logo) mark.src = logo;
  else mark.removeAttribute("src");
}
