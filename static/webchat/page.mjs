/** Where the visitor is: the website around us as embed.js names it in our fragment, or else this page. Pure. */

const LONGEST_URL = 2000;
const LONGEST_TITLE = 200;

/** @param {{href: string, hash: string}} location @returns {{url: string, title: string}|undefined} */
export function pageOf({ href, hash }, title) {
  const told = new URLSearchParams(hash.slice(1));
  const url = bare(told.get("page"));
  if (url) return { url, title: (told.get("title") ?? "").slice(0, LONGEST_TITLE) };
  return { url: bare(href), title };
}

/** What follows the path may hold what is nobody's business, such as a token. */
function bare(address) {
  try {
    const { protocol, origin, pathname } = new URL(address);
    return /^https?:$/.test(protocol) ? (origin + pathname).slice(0, LONGEST_URL) : null;
  } catch {
    return null;
  }
}

/** @returns {string|null} the language of the website around us, as it says */
export function languageAround({ hash }) {
  return new URLSearchParams(hash.slice(1)).get("language");
}
