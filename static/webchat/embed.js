/*!
 * Handoff on any website: <script async src="https://hub.example/static/webchat/embed.js" data-scenario="…"></script>
 *
 * Draws a launcher and, when first opened, an iframe with the chat page. Everything is styled through the CSSOM, so a strict
 * Content-Security-Policy of the website needs only script-src and frame-src for the hub. The visitor's token never leaves the frame.
 */
(() => {
  const script = document.currentScript;
  if (window.HandoffChat || !script?.dataset.scenario) return;

  const hub = new URL(script.src).origin;
  const address = `${hub}/chat/${encodeURIComponent(script.dataset.scenario)}/`;
  const label = script.dataset.label || "Chat with us";

  // px, not rem: a host page that sets html { font-size } would scale us. !important in a shadow root wins over the page's own !important.
  const CSS = `
    :host { all: initial !important; }
    .panel, .launcher { position: fixed; z-index: 2147483000; box-sizing: border-box; border: 0; }
    .launcher {
      right: calc(20px + env(safe-area-inset-right)); bottom: calc(20px + env(safe-area-inset-bottom));
      width: 60px; height: 60px; padding: 0; border-radius: 50%; cursor: pointer;
      background: var(--handoff-accent, #2757e8); color: #fff; box-shadow: 0 2px 6px rgb(16 24 40 / 18%), 0 10px 28px rgb(16 24 40 / 24%);
      transition: transform .2s cubic-bezier(.2, .8, .2, 1), background .15s; touch-action: manipulation;
    }
    .launcher:hover { transform: scale(1.06); background: var(--handoff-accent-strong, #1f48c7); }
    .launcher:active { transform: scale(.95); }
    .launcher:focus-visible { outline: 3px solid #fff; box-shadow: 0 0 0 6px #1f48c7; }
    svg { position: absolute; inset: 0; margin: auto; transition: opacity .18s, transform .25s cubic-bezier(.2, .8, .2, 1); }
    .launcher[aria-expanded=false] .down, .launcher[aria-expanded=true] .bubble { opacity: 0; transform: rotate(-45deg) scale(.5); }
    .badge {
      position: absolute; top: -3px; right: -3px; min-width: 22px; height: 22px; padding: 0 6px; box-sizing: border-box; border-radius: 11px;
      background: #c62a20; color: #fff; font: 600 12px/22px system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; text-align: center;
    }
    .badge:empty { display: none; }
    .panel {
      right: calc(20px + env(safe-area-inset-right)); bottom: calc(96px + env(safe-area-inset-bottom));
      width: 400px; max-width: calc(100vw - 40px); height: 680px; max-height: calc(100vh - 120px); overflow: hidden;
      border-radius: 20px; background: #fff; box-shadow: 0 0 0 1px rgb(16 24 40 / 6%), 0 12px 56px rgb(16 24 40 / 24%);
      transition: opacity .18s, transform .22s cubic-bezier(.2, .8, .2, 1), visibility 0s;
    }
    .panel.closed { visibility: hidden; opacity: 0; transform: translateY(10px); transition-delay: 0s, 0s, .22s; }
    iframe { display: block; width: 100%; height: 100%; border: 0; color-scheme: light dark; }
    @media (prefers-color-scheme: dark) { .panel { background: #15181f; box-shadow: 0 0 0 1px #2a2f3b, 0 12px 56px rgb(0 0 0 / 50%); } }
    @media (max-width: 479px) {
      .panel { inset: 0; width: 100%; max-width: none; height: 100%; height: 100dvh; max-height: none; border-radius: 0; }
      .launcher.covered { visibility: hidden; }
    }
    @media (prefers-reduced-motion: reduce) { * { transition: none !important; } }
    @media print { * { display: none !important; } }`;

  const DRAWINGS = {
    bubble: "M9 6h14a6 6 0 0 1 6 6v7a6 6 0 0 1-6 6h-6.5l-6.5 5v-5H9a6 6 0 0 1-6-6v-7a6 6 0 0 1 6-6Z",
    down: "m8 12.5 8 8 8-8",
  };

  let frame = null;
  let isOpen = false;
  let frameIsLoaded = false;
  let frameIsReady = false;

  const host = document.createElement("handoff-chat");
  const root = host.attachShadow({ mode: "open" });
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(CSS);
  root.adoptedStyleSheets = [sheet];

  const panel = make("div", "panel closed");
  panel.id = "panel";
  const badge = make("span", "badge");
  badge.setAttribute("aria-hidden", "true");
  const launcher = make("button", "launcher");
  launcher.type = "button";
  launcher.setAttribute("aria-controls", "panel");
  launcher.append(drawing("bubble"), drawing("down"), badge);
  launcher.addEventListener("click", toggle);
  root.append(panel, launcher);
  describe(0);

  window.addEventListener("message", heard);
  // In here only: the page's own dialogs want their Esc to themselves. The frame sees its own.
  root.addEventListener("keydown", ({ key }) => key === "Escape" && close());
  window.HandoffChat = { open, close, toggle };
  if (document.body) appear();
  else document.addEventListener("DOMContentLoaded", appear);

  function appear() {
    document.body.append(host);
  }

  function open() {
    frame ??= insertFrame();
    show(true);
    frame.focus();
  }

  function close() {
    if (!isOpen) return;
    show(false);
    launcher.focus();
  }

  function toggle() {
    isOpen ? close() : open();
  }

  /** On a phone the panel covers the launcher, but only a chat that answered has a button of its own to close it. */
  function show(now) {
    isOpen = now;
    panel.classList.toggle("closed", !now);
    launcher.classList.toggle("covered", now && frameIsReady);
    describe(0);
    tell();
  }

  function insertFrame() {
    const element = make("iframe", "");
    // No query: it may be private.
    element.src = `${address}#${new URLSearchParams({ page: location.origin + location.pathname, title: document.title })}`;
    element.title = "Chat";
    element.allow = "clipboard-write; fullscreen";
    element.addEventListener("load", () => {
      frameIsLoaded = true;
      tell();
    });
    panel.append(element);
    return element;
  }

  /** Before it is loaded, the frame is an empty page of the host's own origin. */
  function tell() {
    if (frameIsLoaded) frame.contentWindow.postMessage({ handoff: isOpen ? "open" : "closed" }, hub);
  }

  function heard({ source, origin, data }) {
    if (!frame || source !== frame.contentWindow || origin !== hub) return;
    if (data?.handoff === "close") close();
    if (data?.handoff === "unread" && Number.isSafeInteger(data.count)) describe(data.count);
    if (data?.handoff === "ready") {
      frameIsReady = true;
      launcher.classList.toggle("covered", isOpen);
    }
  }

  function describe(unread) {
    badge.textContent = unread > 0 ? (unread > 9 ? "9+" : unread) : "";
    launcher.setAttribute("aria-expanded", String(isOpen));
    launcher.setAttribute("aria-label", isOpen ? "Close chat" : unread > 0 ? `${label}, ${unread} unread` : label);
  }

  function make(tag, className) {
    return Object.assign(document.createElement(tag), { className });
  }

  function drawing(name) {
    const [svg, path] = ["svg", "path"].map((tag) => document.createElementNS("http://www.w3.org/2000/svg", tag));
    const look = name === "bubble" ? { fill: "currentColor" } : { fill: "none", stroke: "currentColor", "stroke-width": 3, "stroke-linecap": "round", "stroke-linejoin": "round" };
    for (const [key, value] of Object.entries({ class: name, viewBox: "0 0 32 32", width: 30, height: 30, "aria-hidden": true })) svg.setAttribute(key, value);
    for (const [key, value] of Object.entries({ d: DRAWINGS[name], ...look })) path.setAttribute(key, value);
    svg.append(path);
    return svg;
  }
})();
