/** A control as real fields and buttons. Built once; what was typed stays in it, also when the answer was refused. */

import { answerText, complaints, emailComplaint } from "./controls.mjs";
import { button, link, make, showPhoto } from "./dom.mjs";
import { TEXTS } from "./texts.mjs";

const FACES = ["😞", "😕", "😐", "😊", "😄"];
const BUILDERS = { choice, cards, form, articles, email, rating };
let made = 0;

export class ControlView {
  #answered = make("p", "answered");
  #complaint = make("p", "complaint");
  #fields = make("fieldset", "fields");
  #chosen;

  /**
   * @param {import("./controls.mjs").Control} control
   * @param {{address: Function, onAnswer: (answer: import("./controls.mjs").Answer, text: string) => void, onSay: (text: string) => void}} handlers
   */
  constructor(control, handlers) {
    const answer = (given) => handlers.onAnswer(given, answerText(control, given));
    this.#complaint.role = "alert";
    this.#chosen = BUILDERS[control.kind](this.#fields, control, answer, handlers);
    this.element = make("div", `control ${control.kind}`, this.#fields, this.#answered, this.#complaint);
  }

  /** @param {{answered: string|null, complaint: string}} entry answered once, it is spent; with what, the visitor’s own message below it says */
  update({ answered, complaint }) {
    const spent = answered !== null;
    this.#fields.disabled = spent;
    this.#fields.hidden = spent && !this.#chosen;
    this.#chosen?.(answered);
    this.#answered.textContent = spent && !this.#chosen ? TEXTS.answered : "";
    if (this.#complaint.textContent !== complaint) this.#complaint.textContent = complaint;
  }
}

/** Each builder fills the fieldset; one that shows the choice itself returns how. */
function choice(fields, control, answer) {
  const chips = control.options.map(({ title, value }) => button("chip", title, () => answer({ value })));
  fields.append(make("legend", "visually-hidden", TEXTS.choices), ...chips);
  return (answered) => chips.forEach((chip) => (chip.ariaPressed = answered === null ? null : String(chip.textContent === answered)));
}

function cards(fields, control, _answer, handlers) {
  const list = make("ul", "cards", ...control.cards.map((card) => make("li", "card", ...cardParts(card, handlers))));
  list.tabIndex = 0;
  fields.append(list);
}

function cardParts({ title, description, image, actions }, handlers) {
  const picture = make("div", "card-picture");
  if (image) showPhoto(picture, image, handlers);
  const buttons = actions.map(({ text, href }) => (href ? link(href, text) : button("", text, () => handlers.onSay(text))));
  return [...(image ? [picture] : []), make("strong", "", title), make("p", "", description), ...buttons];
}

function articles(fields, control) {
  const asLink = ({ title, description, href }) => link(href, make("strong", "", title), make("span", "", description));
  fields.append(make("ul", "articles", ...control.articles.map((article) => make("li", "", asLink(article)))));
}

function email(fields, _control, answer) {
  const field = labelled({ label: TEXTS.email, type: "email", required: true });
  submitting(fields, [field], () => {
    const given = field.value();
    field.complain(emailComplaint(given));
    if (emailComplaint(given)) field.input.focus();
    else answer({ email: given });
  });
}

function form(fields, control, answer) {
  const asked = control.fields.map((field) => ({ name: field.name, ...labelled(field) }));
  const whole = make("p", "complaint");
  submitting(fields, asked, () => {
    const values = Object.fromEntries(asked.map(({ name, value }) => [name, value()]));
    const found = complaints(control, values);
    for (const { name, complain } of asked) complain(found[name] ?? "");
    whole.textContent = found[""] ?? "";
    if (Object.keys(found).length) (asked.find(({ name }) => found[name]) ?? asked[0])?.input.focus();
    else answer({ values });
  });
  fields.append(whole);
}

function rating(fields, { scale }, answer) {
  const name = `rating${(made += 1)}`;
  const inputs = TEXTS[scale].map((label, index) => Object.assign(make("input"), { type: "radio", name, value: index + 1, ariaLabel: label }));
  const marks = inputs.map((input, index) => make("label", "mark", input, make("span", "", scale === "faces" ? FACES[index] : "★")));
  const comment = labelled({ label: TEXTS.comment, type: "textarea", required: true });
  const missing = make("p", "complaint");
  const group = Object.assign(make("div", `scale ${scale}`, ...marks), { onchange: () => missing.replaceChildren() });
  const rows = make("div", "", group, missing);
  submitting(fields, [{ row: rows }, comment], () => {
    const chosen = inputs.find(({ checked }) => checked);
    missing.textContent = chosen ? "" : TEXTS.needsRating;
    if (chosen) answer({ rating: Number(chosen.value), comment: comment.value() });
    else inputs[0].focus();
  });
  fields.prepend(make("legend", "visually-hidden", TEXTS.rating));
}

/** A form of our own: the browser's messages come in its language and look, and one at a time. */
function submitting(fields, rows, onSubmit) {
  const element = make("form", "", ...rows.map(({ row }) => row), Object.assign(make("button", "submit", TEXTS.answerSend), { type: "submit" }));
  element.noValidate = true;
  element.addEventListener("submit", (event) => {
    event.preventDefault();
    onSubmit();
  });
  fields.append(element);
}

/** A field with its label, hint and complaint. */
function labelled({ label, type, required, placeholder = "", hint = "", options = [] }) {
  const id = `field${(made += 1)}`;
  const input = Object.assign(inputOf(type, options), { id, placeholder, required });
  const [told, wrong] = [make("p", "file-note", hint), make("p", "complaint")];
  Object.assign(told, { id: `${id}-hint` });
  Object.assign(wrong, { id: `${id}-wrong` });
  input.setAttribute("aria-describedby", `${told.id} ${wrong.id}`);
  const name = Object.assign(make("label", "", required ? label : TEXTS.optional(label)), { htmlFor: id });
  return {
    input,
    row: make("div", `row ${type}`, name, input, told, wrong),
    value: () => (type === "checkbox" ? (input.checked ? TEXTS.yes : "") : input.value.trim()),
    complain(problem) {
      wrong.textContent = problem;
      input.ariaInvalid = String(problem !== "");
    },
  };
}

function inputOf(type, options) {
  if (type === "textarea") return Object.assign(make("textarea"), { rows: 3 });
  if (type === "select") return make("select", "", new Option(TEXTS.choose, ""), ...options.map(({ title, value }) => new Option(title, value)));
  // A field of type "number" forgets what it cannot read; then nobody can say what is wrong with it.
  const known = type === "email" || type === "tel";
  return Object.assign(make("input"), { type: type === "number" ? "text" : type, inputMode: type === "number" ? "decimal" : "", autocomplete: known ? type : "" });
}
