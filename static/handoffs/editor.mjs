// The Message Editor. Without it the form works the same: each tile shows all its fields, and lists are typed as lines.
import { drawn, readRich } from "../webchat/rich.mjs";
import { attributeList } from "./attributes.mjs";
import {
  ALONE, GOES, KEEPS_A_VALUE, OPENS, attributeFor, linesOf, readButton, readCondition, readField, writeButton, writeCondition, writeField,
} from "./lines.mjs";
import { asRows } from "./rows.mjs";
import { field, tilesOf } from "./tiles.mjs";

const told = JSON.parse(document.getElementById("editor").textContent);
const form = document.getElementById("messagetemplate_form");
const frame = document.querySelector(".stage iframe");
const status = document.getElementById("editor-status");
const unsaved = document.getElementById("unsaved");
const insert = attributeList(document.getElementById("attribute-list"));
const ids = new Map(told.messages.map(({ id, name }) => [name, id]));
const names = new Set(ids.keys());
const uploads = new WeakMap();
let ready = false;
let waiting = 0;

const goals = [["", "–"], ...told.messages.map(({ name }) => [name, name])];
const readNamed = (line) => readButton(line, names);

const BUTTON = {
  what: "button",
  most: told.most.buttons,
  columns: [
    { name: "label", label: "Label", must: true, max: 80 },
    { name: "does", label: "When pressed", kind: "select", choices: [[GOES, "goes to a message"], [OPENS, "opens a link"], [KEEPS_A_VALUE, "keeps a value"]] },
    { name: "href", label: "Link", must: true, hint: "https://www.example.com", max: 2000, shown: ({ does }) => does === OPENS },
    { name: "attribute", label: "Attribute", must: true, list: "attributes", hint: "user.plan", max: 100, shown: ({ does }) => does === KEEPS_A_VALUE },
    { name: "value", label: "Value", hint: "gold", shown: ({ does }) => does === KEEPS_A_VALUE },
    { name: "goal", label: "Message", kind: "select", choices: goals, shown: ({ does }) => does !== OPENS },
  ],
  empty: { label: "", does: GOES, goal: "", href: "", attribute: "", value: "" },
  read: readNamed,
  write: writeButton,
};
const FIELD = {
  what: "field",
  most: told.most.fields,
  columns: [
    { name: "label", label: "Label", must: true, max: 80, hint: "Your e-mail" },
    { name: "type", label: "Type", kind: "select", choices: told.types },
    { name: "attribute", label: "Kept as", must: true, list: "attributes", hint: "user.email", max: 100 },
    { name: "options", label: "Choices, one a line", kind: "area", must: true, shown: ({ type }) => type === "select" },
    { name: "required", label: "Must be filled in", kind: "check" },
  ],
  empty: { attribute: "", type: "text", label: "", required: false, options: "" },
  read: readField,
  write: writeField,
  complete: (row) => (row.label.trim() && !row.attribute.trim() ? { attribute: attributeFor(row) } : {}),
};
const CONDITION = {
  what: "condition",
  most: Infinity,
  columns: [
    { name: "attribute", label: "Attribute", must: true, list: "attributes", hint: "user.visits", max: 100 },
    { name: "operator", label: "Comparison", kind: "select", choices: told.signs },
    { name: "value", label: "Value", must: true, shown: ({ operator }) => !ALONE.includes(operator) },
  ],
  empty: { attribute: "", operator: "=", value: "" },
  read: readCondition,
  write: writeCondition,
};

// --- The preview ---------------------------------------------------------------------------------------------------------------------------

function shown(tile) {
  const value = (name) => field(tile, name)?.value ?? "";
  return {
    kind: value("kind"),
    text: value("text"),
    picture: uploads.get(tile) ?? chosenBefore(tile)?.value ?? value("picture"),
    alt_text: value("alt_text"),
    buttons: linesOf(value("buttons")).map(readNamed).map(asButton),
    fields: linesOf(value("fields")).map(readField).map((row) => ({ ...row, options: linesOf(row.options) })),
    joined_text: value("joined_text"),
  };
}

