/** What was said, as a text to keep. Pure but for the saving. */

import { authorOf } from "./groups.mjs";
import { SPOKEN, TEXTS } from "./texts.mjs";

/** @param {import("./timeline.mjs").Entry[]} entries @param {string} title @param {string} botName */
export function transcript(entries, title, botName) {
  const when = new Intl.DateTimeFormat(SPOKEN.locale, { dateStyle: "medium", timeStyle: "short" });
  const said = entries.map((entry) => {
    const date = new Date(entry.at);
    const time = Number.isNaN(date.getTime()) ? "" : when.format(date);
    const author = entry.kind === "system" ? "" : authorOf(entry, botName);
    const lines = [entry.text, ...entry.files.map(({ name }) => `[${name}]`)].filter(Boolean);
    return `${[time, author].filter(Boolean).join(" · ")}\n${lines.join("\n")}`;
  });
  return `${[title, ...said].join("\n\n")}\n`;
}

/** @returns {string} a name with today's date that any system takes */
export function transcriptName(today = new Date()) {
  const date = [today.getFullYear(), today.getMonth() + 1, today.getDate()].map((part) => String(part).padStart(2, "0")).join("-");
  return `${TEXTS.transcriptName}-${date}.txt`;
}

export function saveText(text, name) {
  const href = URL.createObjectURL(new Blob([`\ufeff${text}`], { type: "text/plain;charset=utf-8" }));
  Object.assign(document.createElement("a"), { href, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(href), 60_000);
}
