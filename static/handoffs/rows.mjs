/** A field of lines as rows to fill in. The field stays, out of sight: it is what the server reads. */

import { make } from "../webchat/dom.mjs";
import { isUnderstood, linesOf } from "./lines.mjs";

const NOT_UNDERSTOOD = "This cannot be kept as it is. Leave out the signs “->”, “ = ” and “ : ”.";
let count = 0;

/**
 * `complete`: what else follows from what somebody filled in, once they went on to the next field.
 *
 * @typedef {{name: string, label: string, kind?: "select"|"check"|"area", choices?: [string, string][], list?: string, hint?: string,
 *   type?: string, must?: boolean, max?: number, shown?: (row: object) => boolean}} Column  `list`: id of a datalist
 * @typedef {{what: string, most: number, columns: Column[], empty: object, read: (line: string) => object, write: (row: object) => string,
 *   complete?: (row: object) => object}} Kind
 */

/**
 * @param {HTMLTextAreaElement} field
 * @param {Kind} kind
 */
export function asRows(field, kind) {
  const list = make("ol", "rows-list");
  const adder = Object.assign(make("button", "button plain", `Add ${kind.what}`), { type: "button" });
  const box = make("div", "rows", list, adder);
  box.role = "group";
  box.ariaLabel = field.labels[0]?.textContent.replace(/:$/, "") ?? kind.what;

  const keep = () => {
    field.value = [...list.children].map((item) => kind.write(valuesOf(item, kind))).filter(Boolean).join("\n");
    adder.hidden = list.children.length >= kind.most;
    [...list.children].forEach((item, at) => number(item, at, list.children.length, kind));
  };
  const told = () => {
    keep();
    field.dispatchEvent(new Event("input", { bubbles: true }));
  };
  const add = (row) => list.appendChild(drawn(row, kind, told));

  linesOf(field.value).forEach((line) => add(kind.read(line)));
  adder.addEventListener("click", () => {
    add(kind.empty).querySelector("input, select").focus();
    told();
  });
  list.addEventListener("input", (event) => {
    event.stopPropagation();
    told();
  });
  list.addEventListener("change", ({ target }) => {
    const item = target.closest(".row");
    for (const [name, value] of Object.entries(kind.complete?.(rawOf(item, kind)) ?? {})) offer(control(item, name), value);
    told();
  });
  field.hidden = true;
  field.after(box);
  keep();
}

function drawn(row, kind, told) {
  const item = make("li", "row", make("div", "cells", ...kind.columns.map((column) => cell(column, row))), tools(kind, told));
  arrange(item, kind);
  return item;
}

function cell(column, row) {
  const input = controlOf(column, row[column.name] ?? "");
  const id = `row-${(count += 1)}`;
  Object.assign(input, { id, placeholder: column.hint ?? "" });
  const label = Object.assign(make("label", "", column.label), { htmlFor: id });
  const box = make("div", `cell cell-${column.name}`, ...(column.kind === "check" ? [input, label] : [label, input]));
  box.dataset.column = column.name;
  return box;
}

function controlOf({ kind, choices = [], list, type = "text", max = 1000 }, value) {
  if (kind === "check") return Object.assign(make("input"), { type: "checkbox", checked: Boolean(value) });
  if (kind === "area") return Object.assign(make("textarea"), { value, rows: 3 });
  if (kind === "select") return selectOf(choices, value);
  const input = Object.assign(make("input"), { type, value, maxLength: max });
  if (list) input.setAttribute("list", list);
  return input;
}

/** What is chosen now and no longer offered stays chosen: the server says what is wrong with it. */
function selectOf(choices, value) {
  const known = choices.some(([choice]) => choice === value);
  const all = known ? choices : [...choices, [value, `${value} (there is no such)`]];
  const select = make("select", "", ...all.map(([choice, words]) => Object.assign(make("option", "", words), { value: choice })));
  select.value = value;
  return select;
}

function tools(kind, told) {
  const move = (label, step) => tool(label, step < 0 ? "up" : "down", ({ currentTarget }) => {
    const item = currentTarget.closest(".row");
    const other = step < 0 ? item.previousElementSibling : item.nextElementSibling;
    if (other) step < 0 ? item.after(other) : item.before(other);
    told();
  });
  const remove = tool(`Remove this ${kind.what}`, "cross", ({ currentTarget }) => {
    const item = currentTarget.closest(".row");
    const next = (item.nextElementSibling ?? item.previousElementSibling)?.querySelector("input, select");
    const adder = item.closest(".rows").querySelector(":scope > button");
    item.remove();
    told();
    (next ?? adder).focus();
  });
  return make("div", "row-tools", move("Move up", -1), move("Move down", 1), remove);
}

function tool(label, icon, onClick) {
  const button = Object.assign(make("button", "icon-button"), { type: "button", title: label });
  button.dataset.label = label;
  button.append(document.getElementById(`icon-${icon}`).content.cloneNode(true));
  button.addEventListener("click", onClick);
  return button;
}

/** @returns {object} of a row: what is typed in the columns that are shown, and nothing in the others */
function valuesOf(item, kind) {
  const row = rawOf(item, kind);
  const seen = Object.fromEntries(kind.columns.filter(({ shown }) => !shown || shown(row)).map(({ name }) => [name, row[name]]));
  arrange(item, kind);
  const values = { ...kind.empty, ...seen };
  const complete = kind.columns.every(({ name, must }) => !must || !(name in seen) || seen[name].trim());
  const fine = !complete || isUnderstood(values, kind.read, kind.write);
  item.querySelector("input").setCustomValidity(fine ? "" : NOT_UNDERSTOOD);
  return values;
}

function rawOf(item, kind) {
  return Object.fromEntries(kind.columns.map(({ name, kind: type }) => [name, control(item, name)[type === "check" ? "checked" : "value"]]));
}

/** What was filled in unasked is selected when somebody comes to it, so that typing replaces it. */
function offer(input, value) {
  input.value = value;
  input.addEventListener("focus", () => setTimeout(() => input.value === value && input.select()), { once: true });
}

const control = (item, name) => item.querySelector(`[data-column="${name}"] :is(input, select, textarea)`);

function arrange(item, kind) {
  const row = rawOf(item, kind);
  for (const { name, must, shown } of kind.columns) {
    const hidden = Boolean(shown) && !shown(row);
    control(item, name).closest(".cell").hidden = hidden;
    control(item, name).required = Boolean(must) && !hidden;
  }
}

function number(item, at, all, { what }) {
  const [up, down, remove] = item.querySelectorAll(".row-tools button");
  // Not disabled: a button that has the focus would lose it.
  up.ariaDisabled = String(at === 0);
  down.ariaDisabled = String(at === all - 1);
  for (const each of [up, down, remove]) each.ariaLabel = `${each.dataset.label}: ${what} ${at + 1}`;
  item.ariaLabel = `${what} ${at + 1}`;
}
