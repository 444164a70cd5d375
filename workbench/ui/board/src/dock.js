// What stays at the bottom: one's votes or how many ideas there are, and the way to add one.
import { h, keyed, set } from "./dom.js";
import { WRITES } from "./shown.js";

const MOST_DOTS = 10;

export function dock() {
  const label = h("small");
  const dots = h("div", { class: "bd-dots", "aria-hidden": "true" });
  const left = h("b");
  const add = h("button", { type: "button", class: "bd-btn", "data-do": "add" });
  const leave = h("button", { type: "button", class: "bd-btn", "data-do": "leave" });
  const about = h("div", {}, label, dots);
  const el = h("footer", { class: "bd-dock" }, about, left, h("span", { class: "bd-grow" }), add, leave);
  return {
    el,
    focus: () => add.focus(),
    draw(view, state, t, draft) {
      const { stage, votes_each: all } = view.room ?? {};
      const takes = WRITES.includes(stage);
      set(el, { hidden: !takes && stage !== "closed" });
      const used = state.votes.size;
      const voting = stage === "vote";
      set(dots, { hidden: !voting || all > MOST_DOTS });
      if (voting && all <= MOST_DOTS)
        keyed(dots, [...Array(all).keys()], (i) => i, () => h("i"), (node, i) => set(node, { class: i < used ? "is-used" : "" }));
      set(label, { text: voting ? t("your_votes") : takes ? t("so_far") : "" });
      set(about, { hidden: !takes });
      set(left, { text: voting ? t("votes_left", { n: Math.max(0, all - used), all }) : takes ? t.count("ideas_in_room", state.n_ideas) : t("closed_note") });
      set(add, { text: draft ? t("go_on_writing") : t("add_idea"), hidden: !takes });
      set(leave, { text: t("other_room"), hidden: stage !== "closed" });
    },
  };
}

// Sentences that come and go: seen in a corner, and said aloud.
export function toasts() {
  const aloud = h("div", { class: "bd-sr", role: "status", "aria-live": "polite" });
  const text = h("p", { dir: "auto" });
  const act = h("button", { type: "button", class: "bd-link" });
  const close = h("button", { type: "button", class: "bd-link" });
  const box = h("div", { class: "bd-toast", hidden: true }, text, act, close);
  const live = h("div", { class: "bd-toasts", "aria-live": "assertive", "aria-atomic": "true" }, box);
  const REST_MS = 6000;
  let timer = 0;
  const hide = () => {
    clearTimeout(timer);
    set(box, { hidden: true });
  };
  close.addEventListener("click", hide);
  return {
    els: [aloud, live],
    say(sentence) {
      // The same sentence twice is said twice only if the text differs between.
      set(aloud, { text: "" });
      requestAnimationFrame(() => set(aloud, { text: sentence }));
    },
    // A refusal stays until it is read; a note goes by itself.
    tell(sentence, t, { bad = false, label = "", then = null } = {}) {
      clearTimeout(timer);
      set(text, { text: sentence });
      set(act, { text: label, hidden: !label });
      act.onclick = () => {
        hide();
        then?.();
      };
      set(close, { text: t("close") });
      set(box, { hidden: false, class: bad ? "bd-toast is-bad" : "bd-toast" });
      if (!bad && !label) timer = setTimeout(hide, REST_MS);
    },
    focus: () => act.focus(),
    stop: () => clearTimeout(timer),
  };
}
