import assert from "node:assert/strict";
import test, { beforeEach } from "node:test";
import { Composer } from "../../static/webchat/composer.mjs";
import { memoryShelf } from "./rig.mjs";

const classes = () => ({ on: new Set(), toggle(name, on) { this.on[on ? "add" : "delete"](name); } });

/** As much of an element as the composer touches. */
function element(more) {
  return Object.assign(new EventTarget(), { classList: classes(), style: {}, scrollHeight: 0, textContent: "", focus() {}, ...more });
}

let parts, said, typed, composer;

function begin(draft, more = {}) {
  [said, typed] = [[], []];
  const uploads = { items: [], complaint: "", done: [], busy: false, failed: false, take: () => (uploads.items = []) && uploads.done };
  parts = { form: element(), field: element({ value: "" }), hint: element(), uploads, draft: draft ?? memoryShelf() };
  parts.form.requestSubmit = submit;
  composer = new Composer({ ...parts, onSend: (text, files) => said.push([text, files.length]), onTyping: (any) => typed.push(any), ...more });
}

beforeEach(() => begin());

const submit = () => parts.form.dispatchEvent(new Event("submit", { cancelable: true }));
const held = () => parts.form.classList.on.has("held");

function write(text) {
  parts.field.value = text;
  parts.field.dispatchEvent(new Event("input"));
}

function upload(more) {
  Object.assign(parts.uploads, { items: [{}], busy: true, done: [] }, more);
  composer.refresh();
}

test("what was typed before we were here is kept, and a draft does not take its place", () => {
  const shelf = memoryShelf();
  shelf.write({ text: "a draft", files: [] });
  begin(shelf);
  assert.equal(parts.field.value, "a draft");
  new Composer({ ...parts, field: Object.assign(parts.field, { value: "early words" }), onSend() {}, onTyping() {} });
  assert.equal(parts.field.value, "early words");
});

test("what stood in the way is forgotten once the chat has begun", () => {
  begin(undefined, { mayBegin: () => "Please agree first." });
  write("hello");
  submit();
  assert.match(parts.hint.textContent, /agree/);
  composer.begun();
  assert.equal(parts.hint.textContent, "");
});

test("words are sent trimmed, and the field is free", () => {
  write(" hi ");
  submit();
  assert.deepEqual([said, parts.field.value, typed], [[["hi", 0]], "", [true]]);
});

test("a message waits for its uploads and then goes by itself, once", () => {
  upload();
  write("look");
  submit();
  assert.deepEqual([said, held(), parts.field.readOnly], [[], true, true]);
  upload({ busy: false, done: [{ id: "f" }] });
  composer.refresh();
  assert.deepEqual([said, held(), parts.field.readOnly], [[["look", 1]], false, false]);
});

test("files alone are a message", () => {
  upload({ busy: false, done: [{ id: "f" }] });
  submit();
  assert.deepEqual(said, [["", 1]]);
});

test("a held message is given back: pressed again, a file removed, an upload refused", () => {
  const undo = [submit, () => upload({ items: [], busy: false }), () => upload({ busy: false, failed: true })];
  for (const giveBack of undo) {
    begin();
    upload();
    write("look");
    submit();
    giveBack();
    assert.deepEqual([said, held(), parts.field.value], [[], false, "look"]);
  }
});

test("nothing goes while a file in the list cannot be sent, and the hint says so", () => {
  write("look");
  upload({ busy: false, failed: true });
  submit();
  assert.deepEqual([said, parts.hint.textContent], [[], "Please remove the file that can’t be sent."]);
});

test("what was begun is there again after a reload", () => {
  write("half a tho");
  begin(parts.draft);
  assert.equal(parts.field.value, "half a tho");
  submit();
  begin(parts.draft);
  assert.equal(parts.field.value, "");
});

test("a text that is too long stays, with how to make it fit", () => {
  composer.limit = 3;
  write("four");
  submit();
  assert.deepEqual([said, parts.field.value], [[], "four"]);
  assert.match(parts.hint.textContent, /^Too long by 1 character\./);
});

test("an emptied field is no typing", () => {
  write("a");
  write(" ");
  assert.deepEqual(typed, [true, false]);
});
