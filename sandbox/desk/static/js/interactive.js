// What a visitor was asked beyond words (choice, cards, form, article, e-mail, rating), and what they answered.

import { element } from "./dom.js";
import { leadsSomewhereSafe } from "./inline.js";

const KINDS = { input_select: choice, cards, form, article, input_email: email, input_csat: rating };
const FACES = ["😞", "😑", "😐", "😀", "😍"];

/** Null for a message of words only. */
export function drawInteractive({ content_type, content_attributes }) {
  const draw = KINDS[content_type];
  return draw ? draw(content_attributes?.items ?? [], content_attributes ?? {}) : null;
}

function choice(items, { submitted_values }) {
  const chosen = listOf(submitted_values).map((answer) => answer.value);
  return box("Choice", element("ul", { class: "options" }, ...items.map((item) => option(item, chosen.includes(item.value)))));
}

function option(item, chosen) {
  return element("li", { class: chosen ? "option chosen" : "option" }, item.title ?? item.value, chosen ? element("span", { class: "visually-hidden" }, " (chosen)") : null);
}

function cards(items) {
  return box("Cards", element("ul", { class: "cards" }, ...items.map(card)));
}

function card(item) {
  const actions = (item.actions ?? []).map((action) => element("li", { class: "option" }, action.text ?? ""));
  return element("li", { class: "card" },
    element("strong", {}, item.title ?? ""),
    item.description ? element("p", {}, item.description) : null,
    item.media_url ? element("p", { class: "soft" }, "Picture: ", web(item.media_url)) : null,
    item.link ? element("p", {}, web(item.link)) : null,
    actions.length ? element("ul", { class: "options" }, ...actions) : null);
}

function form(items, { submitted_values }) {
  const answers = new Map(listOf(submitted_values).map((answer) => [answer.name, answer.title ?? answer.value]));
  const rows = items.flatMap((item) => [
    element("dt", {}, item.label || item.name || "", item.required ? " *" : ""),
    element("dd", {}, answers.has(item.name) ? String(answers.get(item.name)) : "—"),
  ]);
  return box(answers.size ? "Form, answered" : "Form", element("dl", { class: "answers" }, ...rows));
}

function article(items) {
  return box("Article", element("ul", { class: "cards" }, ...items.map(card)));
}

function email(items, { submitted_email }) {
  return box("E-mail address", element("p", { class: submitted_email ? "" : "soft" }, submitted_email ?? "Not given yet"));
}

function rating(items, { submitted_values }) {
  const { rating: stars, feedback_message } = submitted_values?.csat_survey_response ?? {};
  if (!stars) return box("Rating", element("p", { class: "soft" }, "Not given yet"));
  return box("Rating", element("p", { class: "stars" }, `${FACES[stars - 1] ?? ""} ${stars} of 5`), feedback_message ? element("p", {}, feedback_message) : null);
}

function box(kind, ...content) {
  return element("div", { class: "interactive" }, element("p", { class: "kind" }, kind), ...content);
}

function web(address) {
  if (!leadsSomewhereSafe(address)) return element("span", {}, address);
  return element("a", { href: address, target: "_blank", rel: "noopener noreferrer nofollow" }, address);
}

function listOf(values) {
  return Array.isArray(values) ? values : [];
}
