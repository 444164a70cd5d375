// The box one writes an idea in. What is in it stays on the device until it is sent and confirmed.
import { h, set } from "./dom.js";
import { LONGEST, WRITES } from "./shown.js";
import { joinTexts } from "./kept.js";
import { length } from "./words.js";

const REST_MS = 1000;
let boxes = 0;

// A text field that grows with its text, and counts it.
export function growing(field, counter, t) {
  field.style.height = "auto";
  field.style.height = `${field.scrollHeight + 2}px`;
  const n = length(field.value);
  set(counter, { text: t("counter", { n: n.toLocaleString("en"), most: LONGEST.toLocaleString("en") }), class: n > LONGEST ? "bd-counter is-bad" : "bd-counter" });
  return n;
}

// Whether a key sends: Ctrl or Cmd with Enter, but not the Enter that picks a Chinese word.
export const sends = (event) => event.key === "Enter" && (event.ctrlKey || event.metaKey) && !event.isComposing;

export function composer({ kept, send, write, tell, now = Date.now }) {
  const id = `bd-idea-${(boxes += 1)}`;
  const label = h("label", { class: "bd-h2", for: id });
  const field = h("textarea", { id, class: "bd-input", rows: "3", dir: "auto", "aria-describedby": `${id}-hint` });
  const counter = h("span", { class: "bd-counter" });
  const hint = h("span", { class: "bd-small bd-grow", id: `${id}-hint` });
  const close = h("button", { type: "button", class: "bd-btn", "data-do": "close-compose" });
  const submit = h("button", { type: "submit", class: "bd-btn is-primary" });
  const el = h("form", { class: "bd-compose", novalidate: true }, label, field, h("div", { class: "bd-row" }, hint, counter, close, submit));
  let token = "";
  let open = false;
  let state = { stage: "write", over: false };
  let t = (key) => key;
  let timer = 0;

  const report = () => {
    clearTimeout(timer);
    if (timer && token) send({ do: "draft", text: field.value });
    timer = 0;
  };
  const put = (text) => {
    field.value = text;
    if (token) kept.keepDraft(token, text, now());
  };
  const changed = () => {
    growing(field, counter, t);
    if (token) kept.keepDraft(token, field.value, now());
    clearTimeout(timer);
    timer = setTimeout(report, REST_MS);
  };
  const submitNow = () => {
    const n = length(field.value);
    if (!n) return field.focus();
    if (n > LONGEST) return tell(t("too_long", { n: n.toLocaleString("en"), most: LONGEST.toLocaleString("en") }), true);
    if (state.over) return tell(t("time_is_up_kept"), true);
    clearTimeout(timer);
    timer = 0;
    const text = field.value;
    // First into the outbox, then out of the draft: it is always in one of the two.
    write(text);
    put("");
    growing(field, counter, t);
    if (state.stage === "write") field.focus();
    else open = false;
    api.changed?.();
  };
  field.addEventListener("input", changed);
  field.addEventListener("blur", report);
  field.addEventListener("keydown", (event) => {
    if (sends(event)) {
      event.preventDefault();
      submitNow();
    } else if (event.key === "Escape" && state.stage !== "write") {
      open = false;
      api.changed?.();
    }
  });
  el.addEventListener("submit", (event) => {
    event.preventDefault();
    submitNow();
  });

  const api = {
    el,
    field,
    report,
    get text() {
      return field.value;
    },
    // The draft of this place in the room; the server's where this device has none of its own.
    start(mine, servers) {
      if (token === mine) return;
      token = mine;
      const own = kept.draft(token);
      const left = kept.draft("") ?? "";
      put(joinTexts(own ?? servers ?? "", left));
      if (left) kept.keepDraft("", "", now());
    },
    stop() {
      clearTimeout(timer);
      timer = 0;
      token = "";
      field.value = "";
    },
    giveBack(text) {
      put(joinTexts(field.value, text));
      if (state.stage !== "write") open = true;
    },
    show(on) {
      open = on;
    },
    focus() {
      field.focus();
    },
    get open() {
      return open;
    },
    draw(view, words, over) {
      t = words;
      const stage = view.room?.stage ?? "write";
      // A stage that begins while somebody is typing leaves the box where it is; a box that is hidden keeps the
      // focus until the browser has drawn.
      if (stage !== state.stage) open = stage !== "write" && ((document.activeElement === field && !el.hidden) || (open && field.value.trim() !== ""));
      state = { stage, over };
      const takes = WRITES.includes(stage) && view.mode !== "lead";
      if (!takes) open = false;
      const inline = stage === "write";
      set(el, { hidden: !takes || !(inline || open), class: inline ? "bd-compose" : "bd-compose is-raised" });
      set(label, { text: t(inline ? "compose_private" : "compose") });
      set(field, { placeholder: t("compose_hint") });
      set(hint, { text: over ? t("time_is_up_kept") : t("compose_keys"), class: over ? "bd-small bd-grow is-warn" : "bd-small bd-grow bd-keys" });
      set(close, { text: t("close"), hidden: inline });
      set(submit, { text: t("send"), "aria-disabled": over ? "true" : null });
      if (!el.hidden) growing(field, counter, t);
    },
  };
  return api;
}
