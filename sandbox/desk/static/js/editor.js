// The dialog in which an example becomes the message to send.

import * as chatwoot from "./chatwoot.js";
import { $, element } from "./dom.js";
import { EXAMPLES } from "./examples.js";
import { wireMenu } from "./menu.js";
import { shownId } from "./thread.js";

let kind = null;

function open(name) {
  kind = EXAMPLES[name];
  $("editor-title").textContent = kind.label;
  $("editor-content").value = kind.content;
  $("editor-items").replaceChildren(...(kind.items ?? []).map(itemFields));
  $("editor-add").hidden = !kind.items;
  $("editor-add").textContent = `Add ${kind.each?.toLowerCase()}`;
  number();
  refuse("");
  $("editor").showModal();
}

function itemFields(item) {
  const remove = (event) => {
    event.target.closest("fieldset").remove();
    number();
    $("editor-add").focus();
  };
  return element("fieldset", {},
    element("legend", {}),
    ...kind.fields.map((field) => labelled(field, item[field.key])),
    element("button", { type: "button", class: "quiet", "data-remove": true, onclick: remove }, "Remove"));
}

/** "Option 2", and whom its button removes. */
function number() {
  [...$("editor-items").children].forEach((item, index) => {
    const name = `${kind.each} ${index + 1}`;
    item.firstElementChild.textContent = name;
    item.querySelector("[data-remove]").setAttribute("aria-label", `Remove ${name.toLowerCase()}`);
  });
}

function labelled(field, value) {
  const hint = field.hint ? element("small", {}, field.hint) : null;
  return element("label", { class: field.kind === "flag" ? "flag" : "field" }, element("span", {}, field.label, hint ? " " : null, hint), CONTROLS[field.kind](field, value));
}

const CONTROLS = {
  words: ({ key }, value = "") => element("input", { "data-key": key, value, autocomplete: "off" }),
  area: ({ key }, value = "") => element("textarea", { "data-key": key, rows: "2" }, value),
  lines: ({ key, write }, value = []) => element("textarea", { "data-key": key, rows: "2" }, value.map(write).join("\n")),
  flag: ({ key }, value) => element("input", { "data-key": key, type: "checkbox", checked: Boolean(value) }),
  select: ({ key, options }, value) => element("select", { "data-key": key }, ...options.map((each) => element("option", { selected: each === value }, each))),
};

const READERS = {
  flag: (field, control) => control.checked || undefined,
  lines: ({ read }, control) => filled(control.value.split("\n").filter((line) => line.trim()).map(read)),
};

function read(field, control) {
  return READERS[field.kind] ? READERS[field.kind](field, control) : control.value.trim() || undefined;
}

function filled(list) {
  return list.length ? list : undefined;
}

function message() {
  const items = [...$("editor-items").children].map((item) =>
    Object.fromEntries(kind.fields.map((field) => [field.key, read(field, item.querySelector(`[data-key="${field.key}"]`))])));
  const content_attributes = { ...kind.attributes, ...(kind.items ? { items } : {}) };
  return { content: $("editor-content").value, content_type: kind.content_type, content_attributes, private: false };
}

async function send(event) {
  event.preventDefault();
  try {
    await chatwoot.say(shownId(), message());
    $("editor").close();
    $("text").focus();
  } catch (error) {
    refuse(error.message);
  }
}

/** Said in the dialog: what is behind it cannot be read. */
function refuse(text) {
  $("editor-problem").textContent = text;
  $("editor-problem").hidden = !text;
}

export function wireEditor() {
  $("examples").append(...Object.entries(EXAMPLES).map(([name, { label }]) =>
    element("button", { type: "button", role: "menuitem", tabindex: "-1", onclick: () => open(name) }, label)));
  wireMenu($("examples-button"), $("examples"));
  $("editor-form").addEventListener("submit", send);
  $("editor-cancel").addEventListener("click", () => $("editor").close());
  $("editor-add").addEventListener("click", () => {
    $("editor-items").append(itemFields({}));
    number();
    $("editor-items").lastElementChild.querySelector("input").focus();
  });
}
