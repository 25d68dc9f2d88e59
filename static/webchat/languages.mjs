/** Which language is spoken. Pure. */

export const LANGUAGES = ["en", "ar", "de", "es", "fr", "ja", "nl", "pt", "zh"];

/**
 * @param {string} fixed what the scenario says: a language, or "auto"
 * @param {(string|null|undefined)[]} wished in their order: the page's own, then the browser's
 */
export function languageOf(fixed, wished) {
  return [fixed, ...wished].map(known).find(Boolean) ?? "en";
}

const known = (tag) => LANGUAGES.find((language) => language === tag?.toLowerCase().split(/[-_]/)[0]);
