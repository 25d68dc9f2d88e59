import assert from "node:assert/strict";
import test from "node:test";
import { asUuid } from "../../static/webchat/ids.mjs";
import { storage } from "../../static/webchat/storage.mjs";

function withArea(area, run) {
  Object.defineProperty(globalThis, "fakeStorage", { configurable: true, ...area });
  return run(storage("fakeStorage"));
}

test("values come back as they were", () => {
  const kept = new Map();
  const area = { getItem: (key) => kept.get(key) ?? null, setItem: (key, value) => kept.set(key, value) };
  withArea({ value: area }, (store) => {
    store.write("k", { a: 1 });
    assert.deepEqual([store.read("k"), store.read("other")], [{ a: 1 }, null]);
  });
});

test("where storage is forbidden, memory stands in", () => {
  const forbidden = { get: () => { throw new Error("SecurityError"); } };
  withArea(forbidden, (store) => {
    store.write("k", [1]);
    assert.deepEqual(store.read("k"), [1]);
  });
});

test("where storage is full, memory stands in", () => {
  const full = { getItem: () => null, setItem: () => { throw new Error("QuotaExceededError"); } };
  withArea({ value: full }, (store) => {
    store.write("k", 2);
    assert.equal(store.read("k"), 2);
  });
});

test("what somebody else wrote there is not trusted", () => {
  withArea({ value: { getItem: () => "{broken", setItem: () => {} } }, (store) => assert.equal(store.read("k"), null));
});

test("random bytes become a version 4 uuid", () => {
  assert.equal(asUuid(new Uint8Array(16).fill(255)), "ffffffff-ffff-4fff-bfff-ffffffffffff");
});
