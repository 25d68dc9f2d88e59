import assert from "node:assert/strict";
import test, { beforeEach } from "node:test";
import { Vault, filesOf } from "../../static/webchat/vault.mjs";
import { settled } from "./rig.mjs";

let vault, asked, answers, made, revoked;

beforeEach(() => {
  [asked, answers, made, revoked] = [[], [], [], []];
  const fetch = async (url, init) => {
    asked.push([url, init.headers.Authorization, init.credentials]);
    const [status, type] = answers.shift() ?? [200, "image/png"];
    return { status, blob: async () => new Blob(["bytes"], { type }) };
  };
  const URL = { createObjectURL: (blob) => `blob:${made.push(blob.type)}`, revokeObjectURL: (url) => revoked.push(url) };
  vault = new Vault({ url: "/files", token: async () => "t", fetch, URL });
});

test("bytes are fetched once, with the token in a header and nothing in the address but the id", async () => {
  assert.deepEqual(await Promise.all([vault.address("a/b"), vault.address("a/b")]), ["blob:1", "blob:1"]);
  assert.deepEqual(asked, [["/files/a%2Fb", "Bearer t", "omit"]]);
});

test("what cannot be had now is asked for again", async () => {
  answers.push([409, ""]);
  await assert.rejects(vault.address("a"));
  assert.equal(await vault.address("a"), "blob:1");
});

test("an address of ours never is a page", async () => {
  for (const type of ["text/html", "image/svg+xml", "application/xhtml+xml", "", "video/mp4", "image/jpeg"]) {
    answers.push([200, type]);
    await vault.address(type);
  }
  assert.deepEqual(made, [...Array(4).fill("application/octet-stream"), "video/mp4", "image/jpeg"]);
});

test("what is shown no more is revoked, also when it comes late", async () => {
  vault.put("mine", new Blob(["x"], { type: "image/png" }));
  await vault.address("a");
  const late = vault.address("b");
  vault.keep(new Set(["mine"]));
  await late;
  await settled();
  assert.deepEqual([revoked.sort(), await vault.address("mine"), asked.length], [["blob:2", "blob:3"], "blob:1", 2]);
});

test("shown are files, photos, pictures of cards, and what is attached", () => {
  const entries = [{ photo: "p", files: [{ id: "f" }], control: { cards: [{ image: "c" }, { image: null }] } }, { photo: null, files: [], control: null }];
  assert.deepEqual([...filesOf(entries, { photo: "q" }, [{ id: "up" }])], ["q", "up", "p", "f", "c"]);
  assert.deepEqual([...filesOf([], null, [])], []);
});
