import assert from "node:assert/strict";
import test from "node:test";
import { Session, SessionRefused } from "../../static/webchat/session.mjs";
import { fakeFetch, memoryStore } from "./rig.mjs";

const opened = (token, more = {}) => [201, { token, conversation: "u", websockets: true, poll_seconds: 3, ...more }];

function session(fetch, options = {}) {
  return new Session({ scenario: "demo", url: "/session", store: memoryStore(), fetch, websockets: true, ...options });
}

test("a token is asked for once and kept", async () => {
  const fetch = fakeFetch(opened("t1", { websockets: false }));
  const one = session(fetch);
  assert.deepEqual(await one.open(), { token: "t1", websockets: false, pollSeconds: 3 });
  assert.deepEqual(await one.open(), { token: "t1", websockets: false, pollSeconds: 3 });
  assert.deepEqual(fetch.asked[0].body, { scenario: "demo" });
});

test("the page, being newer than a kept token, decides about WebSockets", async () => {
  const store = memoryStore();
  await session(fakeFetch(opened("t1")), { store }).open();
  const access = await session(fakeFetch(), { store, websockets: false }).open();
  assert.equal(access.websockets, false);
});

test("a refused token is replaced, unless another tab has done so", async () => {
  const store = memoryStore();
  const [one, two] = [session(fakeFetch(opened("t1"), opened("t2")), { store }), session(fakeFetch(), { store })];
  await one.open();
  assert.equal((await one.renew("t1")).token, "t2");
  assert.equal((await two.renew("t1")).token, "t2");
});

test("two tabs opened at once become one visitor", async () => {
  const store = memoryStore();
  let last = Promise.resolve();
  const locks = { request: (_name, task) => (last = last.then(task)) };
  const fetch = fakeFetch(opened("t1"), opened("t2"));
  const both = await Promise.all([session(fetch, { store, locks }).open(), session(fetch, { store, locks }).open()]);
  assert.deepEqual(both.map(({ token }) => token), ["t1", "t1"]);
});

test("a frame that is denied locks goes without", async () => {
  const locks = { request: async () => Promise.reject(new Error("denied")) };
  assert.equal((await session(fakeFetch(opened("t1")), { locks }).open()).token, "t1");
});

test("a refusal says why and for how long", async () => {
  await assert.rejects(session(fakeFetch([429, { code: "rate", detail: "Later", after: 9 }])).open(), (problem) => {
    return problem instanceof SessionRefused && problem.status === 429 && problem.after === 9;
  });
  await assert.rejects(session(fakeFetch()).open(), { status: 0, after: null });
});

test("a new visitor's page and language are told once", async () => {
  const fetch = fakeFetch(opened("t1"));
  const about = { page: { url: "https://shop.example/", title: "Shop" }, language: "de-AT" };
  await session(fetch, { about }).open();
  assert.deepEqual(fetch.asked[0].body, { scenario: "demo", ...about });
});

test("a new conversation says which was before, and another visitor's says nothing", async () => {
  const store = memoryStore();
  const fetch = fakeFetch(opened("t1"), opened("t2"), opened("t3"));
  const one = session(fetch, { store });
  assert.equal(one.isKnown, false);
  await one.open();
  assert.equal(one.isKnown, true);
  await one.restart();
  await one.leave();
  assert.deepEqual(fetch.asked.map(({ body }) => body.before), [undefined, "t1", undefined]);
  assert.equal((await one.open()).token, "t3");
});

test("without history a load begins anew, once, unless with humans", async () => {
  const store = memoryStore();
  await session(fakeFetch(opened("t1")), { store }).open();
  const fetch = fakeFetch(opened("t2"));
  const next = session(fetch, { store, anew: true });
  assert.equal((await next.open()).token, "t2");
  assert.equal((await next.open()).token, "t2");
  assert.equal(fetch.asked[0].body.before, "t1");
  next.withHumans(true);
  assert.equal((await session(fakeFetch(), { store, anew: true }).open()).token, "t2");
});
