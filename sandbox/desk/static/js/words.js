// How names, times and sizes are put into words.

const HUES = 8;

export function nameOf(conversation) {
  return conversation.meta.sender.name || "Visitor";
}

export function face(span, name, id) {
  span.textContent = (name.trim()[0] ?? "?").toUpperCase();
  span.dataset.hue = id % HUES;
  return span;
}

export function clock(epoch) {
  return new Date(epoch * 1000).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
}

export function day(epoch) {
  const moment = new Date(epoch * 1000);
  return isToday(moment) ? "Today" : moment.toLocaleDateString([], { weekday: "long", day: "numeric", month: "long" });
}

export function shortTime(epoch) {
  const moment = new Date(epoch * 1000);
  return isToday(moment) ? clock(epoch) : moment.toLocaleDateString([], { day: "numeric", month: "short" });
}

export function longTime(moment) {
  return new Date(moment).toLocaleString([], { weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });
}

function isToday(moment) {
  return moment.toDateString() === new Date().toDateString();
}

export function size(bytes) {
  if (bytes < 1000) return `${bytes} B`;
  return bytes < 1_000_000 ? `${Math.round(bytes / 1000)} kB` : `${(bytes / 1_000_000).toFixed(1)} MB`;
}

/** `browser_language` as people read it. */
export function label(key) {
  const words = key.replace(/[_-]+/g, " ").trim();
  return words.charAt(0).toUpperCase() + words.slice(1);
}
