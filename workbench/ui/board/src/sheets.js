// Sheets over the board: the segment's profile, where to move a card, and how to name a group.
import { LANGUAGES, pair, segmentNames, slotColor, THEMES } from "./head.js";
import { h, keyed, set } from "./dom.js";
import { sideName } from "./join.js";
import { ALONE, NEW, stepTo } from "./shown.js";
import { number, percent, short } from "./words.js";

const LONGEST_GROUP = 200;
let sheets = 0;

function sheet(look = "") {
  const id = `bd-sheet-${(sheets += 1)}`;
  const title = h("h2", { class: "bd-h2", id });
  const close = h("button", { type: "button", class: "bd-btn bd-close" });
  const el = h("dialog", { class: `bd-sheet ${look}`, "aria-labelledby": id });
  close.addEventListener("click", () => el.close());
  el.addEventListener("click", (event) => {
    if (event.target === el) el.close();
  });
  return { el, title, close, head: h("div", { class: "bd-row bd-sheet-head" }, title, h("span", { class: "bd-grow" }), close) };
}

const show = (el) => {
  if (!el.open) el.showModal();
};

export function profileSheet() {
  const { el, title, close, head } = sheet();
  const swatch = h("i", { class: "bd-swatch", "aria-hidden": "true" });
  const other = h("span", { class: "bd-quiet", dir: "auto" });
  title.before(swatch);
  const about = h("p", { class: "bd-quiet" });
  const description = h("p", { dir: "auto" });
  const apart = h("h3", { class: "bd-h3" });
  const sentences = h("ul", { class: "bd-sentences" });
  const you = h("p", { class: "bd-quiet" });
  const theme = pair("theme", THEMES);
  const lang = pair("lang", LANGUAGES);
  const leave = h("button", { type: "button", class: "bd-btn", "data-do": "leave" });
  const foot = h("div", { class: "bd-sheet-foot" }, you, h("div", { class: "bd-row bd-wrap" }, lang.el, theme.el, h("span", { class: "bd-grow" }), leave));
  head.prepend(swatch);
  el.append(head, other, about, description, apart, sentences, foot);
  return {
    el,
    open: () => show(el),
    close: () => el.close(),
    draw(view, t) {
      const room = view.room ?? {};
      const profile = room.profile ?? {};
      const chinese = String(view.lang).startsWith("zh");
      const [first, second] = segmentNames(room, t, view.lang);
      swatch.style.background = slotColor(room.segment ? room.slot : 0);
      set(title, { text: first, dir: "auto" });
      set(other, { text: second, hidden: !second });
      set(close, { text: t("close") });
      const known = typeof profile.n === "number";
      const facts = [
        known ? t.count("profile_n", profile.n, { n: number(profile.n, view.lang) }) : "",
        known && typeof profile.share === "number" ? t("profile_share", { share: percent(profile.share, view.lang) }) : "",
        profile.snapshot_date ? t("profile_date", { date: profile.snapshot_date }) : "",
      ];
      set(about, { text: facts.filter(Boolean).join(" · "), hidden: !facts.some(Boolean) });
      const said = (chinese && profile.description_zh) || profile.description || "";
      set(description, { text: said, hidden: !said });
      const all = profile.sentences ?? {};
      const lines = (chinese ? all.zh_CN : all.en) ?? [];
      set(apart, { text: t("profile_apart"), hidden: !lines.length });
      keyed(sentences, lines.map((text, i) => ({ text, i })), (each) => each.i, () => h("li", { dir: "auto" }), (node, each) => set(node, { text: each.text }));
      set(you, { text: t("you_are", { name: view.me?.name ?? "", side: sideName(view.me?.side ?? "", t) }) });
      lang.draw(t("language"), view.lang, null);
      theme.draw(t("theme"), view.theme || "light", [t("light"), t("dark")]);
      set(leave, { text: t("leave") });
    },
  };
}

// "Move to …": groups, standing alone, a new group. Arrows step, Enter takes, Escape leaves.
export function moveSheet({ choose }) {
  const { el, title, close, head } = sheet("bd-move");
  const about = h("p", { class: "bd-quiet bd-about", dir: "auto" });
  const list = h("div", { class: "bd-list", role: "menu", "aria-labelledby": title.id });
  el.append(head, about, list);
  let id = null;
  const items = () => [...list.children];
  list.addEventListener("keydown", (event) => {
    const all = items();
    const to = stepTo(event.key, all.indexOf(document.activeElement), all.length);
    if (to === null) return;
    event.preventDefault();
    all[to].focus();
  });
  list.addEventListener("click", (event) => {
    const item = event.target.closest("button");
    if (!item) return;
    const about = id;
    el.close();
    choose(about, item.dataset.to);
  });
  const api = {
    el,
    open(about, view, state, t) {
      id = about;
      show(el);
      api.draw(view, state, t);
      (list.querySelector("[aria-checked=true]") ?? list.firstChild)?.focus();
    },
    draw(view, state, t) {
      if (!el.open) return;
      const idea = state.ideas.get(id);
      if (!idea) return el.close();
      set(title, { text: t("move_to") });
      set(close, { text: t("cancel") });
      set(about, { text: short(idea.text, 160) });
      const real = state.groups.filter((group) => typeof group.group_id === "number");
      const rows = [
        ...real.map((group) => ({ to: String(group.group_id), text: group.name, on: group.group_id === idea.group_id })),
        { to: ALONE, text: t("stand_alone"), on: !state.groups.some((group) => group.group_id === idea.group_id) },
        { to: NEW, text: t("new_group_item") },
      ];
      keyed(list, rows, (row) => row.to, () => h("button", { type: "button", class: "bd-item" }, h("b", { "aria-hidden": "true" }), h("span", { dir: "auto" })), (node, row) => {
        const plain = row.on === undefined;
        set(node, { "data-to": row.to, role: plain ? "menuitem" : "menuitemradio", "aria-checked": plain ? null : String(row.on), tabindex: "-1" });
        set(node.firstChild, { text: plain ? "+" : row.on ? "✓" : "" });
        set(node.lastChild, { text: row.text });
      });
    },
  };
  return api;
}

// One line that is asked for: a group's name.
export function nameSheet() {
  const { el, title, close, head } = sheet("bd-name");
  const field = h("input", { class: "bd-input", maxlength: String(LONGEST_GROUP), dir: "auto", "aria-labelledby": title.id });
  const save = h("button", { type: "submit", class: "bd-btn is-primary" });
  const form = h("form", { class: "bd-row", novalidate: true }, field, save);
  el.append(head, form);
  let then = null;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const name = field.value.trim();
    if (!name) return field.focus();
    const act = then;
    el.close();
    act?.(name);
  });
  return {
    el,
    ask(t, heading, action, value, act) {
      set(title, { text: heading });
      set(close, { text: t("cancel") });
      set(save, { text: action });
      field.value = value;
      then = act;
      show(el);
      field.focus();
      field.select();
    },
  };
}
