// The conversations of one status, newest first.

import { $, drawEach, element } from "./dom.js";
import { plain } from "./markdown.js";
import { face, nameOf, shortTime } from "./words.js";

const INCOMING = 0;
const EMPTY = {
  open: "No open conversations.",
  pending: "The bot has nobody to talk to.",
  snoozed: "Nothing is snoozed.",
  resolved: "Nothing resolved yet.",
};

export function drawList({ payload, meta }, status, current) {
  const focused = document.activeElement?.closest?.("#conversations a")?.getAttribute("href");
  drawEach($("conversations"), payload.map((conversation) => ({ conversation, current: conversation.id === current })), item);
  if (focused) $("conversations").querySelector(`a[href="${focused}"]`)?.focus();
  $("none").hidden = payload.length > 0;
  $("none").textContent = EMPTY[status];
  $("more").hidden = payload.length >= meta.all_count;
}

function item({ conversation, current }) {
  const name = nameOf(conversation);
  return element("li", {},
    element("a", { href: `#${conversation.id}`, "aria-current": current ? "true" : null },
      face(element("span", { class: "avatar", "aria-hidden": "true" }), name, conversation.meta.sender.id),
      element("span", { class: "item-text" },
        element("span", { class: "item-line" },
          element("span", { class: "item-name" }, name), " ",
          element("time", {}, shortTime(conversation.last_activity_at))), " ",
        element("span", { class: "item-line" },
          element("span", { class: "item-last" }, lastLine(conversation)), " ",
          badge(conversation.unread_count)), " ",
        tags(conversation))));
}

function badge(unread) {
  return unread > 0 && element("span", { class: "badge" }, unread > 9 ? "9+" : String(unread), element("span", { class: "visually-hidden" }, " unread"));
}

function lastLine(conversation) {
  const last = conversation.last_non_activity_message;
  if (!last) return "No messages yet";
  return who(last) + (plain(last.content ?? "").slice(0, 120) || (last.attachments?.length ? "📎 File" : "…"));
}

function who(message) {
  if (message.private) return "Note: ";
  return message.message_type === INCOMING ? "" : `${message.sender?.available_name ?? message.sender?.name ?? "Automatic"}: `;
}

function tags({ priority, labels, meta }) {
  const assignee = meta.assignee?.available_name ?? meta.assignee?.name;
  if (!priority && !labels.length && !assignee) return null;
  return element("span", { class: "item-tags" },
    priority ? element("span", { class: "tag priority", "data-priority": priority }, priority) : null,
    ...labels.map((label) => element("span", { class: "tag" }, label)),
    assignee ? element("span", { class: "item-assignee" }, element("span", { class: "visually-hidden" }, "assigned to "), assignee) : null);
}
