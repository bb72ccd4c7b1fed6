/**
 * A Sportello chat in any page, without a framework:
 *
 *   <script src="https://help.example.com/embed/chat.js" data-channel="ch_..." defer></script>
 *
 * Attributes: `data-channel` (the chat's key), `data-title`, `data-lang` (`en`, `it`; else the
 * document's), `data-theme` (`light`, `dark`; else the reader's), `data-suggest` (show articles that
 * may answer, until the first message is sent), `data-user` and `data-hash` (who the page says that
 * the visitor is, and its server's proof). The protocol: docs/chat-protocol.md.
 */
(() => {
  "use strict";

  /** @typedef {{id: string, text: string}} Pending  a message that has no answer yet */
  /** @typedef {{token?: string, pending: Pending[], email?: string}} Memory */

  const TEXTS = {
    en: {
      title: "Chat with us", open: "Open the chat", close: "Close the chat", news: "new messages",
      write: "Your message", send: "Send", empty: "Hello! How can we help?",
      sending: "Sending…", sent: "Sent", read: "Read", you: "You", us: "Support",
      joined: "is here", left: "Somebody will be with you soon", typing: "is writing…",
      waiting: "No connection. What you write is kept.", gone: "The chat is not available.",
      away: "Nobody is here at this moment. Leave your email address, and we will answer there.",
      email: "Email address", keep: "Save", kept: "We will write to",
      transcript: "Send me this conversation by email", posted: "The conversation is on its way to you.",
      perhaps: "Perhaps this answers it (opens in another tab):",
      refused: "That did not work. Please try again later.", wrong: "Please enter an email address.",
    },
    it: {
      title: "Scrivici in chat", open: "Apri la chat", close: "Chiudi la chat", news: "nuovi messaggi",
      write: "Il tuo messaggio", send: "Invia", empty: "Ciao! Come possiamo aiutarti?",
      sending: "Invio…", sent: "Inviato", read: "Letto", you: "Tu", us: "Assistenza",
      joined: "è qui con te", left: "Tra poco qualcuno sarà da te", typing: "sta scrivendo…",
      waiting: "Manca la connessione. Quello che scrivi è al sicuro.", gone: "La chat non è disponibile.",
      away: "Al momento non c'è nessuno. Lascia il tuo indirizzo email e risponderemo lì.",
      email: "Indirizzo email", keep: "Salva", kept: "Scriveremo a",
      transcript: "Inviami la conversazione via email", posted: "La conversazione è in viaggio verso di te.",
      perhaps: "Forse qui c'è la risposta (si apre in un'altra scheda):",
      refused: "Non ha funzionato. Riprova più tardi.", wrong: "Scrivi un indirizzo email.",
    },
  };

  const STYLE = `
:host { all: initial; }
.chat {
  --_text: var(--sportello-text, #1c2230); --_quiet: var(--sportello-quiet, #5a6272);
  --_surface: var(--sportello-surface, #fff); --_line: var(--sportello-line, #8a93a5);
  --_theirs: var(--sportello-theirs, #eef1f6); --_accent: var(--sportello-accent, #2457d6);
  --_on-accent: var(--sportello-on-accent, #fff); --_error: var(--sportello-error, #b3261e);
  color: var(--_text); font: 400 16px/1.45 var(--sportello-font, system-ui, sans-serif); color-scheme: light;
}
.dark {
  --_text: var(--sportello-text, #e8ebf2); --_quiet: var(--sportello-quiet, #a9b1c2);
  --_surface: var(--sportello-surface, #181b22); --_line: var(--sportello-line, #6b7487);
  --_theirs: var(--sportello-theirs, #2a2f3a); --_accent: var(--sportello-accent, #9dbbff);
  --_on-accent: var(--sportello-on-accent, #0d1a3a); --_error: var(--sportello-error, #ffb4ab); color-scheme: dark;
}
* { box-sizing: border-box; }
[hidden] { display: none !important; }
button, input, textarea { font: inherit; color: inherit; }
button { cursor: pointer; border: 0; background: none; }
:focus-visible { outline: 3px solid var(--_accent); outline-offset: 2px; }
.launch {
  position: fixed; right: 20px; bottom: 20px; z-index: 2147483000; width: 60px; height: 60px; padding: 0;
  display: grid; place-items: center; color: var(--_on-accent); background: var(--_accent); border-radius: 50%;
  box-shadow: 0 6px 24px rgb(0 0 0 / 28%);
}
.badge {
  position: absolute; top: -4px; right: -4px; min-width: 24px; height: 24px; padding: 0 6px; color: #fff;
  background: #b3261e; border-radius: 12px; font-size: 14px; font-weight: 650; line-height: 24px; text-align: center;
}
.panel {
  position: fixed; right: 20px; bottom: 96px; z-index: 2147483000; width: 380px; height: min(620px, calc(100vh - 116px));
  display: flex; flex-direction: column; overflow: hidden; background: var(--_surface); border-radius: 16px;
  box-shadow: 0 12px 48px rgb(0 0 0 / 30%); border: 1px solid rgb(128 128 128 / 25%);
}
@media (max-width: 480px) { .panel { inset: 0; width: auto; height: auto; border: 0; border-radius: 0; } .open .launch { display: none; } }
header { display: flex; align-items: center; gap: 12px; padding: 14px 16px; color: var(--_on-accent); background: var(--_accent); }
header div { flex: 1; min-width: 0; }
h2 { margin: 0; font-size: 17px; font-weight: 650; line-height: 1.3; }
.who { margin: 0; font-size: 14px; }
header button { width: 40px; height: 40px; padding: 8px; border-radius: 8px; }
header button:hover { background: rgb(128 128 128 / 30%); }
header :focus-visible { outline-color: var(--_on-accent); outline-offset: -3px; }
.log { flex: 1; margin: 0; padding: 16px; overflow-y: auto; display: flex; flex-direction: column; gap: 4px; overscroll-behavior: contain; }
.log:focus-visible { outline-offset: -3px; }
.item { max-width: 82%; align-self: flex-start; display: flex; flex-direction: column; }
.own { align-self: flex-end; align-items: flex-end; }
.bubble { margin: 0; padding: 8px 13px; background: var(--_theirs); border-radius: 16px 16px 16px 4px; white-space: pre-wrap; overflow-wrap: anywhere; }
.own .bubble { color: var(--_on-accent); background: var(--_accent); border-radius: 16px 16px 4px; }
.bubble a { color: inherit; }
.meta { margin: 2px 6px 8px; color: var(--_quiet); font-size: 13px; }
.hello { align-self: center; margin: auto; color: var(--_quiet); text-align: center; }
.line { margin: 0; padding: 0 16px 8px; color: var(--_quiet); font-size: 14px; }
.line:empty { display: none; }
.card { margin: 0 16px 12px; padding: 12px; background: var(--_theirs); border-radius: 12px; font-size: 15px; }
.card p { margin: 0 0 8px; }
.card .error { margin: 6px 0 0; color: var(--_error); }
.suggested { padding: 0 16px 8px; font-size: 14px; }
.suggested:empty { display: none; }
.suggested p, .suggested ul { margin: 0; padding-inline-start: 0; }
.suggested ul { padding-inline-start: 20px; }
.suggested a { color: inherit; }
.row { display: flex; gap: 8px; align-items: flex-end; }
label { display: block; margin-bottom: 6px; font-size: 14px; font-weight: 600; }
::placeholder { color: var(--_quiet); opacity: 1; }
.name { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
input, textarea { flex: 1; min-width: 0; width: 100%; padding: 9px 12px; background: var(--_surface); border: 1px solid var(--_line); border-radius: 12px; }
textarea { height: 44px; max-height: 132px; resize: none; }
.write { padding: 12px 16px; border-top: 1px solid rgb(128 128 128 / 25%); }
.go { flex: none; min-height: 44px; padding: 8px 16px; color: var(--_on-accent); background: var(--_accent); border-radius: 12px; font-weight: 600; }
svg { width: 24px; height: 24px; display: block; fill: none; stroke: currentcolor; stroke-width: 2; stroke-linecap: round; stroke-linejoin: round; }
@media (prefers-reduced-motion: no-preference) { .panel { animation: rise 0.16s ease-out; } @keyframes rise { from { opacity: 0; transform: translateY(12px); } } }
`;
  const ICONS = {
    chat: "M21 12a8 8 0 0 1-8 8H4l2-3.5A8 8 0 1 1 21 12Z",
    close: "M6 6l12 12M18 6 6 18",
    mail: "M3 6h18v12H3zM3 7l9 7 9-7",
  };
  const LONGEST_PAUSE_S = 30;
  const TYPING_EVERY_MS = 3000;
  const TYPING_ENDS_MS = 10000;
  const SUGGESTS_AFTER_MS = 600;
  const LONGEST_ASKED = 500;
  const STAY_AWAY = 4404;

  const script = /** @type {HTMLScriptElement} */ (document.currentScript);
  const { channel = "", title, lang, theme, suggest, user, hash } = script.dataset;
  const base = new URL("..", script.src).href.replace(/\/$/, "");
  const address = new URL(`../chat/${encodeURIComponent(channel)}`, script.src).href.replace(/^http/, "ws");
  const language = (lang || document.documentElement.lang || "en").slice(0, 2).toLowerCase();
  const say = TEXTS[language] || TEXTS.en;

  /** @returns {HTMLElement} an element with attributes and children; texts are never markup */
  const make = (tag, attributes = {}, ...children) => {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) {
      if (value !== false && value !== undefined) element.setAttribute(name, value === true ? "" : value);
    }
    element.append(...children);
    return element;
  };

  const icon = (name) => {
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    svg.setAttribute("viewBox", "0 0 24 24");
    svg.setAttribute("aria-hidden", "true");
    const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
    path.setAttribute("d", ICONS[name]);
    svg.append(path);
    return svg;
  };

  const newId = () =>
    Array.from(crypto.getRandomValues(new Uint8Array(12)), (byte) => byte.toString(16).padStart(2, "0")).join("");

  /** A text with its web addresses as links. */
  const linked = (text) =>
    text.split(/(https?:\/\/[^\s<>"]+)/).map((part, at) =>
      at % 2 ? make("a", { href: part, target: "_blank", rel: "noopener noreferrer" }, part) : part,
    );

  /** What survives a reload; without storage it lives as long as the page. */
  class Store {
    constructor(key) {
      this.key = key;
      /** @type {Memory} */
      this.memory = { pending: [] };
      try {
        this.memory = { ...this.memory, ...JSON.parse(localStorage.getItem(key)) };
      } catch { /* no storage, or not ours */ }
    }

    keep(changes) {
      Object.assign(this.memory, changes);
      try {
        localStorage.setItem(this.key, JSON.stringify(this.memory));
      } catch { /* the page's own memory has it */ }
    }
  }

  /** The socket: comes back after every loss, and says again what had no answer. */
  class Line {
    constructor(store, hear, changed) {
      this.store = store;
      this.hear = hear;
      this.changed = changed;
      this.place = {};
      this.losses = 0;
      this.state = "idle";
      addEventListener("online", () => this.state === "waiting" && this.connect());
    }

    connect() {
      clearTimeout(this.timer);
      this.state = "connecting";
      const socket = new WebSocket(address);
      this.socket = socket;
      socket.onopen = () => this.say({ t: "hello", v: 1, token: this.store.memory.token, user, hash, ...this.place });
      socket.onmessage = ({ data }) => this.take(JSON.parse(data));
      socket.onclose = ({ code }) => socket === this.socket && this.lose(code);
    }

    take(frame) {
      if (frame.t === "welcome") {
        this.losses = 0;
        this.state = "open";
        this.store.keep({ token: frame.token });
        this.changed();
        for (const { id, text } of this.store.memory.pending) this.say({ t: "message", id, text });
      } else if (frame.t === "ping") {
        this.say({ t: "pong" });
      }
      this.hear(frame);
    }

    lose(code) {
      if (code >= STAY_AWAY) {
        this.state = "gone";
      } else {
        this.state = "waiting";
        this.losses += 1;
        const pause = Math.min(LONGEST_PAUSE_S, 2 ** (this.losses - 1)) * (0.75 + Math.random() / 2);
        this.timer = setTimeout(() => this.connect(), pause * 1000);
      }
      this.changed();
    }

    say(frame) {
      if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(frame));
    }
  }

  class Chat {
    constructor(shadow) {
      this.store = new Store(`sportello:${channel}:${user || ""}`);
      this.line = new Line(this.store, (frame) => this.hear(frame), () => this.showLine());
      this.items = new Map(); // by the server's id, and by ours until it is known
      this.unread = 0;
      this.newest = 0;
      this.agentRead = 0;
      this.isOnline = true;
      this.render(shadow);
      for (const { id, text } of this.store.memory.pending) this.add({ id, text, own: true, state: "sending" });
      if (this.store.memory.token) this.line.connect();
    }

    render(shadow) {
      const style = new CSSStyleSheet();
      style.replaceSync(STYLE);
      shadow.adoptedStyleSheets = [style];
      this.badge = make("span", { class: "badge", hidden: true });
      this.launch = make("button", { class: "launch", type: "button", "aria-expanded": "false", "aria-controls": "panel" }, icon("chat"), this.badge);
      this.launch.onclick = () => this.toggle();
      this.who = make("p", { class: "who", "aria-live": "polite" }, say.left);
      this.mail = make("button", { type: "button", "aria-label": say.transcript, title: say.transcript, hidden: true }, icon("mail"));
      this.mail.onclick = () => this.askTranscript();
      const close = make("button", { type: "button", "aria-label": say.close }, icon("close"));
      close.onclick = () => this.toggle();
      const head = make("header", {}, make("div", {}, make("h2", { id: "title" }, title || say.title), this.who), this.mail, close);
      this.log = make("div", { class: "log", role: "log", tabindex: "0", "aria-labelledby": "title" });
      this.hello = make("div", { class: "hello" }, say.empty);
      this.log.append(this.hello);
      this.typing = make("p", { class: "line", role: "status" });
      this.notice = make("p", { class: "line", role: "status" });
      this.panel = make("section", { class: "panel", id: "panel", role: "dialog", "aria-labelledby": "title", hidden: true });
      this.suggested = make("div", { class: "suggested", role: "status" });
      this.panel.append(
        head, this.log, this.typing, this.notice, this.renderCard(), this.suggested, this.renderComposer(),
      );
      this.root = make("div", { class: "chat", lang: say === TEXTS.en ? "en" : language }, this.panel, this.launch);
      this.root.addEventListener("keydown", ({ key }) => {
        if (key === "Escape" && !this.panel.hidden) this.toggle();
      });
      const dark = matchMedia("(prefers-color-scheme: dark)");
      const dress = () => this.root.classList.toggle("dark", theme ? theme === "dark" : dark.matches);
      dark.addEventListener("change", dress);
      dress();
      this.label();
      shadow.append(this.root);
      addEventListener("visibilitychange", () => this.markRead());
    }

    renderCard() {
      this.email = make("input", { id: "email", type: "email", autocomplete: "email", "aria-describedby": "email-error" });
      this.emailError = make("p", { class: "error", id: "email-error", role: "alert" });
      this.keep = make("button", { class: "go" }, say.keep);
      const row = make("div", { class: "row" }, this.email, this.keep);
      this.cardText = make("p", {}, say.away);
      this.card = make("form", { class: "card", novalidate: true, hidden: true });
      this.card.append(this.cardText, make("label", { for: "email" }, say.email), row, this.emailError);
      this.card.onsubmit = (event) => { event.preventDefault(); this.leaveEmail(); };
      return this.card;
    }

    renderComposer() {
      this.input = make("textarea", { id: "write", rows: "1", maxlength: "8000", placeholder: say.write });
      this.input.oninput = () => this.type();
      this.input.onkeydown = (event) => {
        if (event.key === "Enter" && !event.shiftKey && !event.isComposing) { event.preventDefault(); this.send(); }
      };
      const row = make("div", { class: "row" }, this.input, make("button", { class: "go" }, say.send));
      const form = make("form", { class: "write" }, make("label", { class: "name", for: "write" }, say.write), row);
      form.onsubmit = (event) => { event.preventDefault(); this.send(); };
      return form;
    }

    toggle() {
      this.panel.hidden = !this.panel.hidden;
      const isOpen = !this.panel.hidden;
      this.root.classList.toggle("open", isOpen);
      this.launch.setAttribute("aria-expanded", String(isOpen));
      if (isOpen) {
        if (this.line.state === "idle") this.line.connect();
        this.log.scrollTop = this.log.scrollHeight;
        this.input.focus();
        this.markRead();
      } else {
        this.launch.focus();
      }
      this.label();
    }

    /** The button's name and number tell what waits behind it. */
    label() {
      const isOpen = !this.panel.hidden;
      const news = this.unread && !isOpen ? `, ${this.unread} ${say.news}` : "";
      this.launch.setAttribute("aria-label", (isOpen ? say.close : say.open) + news);
      this.badge.hidden = !news;
      this.badge.textContent = String(this.unread);
    }

    showLine() {
      this.notice.textContent = { waiting: say.waiting, gone: say.gone }[this.line.state] || "";
    }

    hear(frame) {
      const heard = {
        welcome: () => this.welcome(frame),
        message: () => this.message(frame),
        ack: () => this.acknowledged(frame),
        agent: () => { this.who.textContent = frame.state === "joined" ? `${frame.name} ${say.joined}` : say.left; },
        typing: () => this.showTyping(frame),
        read: () => this.agentHasRead(frame.seq),
        done: () => this.done(frame.what),
        err: () => this.refused(frame),
      }[frame.t];
      if (heard) heard();
    }

    welcome({ online }) {
      this.isOnline = online;
      this.card.hidden = online || Boolean(this.store.memory.email);
      if (!online) this.who.textContent = "";
      if (this.store.memory.email && this.isEmailDue) this.line.say({ t: "email", email: this.store.memory.email });
    }

    message({ id, seq, direction, text, at, author, conversation }) {
      this.line.place = { conversation, after: seq };
      this.newest = seq;
      const own = direction === "inbound";
      const known = this.items.get(id);
      if (!known) this.add({ id, seq, text, own, at, author, state: "sent" });
      else Object.assign(known, { seq });
      this.mail.hidden = false;
      this.showStates();
      if (own) return;
      this.showTyping({ on: false });
      if (!known) this.unread += 1;
      this.line.say({ t: "seen", seq });
      this.markRead();
      this.label();
    }

    acknowledged({ id, message, seq }) {
      this.store.keep({ pending: this.store.memory.pending.filter((each) => each.id !== id) });
      const item = this.items.get(id);
      this.items.delete(id);
      if (this.items.has(message)) item?.element.remove();
      else if (item) this.items.set(message, Object.assign(item, { seq, state: "sent" }));
      this.showStates();
      this.sendEmail();
    }

    add({ id, seq, text, own, at, author, state }) {
      this.hello.remove();
      const name = make("span", { class: "name" }, `${own ? say.you : author || say.us}: `);
      const time = new Date(at || Date.now()).toLocaleTimeString(language, { hour: "2-digit", minute: "2-digit" });
      const meta = make("p", { class: "meta" }, own ? time : `${author || say.us} · ${time}`);
      const element = make("div", { class: own ? "item own" : "item" }, make("p", { class: "bubble" }, name, ...linked(text)), meta);
      this.items.set(id, { element, meta, time, own, seq, state });
      this.log.append(element);
      this.log.scrollTop = this.log.scrollHeight;
      this.showStates();
    }

    showStates() {
      for (const { own, meta, time, seq, state } of this.items.values()) {
        if (!own) continue;
        const shown = state === "sent" && seq <= this.agentRead ? "read" : state;
        meta.textContent = `${time} · ${say[shown]}`;
      }
    }

    agentHasRead(seq) {
      this.agentRead = seq;
      this.showStates();
    }

    markRead() {
      if (this.panel.hidden || document.hidden) return;
      this.unread = 0;
      if (this.newest) this.line.say({ t: "read", seq: this.newest });
    }

    showTyping({ on, name }) {
      clearTimeout(this.typingTimer);
      this.typing.textContent = on ? `${name || say.us} ${say.typing}` : "";
      if (on) this.typingTimer = setTimeout(() => this.showTyping({ on: false }), TYPING_ENDS_MS);
    }

    type() {
      this.input.style.height = "auto";
      this.input.style.height = `${this.input.scrollHeight + 2}px`;
      const now = Date.now();
      if (now - (this.typedAt || 0) > TYPING_EVERY_MS) {
        this.typedAt = now;
        this.line.say({ t: "typing", on: true });
      }
      clearTimeout(this.suggesting);
      if (suggest !== undefined && !this.items.size) {
        this.suggesting = setTimeout(() => this.suggest().catch(() => {}), SUGGESTS_AFTER_MS);
      }
    }

    /** Show articles that may answer what is written so far; without an answer all stays as it is. */
    async suggest() {
      const body = new URLSearchParams({ q: this.input.value.trim().slice(-LONGEST_ASKED), lang: language });
      const where = `${base}/help/${encodeURIComponent(channel)}/suggest`;
      const response = await fetch(where, { method: "POST", body, credentials: "omit" });
      if (!response.ok || this.items.size) return;
      const { articles } = await response.json();
      const links = articles.map((each) => make("li", { lang: each.language },
        make("a", { href: base + each.url, target: "_blank", rel: "noopener" }, each.title)));
      this.suggested.replaceChildren(...(links.length ? [make("p", {}, say.perhaps), make("ul", {}, ...links)] : []));
    }

    send() {
      const text = this.input.value.trim();
      if (!text) return;
      clearTimeout(this.suggesting);
      this.suggested.replaceChildren();
      const id = newId();
      this.store.keep({ pending: [...this.store.memory.pending, { id, text }] });
      this.add({ id, text, own: true, state: "sending" });
      this.line.say({ t: "typing", on: false });
      this.line.say({ t: "message", id, text });
      this.input.value = "";
      this.input.style.height = "";
      this.typedAt = 0;
    }

    leaveEmail() {
      const isSound = this.email.value && this.email.validity.valid;
      this.emailError.textContent = isSound ? "" : say.wrong;
      this.email.setAttribute("aria-invalid", String(!isSound));
      if (!isSound) {
        this.email.focus();
        return;
      }
      this.isEmailDue = true;
      this.store.keep({ email: this.email.value });
      this.card.hidden = true;
      this.notice.textContent = `${say.kept} ${this.email.value}`;
      this.input.focus();
      this.sendEmail();
    }

    /** An address belongs to a conversation: it waits for the first message. */
    sendEmail() {
      if (this.isEmailDue && this.newestOrPending()) this.line.say({ t: "email", email: this.store.memory.email });
    }

    newestOrPending() {
      return this.items.size > 0 && !this.store.memory.pending.length;
    }

    askTranscript() {
      if (!this.store.memory.email) {
        this.cardText.textContent = say.transcript;
        this.keep.textContent = say.send;
        this.wantsTranscript = true;
        this.card.hidden = false;
        this.email.focus();
        return;
      }
      this.line.say({ t: "transcript", email: this.store.memory.email });
    }

    done(what) {
      if (what === "transcript") {
        this.notice.textContent = say.posted;
        return;
      }
      this.isEmailDue = false;
      if (this.wantsTranscript) this.askTranscript();
      this.wantsTranscript = false;
    }

    refused({ code, ref }) {
      if (ref) setTimeout(() => this.again(ref), 2000);
      else if (code === "refused" || code === "too_many") this.notice.textContent = say.refused;
    }

    /** A message that could not be stored is said once more, under the same id. */
    again(id) {
      const pending = this.store.memory.pending.find((each) => each.id === id);
      if (pending) this.line.say({ t: "message", ...pending });
    }
  }

  const begin = () => {
    const host = document.createElement("div");
    document.body.append(host);
    new Chat(host.attachShadow({ mode: "open" }));
  };
  if (document.readyState === "loading") addEventListener("DOMContentLoaded", begin, { once: true });
  else begin();
})();
