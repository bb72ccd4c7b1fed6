/**
 * A Sportello form in any page, without a framework:
 *
 *   <script src="https://help.example.com/embed/form.js" data-channel="ch_..." defer></script>
 *
 * Attributes: `data-channel` (the form's key), `data-target` (a selector; without it the form
 * stands after the script), `data-lang` (`en`, `it`; else the document's), `data-theme` (`light`,
 * `dark`; else the reader's), `data-suggest` (show articles that may answer, while somebody writes),
 * `data-challenge` (the name of a function of the page that promises the answer to the challenge,
 * where the form has one).
 */
(() => {
  "use strict";

  /** @typedef {{name: string, type: string, labels: Record<string, string>, required: boolean,
   *             options?: string[], max_length?: number}} Field */
  /** @typedef {{fields: Field[], files: {most: number, max_bytes: number}, challenge: boolean,
   *             stamp: string, min_seconds: number}} Definition */

  const TEXTS = {
    en: {
      name: "Your name", email: "Email address", subject: "Subject", message: "Message",
      optional: "optional", choose: "Please choose", send: "Send", trap: "Leave this field empty",
      sending: "Sending…", offline: "No connection. Your message is kept and sent as soon as possible.",
      busy: "Many messages at this moment. Yours is kept and sent by itself.",
      failed: "Your message could not be sent. Nothing is lost: please try again.",
      large: "The files are too large: please send fewer or smaller ones.",
      challenge: "Please confirm that you are a person, and send again.",
      thanks: "Thank you", received: "Your message has arrived. We will answer by email.",
      acknowledged: "A confirmation is on its way to your mailbox.",
      perhaps: "Perhaps this answers it (opens in another tab):",
      unavailable: "The form cannot be shown at this moment.", elsewhere: "Open it on its own page",
      "is required": "Please fill in this field.",
      "must be a mail address": "Please enter an email address, like ada@example.com.",
      "must be one of the options": "Please choose one of the options.",
      wrong: "Please check this field.",
    },
    it: {
      name: "Nome", email: "Indirizzo email", subject: "Oggetto", message: "Messaggio",
      optional: "facoltativo", choose: "Scegli una voce", send: "Invia", trap: "Lascia vuoto questo campo",
      sending: "Invio in corso…",
      offline: "Manca la connessione. Il messaggio è al sicuro e partirà appena possibile.",
      busy: "Molti messaggi in questo momento. Il tuo è al sicuro e partirà da solo.",
      failed: "Il messaggio non è partito. Non hai perso nulla: riprova.",
      large: "I file sono troppo grandi: inviane meno o più piccoli.",
      challenge: "Conferma di essere una persona e invia di nuovo.",
      thanks: "Grazie", received: "Il messaggio è arrivato. Risponderemo via email.",
      acknowledged: "Una conferma è in arrivo nella tua casella.",
      perhaps: "Forse qui c'è la risposta (si apre in un'altra scheda):",
      unavailable: "In questo momento il modulo non è disponibile.", elsewhere: "Aprilo nella sua pagina",
      "is required": "Compila questo campo.",
      "must be a mail address": "Scrivi un indirizzo email, come ada@example.com.",
      "must be one of the options": "Scegli una delle voci.",
      wrong: "Controlla questo campo.",
    },
  };
  const HALVES = new Set(["name", "email"]);
  const TRAP = "website_url";
  const MOST_TRIES = 6;
  const LONGEST_WAIT_S = 60;
  const SUGGESTS_AFTER_MS = 600;
  const LONGEST_ASKED = 500;

  const script = /** @type {HTMLScriptElement} */ (document.currentScript);
  const { channel = "", target, lang, theme, challenge, suggest } = script.dataset;
  const base = new URL("..", script.src).href.replace(/\/$/, "");
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

  const pause = (seconds) => new Promise((resolve) => setTimeout(resolve, seconds * 1000));

  const newId = () =>
    Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");

  /** What a response asks to wait, in seconds. */
  const askedWait = (response) => Number(response.headers.get("Retry-After")) || 0;

  class Form {
    /** @param {ShadowRoot} shadow */
    constructor(shadow) {
      this.shadow = shadow;
      this.id = newId();
      this.isSending = false;
    }

    async start() {
      const style = make("link", { rel: "stylesheet", href: `${base}/embed/form.css` });
      const styled = new Promise((resolve) => { style.onload = style.onerror = resolve; });
      this.root = make("div", { class: `sportello ${theme || ""}`, lang: say === TEXTS.en ? "en" : language });
      this.shadow.append(style);
      try {
        await this.define();
        this.root.append(this.render());
      } catch {
        const link = make("a", { href: `${base}/forms/${channel}` }, say.elsewhere);
        this.root.append(make("p", { role: "alert" }, `${say.unavailable} `, link));
      }
      await styled;
      this.shadow.append(this.root);
    }

    /** Fetch what the form asks, with a fresh stamp. */
    async define() {
      const response = await fetch(`${base}/in/forms/${encodeURIComponent(channel)}`, { credentials: "omit" });
      if (!response.ok) throw new Error(`the form's definition: ${response.status}`);
      /** @type {Definition} */
      this.definition = await response.json();
      this.definedAt = performance.now();
    }

    render() {
      this.form = make("form", { novalidate: true });
      this.form.append(...this.definition.fields.map((field) => this.question(field)));
      const trap = make("input", { name: TRAP, tabindex: "-1", autocomplete: "off" });
      this.form.append(make("div", { class: "trap", "aria-hidden": "true" }, make("label", {}, say.trap, trap)));
      this.suggested = make("div", { class: "suggested", role: "status" });
      this.form.append(this.suggested);
      this.status = make("p", { class: "status", role: "status" });
      this.button = make("button", {}, say.send);
      this.form.append(this.button, this.status);
      this.form.addEventListener("submit", (event) => { event.preventDefault(); this.submit(); });
      this.form.addEventListener("input", (event) => this.changed(event.target));
      return this.form;
    }

    /** @param {Field} field */
    question(field) {
      const id = `f-${field.name}`;
      const label = make("label", { for: id }, this.label(field));
      if (!field.required) label.append(" ", make("span", { class: "optional" }, `(${say.optional})`));
      const half = HALVES.has(field.name) ? " half" : "";
      return make("div", { class: `field${half}` }, label, this.control(field, id));
    }

    label(field) {
      const { labels } = field;
      return labels[language] || labels[""] || Object.values(labels)[0] || say[field.name] || field.name;
    }

    control(field, id) {
      const shared = { id, name: field.name, required: field.required, maxlength: field.max_length };
      if (field.type === "textarea") return make("textarea", { ...shared, rows: "6" });
      if (field.type === "select") {
        const options = field.options.map((option) => make("option", { value: option }, option));
        return make("select", shared, make("option", { value: "" }, say.choose), ...options);
      }
      if (field.type === "file") return make("input", { ...shared, type: "file", multiple: true });
      return make("input", { ...shared, type: field.type, autocomplete: HALVES.has(field.name) && field.name });
    }

    /** Other content is another submission; its mistake is gone until the next look at it. */
    changed(control) {
      this.id = newId();
      if (control.getAttribute("aria-invalid")) this.mark(control, null);
      if (suggest === undefined || !["subject", "message"].includes(control.name)) return;
      clearTimeout(this.suggesting);
      this.suggesting = setTimeout(() => this.suggest().catch(() => {}), SUGGESTS_AFTER_MS);
    }

    /** Show articles that may answer what is written so far; without an answer all stays as it is. */
    async suggest() {
      const written = ["subject", "message"].map((name) => this.form.elements.namedItem(name)?.value || "");
      const body = new URLSearchParams({ q: written.join(" ").trim().slice(-LONGEST_ASKED), lang: language });
      const where = `${base}/help/${encodeURIComponent(channel)}/suggest`;
      const response = await fetch(where, { method: "POST", body, credentials: "omit" });
      if (!response.ok) return;
      const { articles } = await response.json();
      const links = articles.map((each) => make("li", { lang: each.language },
        make("a", { href: base + each.url, target: "_blank", rel: "noopener" }, each.title)));
      this.suggested.replaceChildren(...(links.length ? [make("p", {}, say.perhaps), make("ul", {}, ...links)] : []));
    }

    mark(control, text) {
      const id = `e-${control.name}`;
      this.shadow.getElementById(id)?.remove();
      if (text === null) {
        control.removeAttribute("aria-invalid");
        control.removeAttribute("aria-describedby");
        return;
      }
      control.setAttribute("aria-invalid", "true");
      control.setAttribute("aria-describedby", id);
      control.after(make("p", { class: "error", id }, text));
    }

    /** Show mistakes, by field name; the first one gets the focus. */
    show(mistakes) {
      const wrong = [];
      for (const { name } of this.definition.fields) {
        const control = this.form.elements.namedItem(name);
        this.mark(control, name in mistakes ? say[mistakes[name]] || say.wrong : null);
        if (name in mistakes) wrong.push(control);
      }
      wrong[0]?.focus();
      return wrong.length > 0;
    }

    mistakes() {
      const found = {};
      const { most, max_bytes } = this.definition.files;
      for (const field of this.definition.fields) {
        const control = this.form.elements.namedItem(field.name);
        if (field.required && !control.value.trim()) found[field.name] = "is required";
        else if (control.validity.typeMismatch) found[field.name] = "must be a mail address";
        const files = [...(control.files || [])];
        if (files.length > most || files.some((file) => file.size > max_bytes)) found[field.name] = "large";
      }
      return found;
    }

    async submit() {
      if (this.isSending || this.show(this.mistakes())) return;
      this.isSending = true;
      this.button.setAttribute("aria-disabled", "true");
      this.status.textContent = say.sending;
      const outcome = await this.deliver().catch(() => "failed");
      this.isSending = false;
      this.button.removeAttribute("aria-disabled");
      this.status.textContent = outcome ? say[outcome] || "" : "";
      if (outcome === "received") this.thank();
    }

    /** Send until there is an answer for the reader; returns the text to show, or nothing. */
    async deliver() {
      const early = this.definition.min_seconds - (performance.now() - this.definedAt) / 1000;
      if (early > 0) await pause(early);
      for (let tries = 1; tries <= MOST_TRIES; tries += 1) {
        const response = await this.post();
        if (response?.ok) {
          this.isAcknowledged = Boolean((await response.json().catch(() => ({}))).acknowledged);
          return "received";
        }
        const again = response ? await this.react(response) : await this.reconnect(tries);
        if (again !== true) return again;
      }
      return "failed";
    }

    async post() {
      const data = new FormData(this.form);
      data.set("submission_id", this.id);
      data.set("_stamp", this.definition.stamp);
      if (this.definition.challenge && challenge) data.set("_challenge", await window[challenge]());
      try {
        return await fetch(`${base}/in/forms/${encodeURIComponent(channel)}`, {
          method: "POST", body: data, credentials: "omit",
        });
      } catch {
        return null;
      }
    }

    async reconnect(tries) {
      this.status.textContent = say.offline;
      const online = new Promise((resolve) => addEventListener("online", resolve, { once: true }));
      await Promise.race([online, pause(2 ** tries)]);
      return true;
    }

    /** True to send again; else the text to show. */
    async react(response) {
      const wait = askedWait(response);
      if (response.status === 422) return this.mend(await response.json(), wait);
      if (response.status === 413) return "large";
      if (![429, 503].includes(response.status) || wait > LONGEST_WAIT_S) return "failed";
      this.status.textContent = say.busy;
      await pause(wait);
      return true;
    }

    async mend(problem, wait) {
      const wrong = Object.fromEntries((problem.errors || []).map(({ pointer, detail }) => [pointer.slice(1), detail]));
      if ("_challenge" in wrong) return "challenge";
      if ("_stamp" in wrong) {
        if (!wait) await this.define();
        await pause(wait || this.definition.min_seconds);
        return true;
      }
      if (TRAP in wrong) {
        this.form.elements.namedItem(TRAP).value = "";
        return true;
      }
      return this.show(wrong) ? "" : "failed";
    }

    thank() {
      const done = make("div", { class: "done", tabindex: "-1", role: "status" });
      this.form.replaceWith(done);
      done.append(make("h2", {}, say.thanks), make("p", {}, say.received));
      if (this.isAcknowledged) done.append(make("p", {}, say.acknowledged));
      done.focus();
    }
  }

  const begin = () => {
    const host = document.createElement("div");
    const place = target && document.querySelector(target);
    if (place) place.append(host);
    else script.after(host);
    new Form(host.attachShadow({ mode: "open" })).start();
  };
  if (document.readyState === "loading") addEventListener("DOMContentLoaded", begin, { once: true });
  else begin();
})();
