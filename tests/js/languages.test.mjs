import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import test from "node:test";
import { LANGUAGES, languageOf } from "../../static/webchat/languages.mjs";
import { FLOOR, PAGE, REASONS, SPOKEN, TEXTS, filled, speak, use } from "../../static/webchat/texts.mjs";
import english from "../../static/webchat/texts/en.mjs";
import { WEBCHAT } from "./rig.mjs";

const files = readdirSync(new URL("texts/", WEBCHAT));
const all = await Promise.all(files.map(async (file) => [file.slice(0, -4), (await import(`../../static/webchat/texts/${file}`)).default]));
const others = all.filter(([language]) => language !== "en");
const PARTS = ["page", "floor", "reasons", "texts", "kinds"];
const placesOf = (words) => [...new Set(JSON.stringify(words).match(/\{\w+\}/g))].sort();

test("the nine languages are there, and no others", () => {
  assert.deepEqual(files.map((file) => file.slice(0, -4)).sort(), ["ar", "de", "en", "es", "fr", "ja", "nl", "pt", "zh"]);
  assert.deepEqual([...LANGUAGES].sort(), all.map(([language]) => language).sort());
  assert.deepEqual(all.filter(([, { dir }]) => dir === "rtl").map(([language]) => language), ["ar"]);
});

for (const [language, words] of others) {
  test(`${language}: no key is missing, none is too many, and every one has words`, () => {
    assert.equal(words.locale, language);
    for (const part of PARTS) {
      assert.deepEqual(Object.keys(words[part]), Object.keys(english[part]), part);
      for (const [key, value] of Object.entries(words[part])) {
        assert.equal(typeof value, typeof english[part][key], key);
        assert.equal(Array.isArray(value) && value.length, Array.isArray(english[part][key]) && english[part][key].length, key);
        for (const each of [value].flat().flatMap((one) => (typeof one === "object" ? Object.values(one) : one))) assert.ok(each.trim(), key);
      }
    }
  });

  test(`${language}: every sentence has the places of the English one`, () => {
    for (const part of PARTS) for (const key of Object.keys(english[part])) assert.deepEqual(placesOf(words[part][key]), placesOf(english[part][key]), key);
  });

  test(`${language}: it is a translation`, () => {
    const same = PARTS.flatMap((part) => Object.keys(english[part]).filter((key) => JSON.stringify(words[part][key]) === JSON.stringify(english[part][key])));
    assert.ok(same.length <= 7, same.join());
  });
}

test("what counts has just the forms of its language's plurals", () => {
  for (const [language, { texts }] of all) {
    const forms = new Intl.PluralRules(language).resolvedOptions().pluralCategories.sort();
    for (const key of ["unread", "tooLong"]) assert.deepEqual(Object.keys(texts[key]).sort(), forms, `${language} ${key}`);
  }
});

test("every sentence can be said in every language", async () => {
  for (const language of LANGUAGES) {
    await speak(language);
    assert.equal(SPOKEN.locale, language);
    const said = [
      TEXTS.typing(null), TEXTS.waited("10:15", 3), TEXTS.used(7999, 8000), TEXTS.tooLong(1, 8000), TEXTS.tooLong(12, 8000),
      TEXTS.tooBig("a.png", 20_000_000, 10_485_760), TEXTS.badType("a.exe", ["image/png", "application/pdf", "text/plain", "font/x"]),
      TEXTS.tooMany(5), TEXTS.empty("a"), TEXTS.unreadable("a"), TEXTS.refusedFile("a"), TEXTS.remove("a"), TEXTS.save("a"),
      TEXTS.enlarge("a"), TEXTS.optional("x"), TEXTS.unread(1), TEXTS.unread(7), ...Object.values(FLOOR).map((say) => say("Jane")),
    ];
    for (const sentence of said) assert.doesNotMatch(sentence, /[{}]|undefined|null|NaN/, language);
    assert.ok(PAGE.send && REASONS.spent);
  }
  use(english);
});

test("a name with braces fills nothing", () => {
  assert.equal(filled("{name} is here", { name: "{limit} $& $1" }), "{limit} $& $1 is here");
});

test("the scenario decides the language, else the page, else the browser", () => {
  assert.equal(languageOf("nl", ["de"]), "nl");
  assert.equal(languageOf("auto", ["de-CH", "fr"]), "de");
  assert.equal(languageOf("auto", ["", undefined, "zh-Hant-TW"]), "zh");
  assert.equal(languageOf("auto", ["PT_br"]), "pt");
  assert.equal(languageOf("auto", ["tlh", null]), "en");
  assert.equal(languageOf("../../x", []), "en");
});

test("no word is written into the page or the modules", () => {
  const html = readFileSync(new URL("../../templates/webchat/chat.html", WEBCHAT), "utf8");
  assert.doesNotMatch(html, /aria-label=|placeholder=/);
});
