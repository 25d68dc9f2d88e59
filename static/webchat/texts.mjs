/**
 * Every word of ours a visitor reads, in the language that is spoken: `texts/<language>.mjs` has the words, this module what they need.
 *
 * A sentence has places such as `{name}`; one that counts has a form for each of its language's plurals, chosen by `n`.
 */

/** What stands in the page itself, by the `data-text`, `data-label` or `data-hint` of its elements. */
export const PAGE = {};
/** Who answers, by the mode of the floor. */
export const FLOOR = {};
/** Why something was refused, by the code of the `nak`. What is not here is said in the server's words. */
export const REASONS = Object.create(null);
export const TEXTS = {};
/** @type {{locale: string, dir: "ltr"|"rtl"}} */
export const SPOKEN = { locale: "en", dir: "ltr" };

const MEGABYTE = 1024 * 1024;

/** What fills the places of each sentence, from what its callers know. */
const SENTENCES = {
  typing: (name) => ({ name: name ?? TEXTS.person }),
  since: (time) => ({ time }),
  used: (length, limit) => ({ length: number(length), limit: number(limit) }),
  tooLong: (over, limit) => ({ n: over, over: number(over), limit: number(limit) }),
  tooBig: (name, size, limit) => ({ name, size: TEXTS.size(size), limit: TEXTS.size(limit) }),
  badType: (name, types) => ({ name, kinds: new Intl.ListFormat(SPOKEN.locale, { type: "disjunction" }).format(kindsOf(types)) }),
  tooMany: (limit) => ({ limit: number(limit) }),
  empty: (name) => ({ name }),
  unreadable: (name) => ({ name }),
  refusedFile: (name) => ({ name }),
  remove: (name) => ({ name }),
  save: (name) => ({ name }),
  enlarge: (name) => ({ name }),
  optional: (label) => ({ label }),
  unread: (count) => ({ n: count, count: number(count) }),
};

let plurals;

/** @param {{locale: string, dir: string, page: object, floor: object, reasons: object, texts: object, kinds: object}} language */
export function use({ locale, dir, page, floor, reasons, texts, kinds }) {
  Object.assign(SPOKEN, { locale, dir, kinds });
  plurals = new Intl.PluralRules(locale);
  Object.assign(PAGE, page);
  Object.assign(REASONS, reasons);
  Object.assign(TEXTS, texts, { size, waited });
  for (const [key, places] of Object.entries(SENTENCES)) TEXTS[key] = (...given) => filled(texts[key], places(...given));
  for (const [mode, words] of Object.entries(floor)) FLOOR[mode] = (name) => filled(words, { name: name ?? TEXTS.person });
}

/** Loads a language and speaks it from now on; what is on the page already stays as it was written. */
export async function speak(language) {
  use((await import(`./texts/${language}.mjs`)).default);
}

/** Values are put in as they are: one that has braces of its own fills nothing. */
export function filled(words, values) {
  const sentence = typeof words === "string" ? words : (words[plurals.select(values.n)] ?? words.other);
  return sentence.replace(/\{(\w+)\}/g, (place, name) => values[name] ?? place);
}

export function number(value) {
  return new Intl.NumberFormat(SPOKEN.locale).format(value);
}

const amount = (unit, value) => new Intl.NumberFormat(SPOKEN.locale, { style: "unit", unit, maximumFractionDigits: 1 }).format(value);

function size(bytes) {
  return bytes < MEGABYTE ? amount("kilobyte", Math.ceil(bytes / 1024)) : amount("megabyte", Math.ceil((bytes * 10) / MEGABYTE) / 10);
}

/** Since when, and how long that is once it is worth telling. */
function waited(time, minutes) {
  return TEXTS.since(time) + (minutes ? ` · ${amount("minute", minutes)}` : "");
}

/** What may be sent, as people call it. */
function kindsOf(types) {
  const { kinds } = SPOKEN;
  return [...new Set(types.map((type) => (type === "application/pdf" ? kinds.pdf : (kinds[type.split("/")[0]] ?? kinds.document))))];
}
