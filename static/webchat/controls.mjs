/** What an agent or the scenario asks to be filled in: reading it, checking an answer, and how the answer reads. Pure. */

import { safeHref } from "./links.mjs";
import { TEXTS } from "./texts.mjs";

const FIELDS = new Set(["text", "textarea", "email", "tel", "number", "select", "checkbox"]);
const E_MAIL = /^[^@\s]{1,64}@[^@\s]{1,255}\.[^@\s.]{1,63}$/;
const PHONE = /^\+?[0-9(][0-9 ()./-]{3,28}[0-9]$/;
const NUMBER = /^[+-]?\d{1,20}([.,]\d{1,10})?$/;

const text = (value) => (typeof value === "string" ? value : "");
const each = (value, read) => (Array.isArray(value) ? value.map(read).filter(Boolean) : []);

const READERS = new Map([
  ["choice", ({ options }) => ({ options: each(options, readOption) })],
  ["cards", ({ cards }) => ({ cards: each(cards, readCard) })],
  ["form", ({ fields }) => ({ fields: each(fields, readField) })],
  ["articles", ({ articles }) => ({ articles: each(articles, readArticle) })],
  ["email", () => ({})],
  ["rating", ({ scale }) => ({ scale: scale === "faces" ? "faces" : "stars" })],
]);

/**
 * @typedef {{kind: "choice"|"cards"|"form"|"articles"|"email"|"rating", options?: Option[], cards?: object[], fields?: Field[], articles?: object[],
 *   scale?: "stars"|"faces"}} Control
 * @typedef {{title: string, value: string}} Option
 * @typedef {{name: string, label: string, type: string, placeholder: string, required: boolean, options: Option[], hint: string}} Field
 * @typedef {{value?: string, values?: Object<string, string>, email?: string, rating?: number, comment?: string}} Answer
 */

/** @returns {Control|null} null for a kind we do not know: its text says what it is */
export function readControl(said) {
  const read = READERS.get(said?.kind);
  return read ? { kind: said.kind, ...read(said) } : null;
}

/** @returns {string} how the answer reads; the server writes the same */
export function answerText(control, { value, values, email, rating, comment }) {
  if (control.kind === "choice") return titleOf(control.options, value);
  if (control.kind === "rating") return `${"★".repeat(rating)}${"☆".repeat(5 - rating)} ${comment}`.trim();
  if (control.kind === "email") return email;
  const filled = control.fields.filter(({ name }) => values[name]);
  return filled.map(({ name, label, type, options }) => `${label}: ${type === "select" ? titleOf(options, values[name]) : values[name]}`).join("\n");
}

/** @returns {Object<string, string>} what is wrong, by name of the field; under "" what is wrong with all of it */
export function complaints({ fields }, values) {
  const found = fields.map((field) => [field.name, complaint(field, values[field.name])]).filter(([, problem]) => problem);
  if (!found.length && !Object.values(values).some(Boolean)) found.push(["", TEXTS.needsOne]);
  return Object.fromEntries(found);
}

export function emailComplaint(email) {
  return E_MAIL.test(email) ? "" : TEXTS.needsEmail;
}

function complaint({ type, required }, value) {
  if (!value) return required ? TEXTS.needed : "";
  if (type === "email") return emailComplaint(value);
  if (type === "tel") return PHONE.test(value) ? "" : TEXTS.needsPhone;
  return type === "number" && !NUMBER.test(value) ? TEXTS.needsNumber : "";
}

function titleOf(options, value) {
  return options.find((option) => option.value === value)?.title ?? value;
}

function readOption(said) {
  return text(said?.title) && { title: said.title, value: text(said.value) };
}

function readField(said) {
  if (!text(said?.name)) return null;
  const { name, label, type, placeholder, required, options, hint } = said;
  return {
    name,
    label: text(label) || name,
    type: FIELDS.has(type) ? type : "text",
    placeholder: text(placeholder),
    required: required === true,
    options: each(options, readOption),
    hint: text(hint),
  };
}

function readCard(said) {
  if (!said) return null;
  const { title, description, image, actions } = said;
  return { title: text(title), description: text(description), image: text(image) || null, actions: each(actions, readAction) };
}

function readAction(said) {
  const href = said?.kind === "link" ? safeHref(said.href) : null;
  return text(said?.text) && (href || said.kind === "reply") ? { text: said.text, href } : null;
}

function readArticle(said) {
  const href = safeHref(said?.href);
  return href && { title: text(said.title) || href, description: text(said.description), href };
}
