/** Which messages belong together, and where a day begins. Pure. */

import { SPOKEN, TEXTS } from "./texts.mjs";

const GROUP_MINUTES = 5;

/**
 * @typedef {import("./timeline.mjs").Entry} Entry
 * @typedef {{key: string, day?: string, news?: boolean, entry?: Entry, place?: {first: boolean, last: boolean, author: string}}} Row
 */

/**
 * @param {Entry[]} entries
 * @param {string} botName who speaks where a bot's message names nobody
 * @param {string|null} firstNew the id of the first message that came while nobody looked
 * @returns {Row[]}
 */
export function arrange(entries, botName, firstNew, today) {
  const rows = [];
  const shown = entries.map((entry) => ({ entry, author: authorOf(entry, botName), date: new Date(entry.at) }));
  shown.forEach((one, index) => {
    const [before, after] = [shown[index - 1], shown[index + 1]];
    if (beginsDay(before, one)) rows.push(dayRow(one, today));
    const news = one.entry.id !== null && one.entry.id === firstNew;
    if (news) rows.push({ key: "news", news });
    const place = { first: news || !together(before, one), last: !together(one, after), author: one.author };
    rows.push({ key: one.entry.key, entry: one.entry, place });
  });
  return rows;
}

/** @returns {string} the time of day, or nothing for what is not a time */
export function timeOf(at) {
  const date = new Date(at);
  return Number.isNaN(date.getTime()) ? "" : new Intl.DateTimeFormat(SPOKEN.locale, { hour: "numeric", minute: "2-digit" }).format(date);
}

export function authorOf({ kind, name }, botName) {
  if (kind === "visitor") return TEXTS.you;
  return name ?? (kind === "agent" ? TEXTS.agent : botName);
}

function together(one, other) {
  if (!one || !other || beginsDay(one, other)) return false;
  const close = Math.abs(other.date - one.date) < GROUP_MINUTES * 60_000;
  return close && one.entry.kind === other.entry.kind && one.author === other.author;
}

/** A time we cannot read begins nothing. */
function beginsDay(before, { date }) {
  if (Number.isNaN(date.getTime())) return false;
  return !before || (!Number.isNaN(before.date.getTime()) && before.date.toDateString() !== date.toDateString());
}

/** Its name is part of its key: what was “Today” is “Yesterday” after midnight. */
function dayRow({ date, entry }, today) {
  const day = dayName(date, today);
  return { key: `${day} ${date.toDateString()} ${entry.key}`, day };
}

function dayName(date, today) {
  const midnight = (when) => new Date(when.getFullYear(), when.getMonth(), when.getDate());
  const days = Math.round((midnight(date) - midnight(today)) / 86_400_000);
  if (days === 0 || days === -1) return capital(new Intl.RelativeTimeFormat(SPOKEN.locale, { numeric: "auto" }).format(days, "day"));
  return new Intl.DateTimeFormat(SPOKEN.locale, { weekday: "long", day: "numeric", month: "long" }).format(date);
}

const capital = (text) => text[0].toLocaleUpperCase() + text.slice(1);
