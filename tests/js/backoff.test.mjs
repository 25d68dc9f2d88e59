import assert from "node:assert/strict";
import test from "node:test";
import { Backoff } from "../../static/webchat/backoff.mjs";

test("the ceiling doubles from half a second to thirty, and jitter is full", () => {
  const high = new Backoff(() => 1);
  assert.deepEqual(Array.from({ length: 8 }, () => high.next()), [0.5, 1, 2, 4, 8, 16, 30, 30]);
  assert.equal(new Backoff(() => 0).next(), 0);
});

test("after a reset it begins anew", () => {
  const backoff = new Backoff(() => 1);
  backoff.next();
  backoff.next();
  backoff.reset();
  assert.equal(backoff.next(), 0.5);
});

test("told to stay away, it stays away at least that long", () => {
  assert.equal(new Backoff(() => 0).told(10), 10);
});

test("after a restart the visitors spread over eight seconds", () => {
  assert.equal(new Backoff(() => 0.5).afterRestart(null), 4);
  assert.equal(new Backoff(() => 0.5).afterRestart(20), 10);
});
