/**
 * Buttons, fields and conditions as the lines that the server reads (`handoffs/fields.py`), and as rows that people fill in. Pure.
 *
 * Every line becomes a row, also one the server would refuse: what somebody typed is never dropped.
 */

const ARROW = "->";
const LIKE_A_LINK = /^([a-z][a-z0-9+.-]*:\/\/|(?:mailto|tel|javascript|data):|\/\/|www\.)/i;
const KEEPS = /^(.*?)\s=\s+(\S+?):\s*(.*?)\s*$/;
const CONDITION = /^(\S+?)\s*(!=|=|>|<|(?<=\s)(?:contains(?=\s|$)|is not set$|is set$))\s*(.*)$/;

/** What a button does. */
export const GOES = "goes", OPENS = "opens", KEEPS_A_VALUE = "keeps";
/** These compare with nothing. */
export const ALONE = ["is set", "is not set"];

/** @returns {string[]} */
export const linesOf = (text) => text.split(/\r?\n/).map((line) => line.trim()).filter(Boolean);

/**
 * @param {string} line `Label -> Message name`, `Label -> https://…`, `Label = user.plan: gold -> Message name`
 * @param {Set<string>} names of the messages it may lead to
 * @returns {{label: string, does: string, goal: string, href: string, attribute: string, value: string}}
 */
export function readButton(line, names) {
  const at = line.lastIndexOf(ARROW);
  const words = at < 0 ? line : line.slice(0, at);
  const goal = at < 0 ? "" : line.slice(at + ARROW.length).trim();
  const none = { label: words.trim(), does: GOES, goal: "", href: "", attribute: "", value: "" };
  const kept = KEEPS.exec(words);
  if (kept) return { ...none, label: kept[1].trim(), does: KEEPS_A_VALUE, attribute: kept[2], value: kept[3].trim(), goal };
  return !names.has(goal) && LIKE_A_LINK.test(goal) ? { ...none, does: OPENS, href: goal } : { ...none, goal };
}

/** @returns {string} empty for a row in which nothing was typed */
export function writeButton({ label, does, goal, href, attribute, value }) {
  if (![label, href, attribute, value, goal].some(filled)) return "";
  if (does === OPENS) return `${label.trim()} ${ARROW} ${href.trim()}`.trim();
  if (does === GOES) return `${label.trim()} ${ARROW} ${goal}`.trim();
  const keeps = `${label.trim()} = ${attribute.trim()}: ${value.trim()}`.trim();
  // An arrow inside the label or the value must not be taken for the one that leads somewhere.
  return goal || keeps.includes(ARROW) ? `${keeps} ${ARROW} ${goal}`.trim() : keeps;
}

/**
 * @param {string} line `user.email* : email : Your e-mail`, `user.size : select : Size : Small | Large`
 * @returns {{attribute: string, type: string, label: string, required: boolean, options: string}} options: one a line
 */
export function readField(line) {
  const [name, type, label, ...options] = line.split(" : ").map((part) => part.trim());
  if (label === undefined) return { attribute: "", type: "text", label: line, required: false, options: "" };
  const choices = options.join(" : ").split("|").map((option) => option.trim()).filter(Boolean);
  return { attribute: name.replace(/\*$/, "").trim(), type, label, required: name.endsWith("*"), options: choices.join("\n") };
}

/** @returns {string} empty for a row in which nothing was typed */
export function writeField({ attribute, type, label, required, options }) {
  if (![attribute, label, options].some(filled)) return "";
  const choices = type === "select" ? linesOf(options) : [];
  const more = choices.length ? ` : ${choices.join(" | ")}` : "";
  return `${attribute.trim()}${required ? "*" : ""} : ${type} : ${label.trim()}${more}`.trim();
}

const USUAL = { email: "user.email", phone: "user.phone" };

/** @returns {string} where the answer to a question may be kept: `request.order_number` for “Order number”; empty for what has no letters */
export function attributeFor({ label, type }) {
  const plain = label.normalize("NFKD").toLowerCase().replace(/ß/g, "ss").replace(/[\u0300-\u036f]/g, "");
  const name = plain.replace(/[^a-z0-9]+/g, "_").replace(/^_+|_+$/g, "").slice(0, 40);
  return USUAL[type] ?? (/^[a-z]/.test(name) ? `request.${name}` : "");
}

/**
 * @param {string} line `user.visits > 1`, `user.email is set`
 * @returns {{attribute: string, operator: string, value: string}}
 */
export function readCondition(line) {
  const [, attribute, operator, value] = CONDITION.exec(line) ?? [line, line, "is set", ""];
  return { attribute, operator, value };
}

/** @returns {string} empty for a row in which nothing was typed */
export function writeCondition({ attribute, operator, value }) {
  if (![attribute, value].some(filled)) return "";
  return `${attribute.trim()} ${operator} ${ALONE.includes(operator) ? "" : value.trim()}`.trim();
}

/** Whether the server will read from the line what stands in the row. */
export function isUnderstood(row, read, write) {
  const again = read(write(row));
  return Object.keys(row).every((name) => String(again[name]).trim() === String(row[name]).trim());
}

const filled = (words) => words.trim() !== "";
