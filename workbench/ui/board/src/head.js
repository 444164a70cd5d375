// What stands above the ideas: room, people, language, segment, stages, question and clock.
import { clockText, toSay } from "./clock.js";
import { drawing, h, keyed, set } from "./dom.js";
import { STAGES } from "./shown.js";

const SLOTS = 10;
export const slotColor = (slot) => `var(--s${Number.isInteger(slot) && slot >= 1 && slot <= SLOTS ? slot : 0})`;

// The segment's name as the reader knows it, and in the other language.
export function segmentNames(room, t, lang) {
  if (!room?.segment) return [t("all_customers"), ""];
  const chinese = room.segment_zh || "";
  const [first, second] = String(lang).startsWith("zh") && chinese ? [chinese, room.segment] : [room.segment, chinese];
  return [first, second === first ? "" : second];
}

const mark = () =>
  drawing("svg", { width: "20", height: "20", viewBox: "0 0 20 20", "aria-hidden": "true", class: "bd-mark" },
    drawing("path", { d: "M10 2.2a7.8 7.8 0 1 1-7.3 5", fill: "none", stroke: "currentColor", "stroke-width": "2.4", "stroke-linecap": "round" }),
    drawing("circle", { cx: "4.6", cy: "4.5", r: "2.1", fill: "currentColor" }),
    drawing("circle", { cx: "10", cy: "10", r: "2.2", class: "bd-eye" }));

// Two buttons of which one is pressed: the language, the theme.
export function pair(action, choices) {
  const buttons = choices.map(([value, text]) => h("button", { type: "button", "data-do": action, "data-value": value, text: text ?? "", lang: action === "lang" ? (value === "en" ? "en" : "zh-CN") : null }));
  const el = h("div", { class: "bd-pair", role: "group" }, ...buttons);
  return {
    el,
    draw(label, now, texts) {
      set(el, { "aria-label": label });
      buttons.forEach((button, i) => set(button, { "aria-pressed": String(button.dataset.value === now), ...(texts ? { text: texts[i] } : {}) }));
    },
  };
}

export const LANGUAGES = [["en", "EN"], ["zh_CN", "中文"]];
export const THEMES = [["light", ""], ["dark", ""]];

export function topBar() {
  const name = h("b");
  const dot = h("i", { "aria-hidden": "true" });
  const here = h("span");
  const live = h("span", { class: "bd-live" }, dot, here);
  const lang = pair("lang", LANGUAGES);
  const theme = pair("theme", THEMES);
  theme.el.classList.add("bd-wider");
  const el = h("header", { class: "bd-top" }, h("div", { class: "bd-brand" }, mark(), name), h("span", { class: "bd-grow" }), live, theme.el, lang.el);
  return {
    el,
    draw(view, t, late) {
      set(name, { text: view.joined ? t("room", { code: view.room?.code ?? "" }) : t("product") });
      set(live, { hidden: !view.joined, class: late ? "bd-live is-late" : "bd-live" });
      set(here, { text: late ? t("offline") : t.count("here", view.n_people ?? 0) });
      lang.draw(t("language"), view.lang, null);
      theme.draw(t("theme"), view.theme || "light", [t("light"), t("dark")]);
    },
  };
}

export function roomHead({ clock, say }) {
  const swatch = h("i", { class: "bd-swatch", "aria-hidden": "true" });
  const first = h("b", { dir: "auto" });
  const second = h("span", { dir: "auto" });
  const profile = h("button", { type: "button", class: "bd-link", "data-do": "profile", "aria-haspopup": "dialog" });
  const segment = h("div", { class: "bd-segment" }, swatch, h("span", { class: "bd-names" }, first, " ", second), h("span", { class: "bd-grow" }), profile);
  const stages = h("ol", { class: "bd-stages" });
  const question = h("h1", { class: "bd-question", dir: "auto", tabindex: "-1" });
  const left = h("b");
  const leftSaid = h("small");
  const timer = h("div", { class: "bd-clock", role: "timer" }, left, leftSaid);
  const fill = h("i");
  const bar = h("div", { class: "bd-bar", "aria-hidden": "true" }, fill);
  const el = h("div", { class: "bd-head" }, segment, stages, h("div", { class: "bd-ask" }, question, timer), bar);
  let before = Infinity;
  let t = (key) => key;

  const tick = () => {
    if (!clock.runs) return;
    const now = clock.left();
    set(left, { text: now > 0 ? clockText(now) : "0:00" });
    set(leftSaid, { text: t(now > 0 ? "left" : "time_is_up") });
    set(timer, { class: now > 0 ? "bd-clock" : "bd-clock is-over" });
    fill.style.width = `${(clock.share() * 100).toFixed(1)}%`;
    const aloud = toSay(before, now);
    if (aloud) say(t("seconds_left", { n: aloud }));
    if (before > 0 && before !== Infinity && now <= 0) say(t("time_is_up_kept"));
    before = now;
  };

  return {
    el,
    tick,
    focus: () => question.focus({ preventScroll: true }),
    // The clock was set anew: nothing of it has been said yet.
    reset: () => { before = Infinity; },
    draw(view, words) {
      t = words;
      const room = view.room ?? {};
      const [one, two] = segmentNames(room, t, view.lang);
      swatch.style.background = slotColor(room.segment ? room.slot : 0);
      set(first, { text: one });
      set(second, { text: two });
      set(profile, { text: t("profile") });
      const now = STAGES.indexOf(room.stage);
      const at = now < 0 ? STAGES.length : now;
      set(stages, { "aria-label": t("stages") });
      keyed(stages, STAGES, (each) => each, () => h("li", {}, h("i", { "aria-hidden": "true" }), h("span"), h("span", { class: "bd-sr" })), (node, stage) => {
        const i = STAGES.indexOf(stage);
        set(node, { class: i < at ? "is-done" : i === at ? "is-now" : "", "aria-current": i === at ? "step" : null });
        set(node.children[1], { text: t(`stage_${stage}`) });
        set(node.children[2], { text: i < at ? t("stage_done") : "" });
      });
      set(question, { text: room.question ?? "" });
      const runs = clock.runs && room.stage !== "closed";
      set(timer, { hidden: !runs });
      set(bar, { hidden: !runs });
      tick();
    },
  };
}
