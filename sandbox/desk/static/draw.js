// Turns what the backend says into elements. Everything people wrote goes in as text, never as markup.

const TYPES = ["incoming", "outgoing", "activity", "template"];
const HUES = 8;

export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== null && value !== undefined) made.setAttribute(name, value);
  }
  made.append(...children);
  return made;
}

export function nameOf(conversation) {
  return conversation.meta.sender.name || "Visitor";
}

export function face(span, name, id) {
  span.textContent = (name.trim()[0] ?? "?").toUpperCase();
  span.dataset.hue = id % HUES;
  return span;
}

export function time(epoch) {
  const moment = new Date(epoch * 1000);
  const today = moment.toDateString() === new Date().toDateString();
  return moment.toLocaleString([], today ? { hour: "2-digit", minute: "2-digit" } : { day: "numeric", month: "short" });
}

export function conversationItem(conversation, current) {
  const name = nameOf(conversation);
  const unread = conversation.unread_count;
  const label = unread ? `${name}, ${unread} unread` : name;
  const link = element("a", { href: `#${conversation.id}`, "aria-label": label, "aria-current": current ? "true" : null },
    face(element("span", { class: "avatar", "aria-hidden": "true" }), name, conversation.meta.sender.id),
    element("span", { class: "item-name" }, name),
    element("time", {}, time(conversation.last_activity_at)),
    element("span", { class: "item-last" }, lastLine(conversation)),
    ...(unread ? [element("span", { class: "badge" }, unread > 9 ? "9+" : String(unread))] : []));
  return element("li", {}, link);
}

function lastLine(conversation) {
  const last = conversation.last_non_activity_message;
  if (!last) return "No messages yet";
  const prefix = last.private ? "Note: " : TYPES[last.message_type] === "incoming" ? "" : `${author(last)}: `;
  return prefix + (last.content ?? "").replace(/\s+/g, " ").slice(0, 120);
}

// Only what changed is drawn anew, so that a screen reader is not read the whole log again and a selection survives.
export function drawMessages(log, messages) {
  messages.forEach((message, index) => {
    const item = messageItem(message, messages[index - 1]);
    const there = log.children[index];
    if (!there) log.append(item);
    else if (!there.isEqualNode(item)) there.replaceWith(item);
  });
  while (log.children.length > messages.length) log.lastElementChild.remove();
}

function messageItem(message, previous) {
  const type = TYPES[message.message_type];
  if (type === "activity") {
    return element("li", { class: "activity", "data-id": message.id }, element("span", {}, message.content ?? ""), element("time", {}, time(message.created_at)));
  }
  const side = type === "incoming" ? "contact" : "agent";
  const kind = message.private ? "note" : side;
  const joined = continues(message, previous) ? " joined" : "";
  const item = element("li", { class: `message ${side} ${kind}${joined}`, "data-id": message.id });
  if (!joined) item.append(element("p", { class: "from" }, author(message)));
  item.append(bubble(message), footer(message, type));
  return item;
}

function continues(message, previous) {
  return Boolean(previous) && previous.message_type === message.message_type && previous.private === message.private
    && author(previous) === author(message) && message.created_at - previous.created_at < 120;
}

function author(message) {
  const who = message.sender ? message.sender.available_name ?? message.sender.name : "Automatic";
  return message.private ? `Private note · ${who}` : who || "Visitor";
}

function bubble(message) {
  const deleted = message.content_attributes?.deleted;
  return element("p", { class: deleted ? "bubble deleted" : "bubble" }, message.content ?? "");
}

function footer(message, type) {
  const foot = element("p", { class: "foot" }, time(message.created_at));
  const error = message.content_attributes?.external_error;
  if (message.status === "failed") {
    foot.append(element("span", { class: "failed" }, ` · Not delivered${error ? `: ${error}` : ""}`));
  } else if (type !== "incoming" && !message.private) {
    foot.append(` · ${message.status}`);
  }
  return foot;
}
