import assert from "node:assert/strict";
import test from "node:test";
import { arrange } from "../../static/webchat/groups.mjs";
import { pieces } from "../../static/webchat/links.mjs";
import { floorText, troubleText } from "../../static/webchat/status.mjs";
import { Unread } from "../../static/webchat/unread.mjs";
import { memoryShelf } from "./rig.mjs";

const links = (text) => pieces(text).filter(({ href }) => href).map(({ text }) => text);

test("http and https addresses become links, and the text stays whole", () => {
  const text = "See https://a.example/x?y=1#z, or (http://b.example/(c)). Bye";
  assert.deepEqual(links(text), ["https://a.example/x?y=1#z", "http://b.example/(c)"]);
  assert.equal(pieces(text).map(({ text }) => text).join(""), text);
});

test("no other scheme becomes a link", () => {
  for (const text of ["javascript:alert(1)", "data:text/html,x", "ftp://a.example", "xhttps://a.example", "https://", "http:// a"]) assert.deepEqual(links(text), []);
});

test("an address ends where markup would begin", () => {
  assert.deepEqual(links('<a href="https://a.example/">https://b.example</a>'), ["https://a.example/", "https://b.example"]);
});

test("brackets and full stops in great numbers are read quickly", () => {
  const text = `https://a.example/${").".repeat(100_000)}x${".".repeat(100_000)}`;
  assert.equal(pieces(text).map(({ text }) => text).join(""), text);
});

test("a very long text of half addresses is read quickly", () => {
  assert.equal(pieces("https://".repeat(1000)).map(({ text }) => text).join("").length, 8000);
});

const at = (day, hour, minute = 0) => new Date(2026, 10, day, hour, minute).toISOString();
const entry = (key, kind, when, name = null) => ({ key, kind, name, at: when });
const today = new Date(2026, 10, 22, 12);

test("messages of one author within five minutes are one group", () => {
  const rows = arrange([entry("a", "bot", at(22, 10)), entry("b", "bot", at(22, 10, 3)), entry("c", "bot", at(22, 10, 9))], "Nora", null, today);
  assert.deepEqual(rows.filter(({ entry }) => entry).map(({ place }) => [place.first, place.last]), [[true, false], [false, true], [true, true]]);
});

test("two agents are two groups, and who has no name is called by what they are", () => {
  const rows = arrange([entry("a", "agent", at(22, 10), "Jane"), entry("b", "agent", at(22, 10), "Sam"), entry("c", "bot", at(22, 10)), entry("d", "visitor", at(22, 10))], "Nora", null, today);
  assert.deepEqual(rows.slice(1).map(({ place }) => [place.author, place.first]), [["Jane", true], ["Sam", true], ["Nora", true], ["You", true]]);
});

test("a day begins with its name", () => {
  const rows = arrange([entry("a", "bot", at(3, 9)), entry("b", "bot", at(21, 9)), entry("c", "bot", at(22, 9))], "Nora", null, today);
  assert.deepEqual(rows.filter(({ day }) => day).map(({ day }) => day), ["Tuesday, November 3", "Yesterday", "Today"]);
});

test("a day's name is drawn anew after midnight", () => {
  const named = (now) => arrange([entry("a", "bot", at(22, 9))], "Nora", null, now)[0];
  const [before, after] = [named(today), named(new Date(2026, 10, 23, 0, 1))];
  assert.deepEqual([before.day, after.day], ["Today", "Yesterday"]);
  assert.notEqual(before.key, after.key);
});

test("a time that cannot be read is shown without one", () => {
  assert.equal(arrange([entry("a", "bot", "")], "Nora", null, today).length, 1);
});

test("the status line says who answers", () => {
  assert.equal(floorText({ mode: "bot", name: null }), "You’re chatting with the assistant");
  assert.equal(floorText({ mode: "waiting", name: null }), "Waiting for a person…");
  assert.equal(floorText({ mode: "agent", name: "Jane" }), "Jane is here");
  assert.equal(floorText({ mode: "agent", name: null }), "A person is here");
  assert.match(floorText({ mode: "ended", name: null }), /ended/);
  assert.match(floorText({ mode: "invited", name: null }), /what it is about/);
  assert.equal(floorText(null), "");
});

test("trouble is said by its worst", () => {
  assert.equal(troubleText("ready", true), "");
  assert.equal(troubleText("away", true), "Reconnecting…");
  assert.match(troubleText("ready", false), /offline/);
  assert.match(troubleText("stopped", false), /isn’t available/);
});

test("a mark stands where what nobody has seen begins", () => {
  const said = [entry("a", "bot", at(22, 10)), entry("b", "bot", at(22, 10)), entry("c", "bot", at(22, 10))].map((each) => ({ ...each, id: each.key }));
  const rows = arrange(said, "Nora", "b", today).slice(1);
  assert.deepEqual(rows.map(({ key }) => key), ["a", "news", "b", "c"]);
  assert.equal(rows[2].place.first, true);
  assert.ok(!arrange(said, "Nora", null, today).some(({ news }) => news));
});

const heard = (kind, seq) => ({ kind, seq, id: `m${seq}` });

test("only what others said while nobody looked is unread", () => {
  const counts = [];
  const unread = new Unread(memoryShelf(), (count) => counts.push(count));
  unread.arrived(heard("agent", 1), true, 7);
  unread.looking(false);
  ["agent", "visitor", "system", "bot"].forEach((kind, index) => unread.arrived(heard(kind, index + 2), true, 7));
  unread.looking(true);
  assert.deepEqual(counts, [1, 2, 0]);
});

test("the mark stays while one looks, and goes with the visitor's words or the next leaving", () => {
  const unread = new Unread(memoryShelf(), () => {});
  unread.looking(false);
  unread.arrived(heard("agent", 4), true, 7);
  unread.arrived(heard("agent", 5), true, 7);
  unread.looking(true);
  assert.equal(unread.first, "m4");
  unread.arrived(heard("visitor", 6), true, 7);
  assert.equal(unread.first, null);
  unread.looking(false);
  unread.arrived(heard("agent", 7), true, 7);
  unread.looking(true);
  unread.looking(false);
  assert.equal(unread.first, null);
});

test("the mark stands before what was said first, whatever arrived first", () => {
  const unread = new Unread(memoryShelf(), () => {});
  unread.looking(false);
  unread.arrived({ ...heard("agent", 4), ord: 3 }, true, 7);
  unread.arrived({ ...heard("agent", 5), ord: 2 }, true, 7);
  unread.arrived({ ...heard("agent", 6), ord: 5 }, true, 7);
  assert.equal(unread.first, "m5");
});

test("after a reload what came since is unread, and what was seen is not", () => {
  const shelf = memoryShelf();
  const before = new Unread(shelf, () => {});
  before.seen({ epoch: 7, last: 3 });
  before.looking(false);
  before.seen({ epoch: 7, last: 9 });
  const counts = [];
  const after = new Unread(shelf, (count) => counts.push(count));
  after.looking(false);
  [1, 2, 3, 4, 5].forEach((seq) => after.arrived(heard("agent", seq), false, 7));
  assert.deepEqual([after.count, after.first], [2, "m4"]);
  after.arrived(heard("agent", 9), false, 8);
  assert.equal(after.count, 2);
});
