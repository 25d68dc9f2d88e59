import assert from "node:assert/strict";
import test from "node:test";
import { colours, contrast, readable } from "../../static/webchat/theme.mjs";
import { seeded } from "./rig.mjs";

test("contrast is what WCAG says it is", () => {
  assert.equal(contrast("#000000", "#ffffff"), 21);
  assert.equal(contrast("#777777", "#ffffff").toFixed(2), "4.48");
});

test("whatever colour a scenario has, everything made of it can be read", () => {
  const random = seeded(6);
  const any = () => `#${Math.floor(random() * 0x1000000).toString(16).padStart(6, "0")}`;
  for (const accent of ["#000000", "#ffffff", "#ffff00", "#777777", ...Array.from({ length: 300 }, any)]) {
    for (const [scheme, surface] of [["light", "#ffffff"], ["dark", "#15181f"]]) {
      const made = colours({ accent }, scheme);
      assert.ok(contrast(made["--handoff-accent"], made["--handoff-on-accent"]) >= 4.5, accent);
      assert.ok(contrast(made["--handoff-accent-strong"], surface) >= 4.5, accent);
      assert.ok(contrast(made["--handoff-accent-strong"], made["--handoff-accent-soft"]) >= 4.5, accent);
    }
  }
});

test("a colour that can be read stays itself", () => {
  assert.equal(readable("#1f3fb0", "#ffffff"), "#1f3fb0");
});

test("what is no colour sets nothing", () => {
  for (const accent of ["", "red", "#fff", "#12345g", "url(x)", "#123456;color:red", null, undefined, 7]) {
    const made = Object.values(colours({ accent, on_accent: "expression(1)" }, "light"));
    assert.deepEqual([...new Set(made)], [""], String(accent));
  }
  assert.equal(colours({ accent: "#000000", on_accent: "red" }, "light")["--handoff-on-accent"], "#ffffff");
});
