// One message of the transcript.

import { drawAttachments } from "./attachments.js";
import { element, icon } from "./dom.js";
import { drawInteractive } from "./interactive.js";
import { markdown } from "./markdown.js";
import { clock, day } from "./words.js";

const TYPES = ["incoming", "outgoing", "activity", "template"];
const TOGETHER = 120; // seconds between messages that share one name
const LONG_NOTE = { letters: 500, lines: 8 };
const DELIVERY = { sent: ["check", "Sent"], delivered: ["checks", "Delivered"], read: ["checks", "Read"] };

/** The lines of a transcript: each new day, then its messages. One that goes on from the one before needs no name. */
export function linesOf(messages) {
  return messages.flatMap((message, index) => {
    const previous = messages[index - 1];
    const today = day(message.created_at);
    const isNew = !previous || day(previous.created_at) !== today;
    return [...(isNew ? [{ day: today }] : []), { message, joined: !isNew && continues(message, previous) }];
  });
}

function continues(message, previous) {
  return previous.message_type === message.message_type && previous.private === message.private
    && author(previous) === author(message) && message.created_at - previous.created_at < TOGETHER;
}

export function drawLine({ day: name, message, joined }) {
  if (name) return element("p", { class: "day" }, name);
  const type = TYPES[message.message_type];
  const drawn = type === "activity" ? activity(message) : said(message, type, joined);
  drawn.dataset.id = message.id;
  return drawn;
}

function activity(message) {
  return element("article", { class: "activity" }, element("p", {}, message.content ?? "", " ", element("time", {}, clock(message.created_at))));
}

function said(message, type, joined) {
  const kinds = ["message", type === "incoming" ? "contact" : "agent", message.private && "note", joined && "joined"];
  return element("article", { class: kinds.filter(Boolean).join(" "), "aria-label": `${author(message)}, ${clock(message.created_at)}` },
    joined ? null : element("p", { class: "from" }, message.private ? icon("lock") : null, author(message)),
    bubble(message),
    footer(message, type));
}

function author(message) {
  const who = message.sender ? message.sender.available_name ?? message.sender.name : "Automatic";
  return message.private ? `Private note · ${who}` : who || "Visitor";
}

function bubble(message) {
  if (isDeleted(message)) return element("div", { class: "bubble deleted" }, message.content ?? "");
  const words = message.content ? element("div", { class: "prose", dir: "auto" }, ...markdown(message.content)) : null;
  return element("div", { class: "bubble" },
    message.attachments?.length ? drawAttachments(message.attachments) : null,
    words && isLong(message) ? folded(words) : words,
    drawInteractive(message));
}

function isDeleted(message) {
  return Boolean(message.content_attributes?.deleted);
}

function isLong({ private: isPrivate, content }) {
  return isPrivate && (content.length > LONG_NOTE.letters || content.split("\n").length > LONG_NOTE.lines);
}

function folded(words) {
  return element("div", { class: "fold" }, words, element("button", { type: "button", class: "quiet", "aria-expanded": "false", onclick: unfold }, "Show all"));
}

/** The whole note scrolls in a frame of its own, so that the conversation below it stays in reach. */
function unfold({ currentTarget: button }) {
  const open = button.getAttribute("aria-expanded") !== "true";
  const words = button.previousElementSibling;
  button.setAttribute("aria-expanded", String(open));
  button.textContent = open ? "Show less" : "Show all";
  button.parentElement.classList.toggle("open", open);
  words.tabIndex = open ? 0 : -1;
  words.scrollTop = 0;
}

function footer(message, type) {
  const mine = type !== "incoming";
  return element("p", { class: "foot" },
    element("time", {}, clock(message.created_at)),
    delivery(message, mine),
    mine && message.status === "failed" ? act("retry", "Retry", "retry") : null,
    isDeleted(message) ? null : act("delete", "Delete message", "trash"));
}

function delivery(message, mine) {
  const error = message.content_attributes?.external_error;
  if (message.status === "failed") return element("span", { class: "failed" }, icon("alert"), `Not delivered${error ? `: ${error}` : ""}`);
  if (!mine || message.private || isDeleted(message) || !(message.status in DELIVERY)) return null;
  const [sign, words] = DELIVERY[message.status];
  return element("span", { class: "delivery", "data-status": message.status }, icon(sign), words);
}

function act(action, words, sign) {
  const shown = action === "retry" ? words : element("span", { class: "visually-hidden" }, words);
  return element("button", { type: "button", class: `quiet ${action}`, "data-action": action, title: words }, icon(sign), shown);
}