/** What came with a form that was refused: the browser does not send a file twice. */
const chosenBefore = (tile) => tile.querySelector("[name$=-picture_upload-kept]:checked");

function asButton({ label, does, goal, href, attribute, value }) {
  const leads = { leads_to: ids.get(goal) ?? null };
  if (does === OPENS) return { label, href };
  return does === KEEPS_A_VALUE ? { label, attribute, value, ...leads } : { label, ...leads };
}

function show() {
  clearTimeout(waiting);
  waiting = setTimeout(() => frame.contentWindow?.postMessage({ type: "tiles", tiles: tiles.kept().map(shown) }, location.origin), 150);
}

/** A picture shows before it is stored. */
function readPicture(tile, file) {
  uploads.delete(tile);
  if (!file?.type.startsWith("image/")) return show();
  const reader = new FileReader();
  reader.addEventListener("load", () => {
    uploads.set(tile, reader.result);
    show();
  });
  reader.readAsDataURL(file);
}

// --- What the agent will see --------------------------------------------------------------------------------------------------------------

/** Drawn by what draws an agent's own words to visitors; asked for once. */
let brief = null;

async function askForBrief() {
  const headers = { "Content-Type": "application/json", "X-CSRFToken": form.elements.csrfmiddlewaretoken.value };
  // Chatwoot draws a line there; visitors' messages know none.
  const text = told.brief.replace(/^---$/gmu, "");
  const answer = await fetch(told.draft_url, { method: "POST", headers, body: JSON.stringify({ tiles: [{ kind: "text", text }] }) });
  if (!answer.ok) throw new Error(String(answer.status));
  return readRich((await answer.json()).messages[0].rich);
}

async function showBrief(tile) {
  const place = tile.querySelector(".brief-words");
  try {
    brief ??= askForBrief();
    place.replaceChildren(...drawn(await brief));
  } catch {
    brief = null;
    place.textContent = told.brief;
  }
}

// --- The form -----------------------------------------------------------------------------------------------------------------------------

function changed() {
  if (!ready) return;
  unsaved.hidden = false;
  show();
}

function say(words) {
  status.textContent = words;
}

function dress(tile) {
  asRows(field(tile, "buttons"), BUTTON);
  asRows(field(tile, "fields"), FIELD);
  tile.querySelectorAll("textarea[name]:not([hidden])").forEach(offerAttributes);
  tile.querySelector(".brief").addEventListener("toggle", ({ target }) => target.open && showBrief(tile));
  field(tile, "picture_upload").addEventListener("change", ({ target }) => readPicture(tile, target.files[0]));
  if (field(tile, "picture_upload").files[0]) readPicture(tile, field(tile, "picture_upload").files[0]);
}

function offerAttributes(text) {
  const button = Object.assign(document.createElement("button"), { type: "button", className: "insert", textContent: "Insert attribute" });
  button.ariaHasPopup = "dialog";
  button.ariaLabel = `Insert attribute: ${(text.labels[0]?.textContent ?? "").replace(/:$/, "")}`;
  button.addEventListener("click", () => insert.openFor(text, button));
  text.after(button);
}

document.documentElement.classList.add("scripted");
asRows(form.elements.conditions, CONDITION);
const tiles = tilesOf(document.getElementById("tiles"), { kinds: told.kinds, dress, onChange: changed, say });
ready = true;

form.addEventListener("input", changed);
form.addEventListener("change", changed);
form.addEventListener("submit", (event) => {
  // The form itself is checked by the server; of the rows it would only see lines.
  const wrong = form.querySelector(".rows :invalid");
  unsaved.hidden = !wrong;
  if (!wrong) return;
  event.preventDefault();
  wrong.reportValidity();
});
addEventListener("beforeunload", (event) => {
  if (!unsaved.hidden) event.preventDefault();
});
// It cannot listen before it is ready, and may be so before or after we are.
addEventListener("message", ({ source, origin, data }) => {
  if (source === frame.contentWindow && origin === location.origin && data?.type === "ready") show();
});
// What was refused is not saved yet, either.
unsaved.hidden = !document.querySelector(".errornote");
show();
