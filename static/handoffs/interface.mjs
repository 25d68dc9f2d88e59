// Interface settings: shows the look while it is being chosen. Without it the form works the same, and the server checks the colours.
import { contrast } from "../webchat/theme.mjs";

const READABLE = 4.5;
const HEX = /^#[0-9a-f]{6}$/;
const OWN_BLUE = "#2757e8";

const aside = document.querySelector(".look");
const frame = aside.querySelector("iframe");
const launcher = aside.querySelector(".launcher");
const warning = aside.querySelector(".contrast");
const form = document.getElementById("interfacesettings_form");
const stored = { logo: aside.dataset.logo || null, avatar: aside.dataset.avatar || null };
const chosen = {};
const tiles = JSON.parse(aside.dataset.tiles);
const uploads = { logo: "new_logo", avatar: "new_bot_avatar" };
const refusals = { logo: "no_logo", avatar: "no_bot_avatar" };

const value = (name) => form.elements[name]?.value ?? "";
const checked = (name) => form.elements[name]?.checked ?? true;

/** As the server will read it: small letters, with the sign, three digits doubled; empty for what is no colour. */
function colour(name) {
  const typed = value(name).trim().toLowerCase().replace(/^#?/, "#");
  const whole = /^#[0-9a-f]{3}$/.test(typed) ? typed.replace(/[0-9a-f]/g, "$&$&") : typed;
  return HEX.test(whole) ? whole : "";
}

const best = (background) => (contrast(background, "#ffffff") >= contrast(background, "#000000") ? "#ffffff" : "#000000");
const isReadable = (background, text) => contrast(background, text) >= READABLE;

function onAccent(accent) {
  const wanted = colour("on_accent");
  return wanted && isReadable(accent, wanted) ? wanted : best(accent);
}

function picture(name) {
  if (form.elements[refusals[name]]?.checked) return null;
  return chosen[name] ?? kept(name) ?? stored[name];
}

/** What was chosen for a form that was refused. */
function kept(name) {
  return form.querySelector(`[name="${uploads[name]}-kept"]:checked`)?.dataset.picture;
}

function look() {
  const accent = colour("accent");
  return {
    title: value("title"),
    bot_name: value("bot_name"),
    logo: picture("logo"),
    avatar: picture("avatar"),
    accent,
    on_accent: accent ? onAccent(accent) : "",
    scheme: value("scheme"),
    launcher_text: value("launcher_text"),
    launcher_side: value("launcher_side"),
    size: value("size"),
    start: { new: value("start_new"), returning: value("start_returning"), ongoing: value("start_ongoing") },
    language: value("language"),
    consent_text: value("consent_text"),
    controls: { restart: checked("may_restart"), end: checked("may_end"), download: checked("may_download") },
    show_history: checked("show_history"),
    websockets: checked("use_websockets"),
  };
}

function show() {
  const now = look();
  frame.contentWindow?.postMessage({ type: "look", look: now }, location.origin);
  drawLauncher(now);
  warn(now);
}

/** What the scenario says first, so that there is something to see. */
function fill() {
  frame.contentWindow?.postMessage({ type: "tiles", tiles }, location.origin);
  show();
}

function drawLauncher(now) {
  launcher.classList.toggle("left", now.launcher_side === "left");
  launcher.querySelector(".words").textContent = now.launcher_text;
  launcher.style.setProperty("--launcher", now.accent || OWN_BLUE);
  launcher.style.setProperty("--on-launcher", now.on_accent || "#ffffff");
}

function warn({ accent }) {
  const wanted = colour("on_accent");
  const bad = accent && wanted && !isReadable(accent, wanted);
  const ratio = bad ? Math.floor(contrast(accent, wanted) * 10) / 10 : 0;
  const instead = bad && best(accent) === "#ffffff" ? "white" : "black";
  const words = bad
    ? `The text cannot be read on the colour: contrast ${ratio.toFixed(1)}:1, and ${READABLE}:1 is needed. Visitors see ${instead} text instead.`
    : "";
  if (warning.textContent !== words) warning.textContent = words;
  warning.hidden = !bad;
}

/** The browser's own way to pick a colour, beside the text field that it fills in. */
function addPicker(field) {
  const label = form.querySelector(`label[for="${field.id}"]`).textContent.replace(":", "");
  const picker = document.createElement("input");
  picker.type = "color";
  picker.setAttribute("aria-label", `Pick: ${label}`);
  const follow = () => (picker.value = colour(field.name) || (field.name === "accent" ? OWN_BLUE : "#ffffff"));
  picker.addEventListener("input", () => {
    field.value = picker.value;
    show();
  });
  field.addEventListener("input", follow);
  field.after(picker);
  follow();
}

/** A picture shows before it is stored. */
function readPicture(name, file) {
  delete chosen[name];
  if (!file) return show();
  const reader = new FileReader();
  reader.addEventListener("load", () => {
    chosen[name] = reader.result;
    show();
  });
  reader.readAsDataURL(file);
}

if (form) {
  form.querySelectorAll("input.colour").forEach(addPicker);
  for (const [name, field] of Object.entries(uploads)) {
    form.elements[field]?.addEventListener("change", ({ target }) => readPicture(name, target.files[0]));
  }
  form.addEventListener("input", show);
  form.addEventListener("change", show);
  // It cannot listen before it is ready, and may be so before or after we are.
  addEventListener("message", ({ source, origin, data }) => {
    if (source === frame.contentWindow && origin === location.origin && data?.type === "ready") fill();
  });
  frame.addEventListener("load", fill);
  fill();
}
