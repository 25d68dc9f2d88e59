/** Addresses: which may be followed, and where they are in plain text. Pure: the view makes nodes of what is found, never markup. */

const ADDRESS = /\bhttps?:\/\/[^\s<>"'`]+/giu;
const TRAILING = new Set(".,;:!?…»”’*_");

/**
 * @param {string} text
 * @returns {{text: string, href: string|null}[]} the whole text in pieces
 */
export function pieces(text) {
  const found = [];
  let from = 0;
  for (const { 0: match, index } of text.matchAll(ADDRESS)) {
    const address = withoutTail(match);
    const href = safeHref(address);
    if (!href) continue;
    if (index > from) found.push({ text: text.slice(from, index), href: null });
    found.push({ text: address, href });
    from = index + address.length;
  }
  if (from < text.length) found.push({ text: text.slice(from), href: null });
  return found;
}

/** The full stop after an address is the sentence's, and so is a bracket that was not opened inside it. */
function withoutTail(match) {
  let unopened = count(match, ")") - count(match, "(");
  let end = match.length;
  for (; end > 0; end -= 1) {
    const last = match[end - 1];
    if (last === ")" && unopened > 0) unopened -= 1;
    else if (!TRAILING.has(last)) break;
  }
  return match.slice(0, end);
}

const count = (text, character) => text.split(character).length - 1;

/** @returns {string|null} the address, if it is one a click may follow */
export function safeHref(address) {
  try {
    const url = new URL(address);
    return /^(https?|mailto|tel):$/.test(url.protocol) ? url.href : null;
  } catch {
    return null;
  }
}
