/*!
 * Handoff on any website: <script async src="https://hub.example/static/webchat/embed.js" data-scenario="…"></script>
 *
 * Draws a launcher and, when it is wanted, an iframe with the chat page; <handoff-chat scenario="…"> is the same inside the page. Everything
 * is styled through the CSSOM, so a strict Content-Security-Policy of the website needs only script-src and frame-src for the hub. The
 * visitor's token never leaves the frame. docs/embedding.md is about all of it.
 */
(() => {
  const page = document;
  const script = page.currentScript;
  const queue = window.HandoffChat;
  if (!script || (queue && !Array.isArray(queue))) return;

  const { scenario, label, title } = script.dataset;
  const hub = new URL(script.src).origin;
  const language = page.documentElement.lang;
  const chats = new Set();
  const listeners = {};
  /** What the website has told us, for every chat and for a later one. */
  const told = {};

  // px, not rem: a host page that sets html { font-size } would scale us. !important in a shadow root wins over the page's own !important.
  const CSS = /* css */ `
    :host { all: initial !important; }
    .panel, button {
      position: fixed; z-index: 2147483000; right: calc(20px + env(safe-area-inset-right)); bottom: calc(20px + env(safe-area-inset-bottom));
      box-sizing: border-box; border: 0; transition: opacity .2s, transform .2s, visibility 0s;
    }
    button {
      display: flex; align-items: center; justify-content: center; gap: 10px; min-width: 60px; height: 60px; padding: 0 14px; border-radius: 30px;
      background: var(--accent, #2757e8); color: var(--on-accent, #fff); font: 600 16px system-ui, sans-serif; cursor: pointer;
      box-shadow: 0 4px 24px rgb(16 24 40 / 24%);
    }
    button:hover { transform: scale(1.05); }
    button:focus-visible { outline: 3px solid #fff; box-shadow: 0 0 0 6px #2757e8; }
    i { width: 32px; height: 32px; background: currentColor; clip-path: path("M9 6h14a6 6 0 0 1 6 6v7a6 6 0 0 1-6 6h-6.5l-6.5 5v-5H9a6 6 0 0 1-6-6v-7a6 6 0 0 1 6-6Z"); }
    [aria-expanded=true] i { clip-path: path("m7 11 9 9 9-9 2 2-11 11L5 13Z"); }
    span:empty, [aria-expanded=true] span { display: none; }
    b { position: absolute; top: -3px; right: -3px; min-width: 22px; border-radius: 11px; background: #c62a20; color: #fff; font-size: 12px; line-height: 22px; }
    .panel {
      bottom: calc(96px + env(safe-area-inset-bottom));
      width: var(--width); max-width: calc(100vw - 40px); height: var(--height); max-height: calc(100vh - 120px); overflow: hidden;
      border-radius: 20px; background: var(--paper, #fff); box-shadow: 0 0 0 1px rgb(16 24 40 / 24%), 0 12px 56px rgb(16 24 40 / 24%);
    }
    .left { right: auto; left: calc(20px + env(safe-area-inset-left)); }
    .closed { visibility: hidden; opacity: 0; transform: translateY(10px); transition-delay: 0s, 0s, .2s; }
    iframe { display: block; width: 100%; height: 100%; border: 0; }
    a { display: block; padding: 40px; background: #fff; font: 16px/1.5 system-ui; }
    @media (max-width: 479px) {
      .panel { inset: 0; width: 100%; max-width: none; height: 100%; height: 100dvh; max-height: none; border-radius: 0; }
      .covered { visibility: hidden; }
    }
    @media (prefers-reduced-motion: reduce) { * { transition: none !important; } }
    @media print { * { display: none; } }`;

  let corner;
  const api = {
    open: () => corner?.show(true, true),
    close: () => corner?.show(false),
    toggle: () => corner?.show(!corner.isOpen, true),
    identify: (identity) => pass("identify", identity),
    setAttributes: (attributes) => pass("attributes", attributes),
    on(event, listener) {
      (listeners[event] ??= new Set()).add(listener);
      return () => listeners[event].delete(listener);
    },
    /** As the queue was used before we were here: HandoffChat.push(["open"]). */
    push: ([name, ...given]) => api[name](...given),
  };
  window.HandoffChat = api;

  addEventListener("message", ({ source, origin, data }) => {
    for (const chat of chats) if (origin === hub && source === chat.frame.contentWindow) heard(chat, data ?? {});
  });
  customElements.define(
    "handoff-chat",
    class extends HTMLElement {
      connectedCallback() {
        const key = this.getAttribute("scenario");
        const css = ":host{display:block;height:640px}iframe{width:100%;height:100%;border:0}";
        if (key) insert(addressOf(key), this.shadowRoot ?? shadow(this, css), (this.chat = { isOpen: true, asked: 0 }));
      }
      disconnectedCallback() {
        chats.delete(this.chat);
      }
    },
  );
  if (page.body) begin();
  else page.addEventListener("DOMContentLoaded", begin);

  function begin() {
    if (scenario) corner = launcher(addressOf(scenario));
    // Each by itself: what is wrong with one is reported, and the others are heard.
    queue?.forEach((command) => queueMicrotask(() => api.push(command)));
  }

  /** A chat behind a button. Nothing is shown before we know that there is such a chat, and how it looks. */
  function launcher(address) {
    const host = make("div");
    const panel = make("div", { className: "panel closed" });
    const [words, badge] = [make("span"), make("b")];
    const button = make("button", { onclick: api.toggle });
    button.append(make("i"), words, badge);
    const root = shadow(host, CSS);
    root.append(panel, button);
    // In here only: the page's own dialogs want their Esc to themselves. The frame sees its own.
    root.onkeydown = ({ key }) => key === "Escape" && self.show(false);
    let look, loaded;

    const self = {
      isOpen: false,
      show(now, asked) {
        if (look && !host.isConnected) page.body.append(host);
        const was = self.isOpen;
        self.isOpen = now;
        self.asked ||= asked;
        if (!look || now === was) return;
        if (now) load();
        panel.classList.toggle("closed", !now);
        self.tell();
        self.unread(0);
        emit(now ? "open" : "close");
        if (!now) button.focus();
        else if (asked) self.frame.focus();
      },
      unread(count) {
        const name = label || look.launcher_text || look.words.open;
        badge.textContent = count ? (count > 9 ? "9+" : count) : "";
        // On a phone the panel covers the launcher, but only a chat that answered has a button of its own to close it.
        button.classList.toggle("covered", self.isOpen && !!self.ready);
        button.setAttribute("aria-expanded", self.isOpen);
        button.ariaLabel = self.isOpen ? look.words.close : count ? `${name}, ${look.words.unread.replace("#", count)}` : name;
        if (title !== undefined) page.title = (count ? `(${count}) ` : "") + page.title.replace(/^\(\d+\) /, "");
      },
      /** Whether this visitor was here before, or is talking to somebody: looked up in the frame's storage, which makes no conversation. */
      known(state) {
        if (look.start[state] === "open" && innerWidth > 479) self.show(true);
        else if (state === "ongoing") load();
      },
    };
    import(`${address}look.mjs?language=${language}`).then(dress, () => complain(`${address} is not there or not active.`));
    return self;

    function dress({ default: found }) {
      look = found;
      for (const name in look.style) host.style.setProperty(`--${name}`, look.style[name]);
      for (const part of [panel, button]) part.classList.toggle("left", look.launcher_side === "left");
      words.textContent = look.launcher_text;
      self.unread(0);
      page.body.append(host);
      if (self.isOpen) self.isOpen = false, self.show(true, self.asked);
      else insert(`${address}peek/`, panel, self);
    }

    function load() {
      if (loaded) return;
      loaded = true;
      insert(address, panel, self);
      // A frame that says nothing was refused, by this page's policy or by the scenario's list of websites.
      self.frame.addEventListener("load", () =>
        setTimeout(() => self.ready || refused(), 8000),
      );
    }

    function refused() {
      complain(`${address} may not be framed here.`);
      panel.replaceChildren(make("a", { href: address, target: "_blank", textContent: look.words.blocked }));
    }
  }

  function insert(address, holder, chat) {
    // No query: it may be private.
    const around = new URLSearchParams({ page: location.origin + location.pathname, title: page.title, language });
    const frame = make("iframe", { src: `${address}#${around}`, title: "Chat", allow: "fullscreen" });
    chat.frame = frame;
    chat.ready = false;
    // Until it has said that it is there, the frame is an empty page of the host's own origin.
    chat.tell = (handoff = chat.isOpen ? "open" : "closed", given = chat.asked) =>
      chat.ready && frame.contentWindow?.postMessage({ handoff, given }, hub);
    chats.add(chat);
    holder.replaceChildren(frame);
  }

  function heard(chat, { handoff, given, name, title }) {
    if (handoff === "ready") {
      chat.ready = true;
      chat.frame.title = title;
      chat.tell();
      for (const what in told) chat.tell(what, told[what]);
    }
    if (handoff === "close") chat.show?.(false);
    if (handoff === "known") chat.known?.(given);
    if (handoff === "unread" || handoff === "ready") chat.unread?.(given ?? 0);
    if (handoff === "problem") complain(given);
    if (handoff !== "close") emit(name ?? handoff, given);
  }

  function pass(what, given) {
    // As JSON has it: nothing that cannot be told later.
    given = JSON.parse(JSON.stringify(given ?? 0));
    for (const chat of chats) chat.tell(what, given);
    // What somebody else is like is not told of this one.
    if (what === "identify" && told[what] && told[what].id !== given.id) told.attributes = {};
    told[what] = what === "identify" ? given : { ...told[what], ...given };
  }

  function complain(words) {
    console.error(`Handoff: ${words}`);
  }

  function emit(name, given) {
    listeners[name]?.forEach((listener) => queueMicrotask(() => listener(given)));
  }

  function addressOf(key) {
    return `${hub}/chat/${encodeURIComponent(key)}/`;
  }

  function shadow(host, css) {
    const root = host.attachShadow({ mode: "open" });
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(css);
    root.adoptedStyleSheets = [sheet];
    return root;
  }

  function make(tag, more) {
    return Object.assign(page.createElement(tag), more);
  }
})();
