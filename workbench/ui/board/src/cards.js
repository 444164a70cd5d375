// One idea as a card. A card is made once and then patched: only what differs is touched.
import { growing, sends } from "./compose.js";
import { h, set } from "./dom.js";
import { sideName } from "./join.js";
import { isLong, LONGEST } from "./shown.js";
import { length, short } from "./words.js";

const button = (action, look = "bd-link") => h("button", { type: "button", class: look, "data-do": action });

export function makeCard() {
  const text = h("p", { class: "bd-text", dir: "auto" });
  const side = h("small", { class: "bd-side", dir: "auto" });
  const body = h("div", { class: "bd-body" }, text, side);
  const el = h("article", { class: "bd-card" }, body);
  return { el, body, text, side, drawn: "", parts: {} };
}

// Parts that most cards never need are made when one does.
function part(card, name, wanted, make) {
  const there = card.parts[name];
  if (!wanted) {
    there?.remove();
    if (there) delete card.parts[name];
    return null;
  }
  return there ?? (card.parts[name] = make());
}

export function drawCard(card, idea, look) {
  const { t, lang, stage, mode, votes, expanded, editing, picked, may } = look;
  const voted = votes.has(idea.idea_id);
  const edited = may.write && editing.has(idea.id);
  const sure = idea.idea_id !== null;
  const mine = may.write && idea.mine && sure && !edited;
  const flags = [expanded.has(idea.id), edited, voted, picked.has(idea.idea_id), mine, may.move, may.vote, look.tab === idea.id];
  const drawn = JSON.stringify([idea, flags, stage, lang, mode]);
  if (drawn === card.drawn) return;
  card.drawn = drawn;
  const { el, body, text, side, parts } = card;
  const movable = may.move && sure && !edited;
  set(el, {
    "data-card": idea.id,
    class: `bd-card${idea.pending ? " is-pending" : ""}${movable ? " is-movable" : ""}${idea.mine ? " is-mine" : ""}`,
    tabindex: movable ? (look.tab === idea.id ? "0" : "-1") : null,
    role: movable ? "group" : null,
    "aria-roledescription": movable ? t("card") : null,
    "aria-label": movable ? t("card_label", { text: short(idea.text, 80), side: sideName(idea.side, t) }) : null,
    "aria-keyshortcuts": movable ? "M Enter" : null,
  });
  const long = isLong(idea.text);
  const open = expanded.has(idea.id);
  set(text, { text: idea.text, hidden: edited, class: long && !open ? "bd-text is-clamped" : "bd-text" });
  const words = [sideName(idea.side, t), idea.mine && stage !== "write" ? t("yours") : "", idea.pending ? t("pending") : ""];
  set(side, { text: words.filter(Boolean).join(" · "), hidden: edited });

  const more = part(card, "more", long && !edited, () => button("expand"));
  if (more) {
    set(more, { text: t(open ? "show_less" : "show_all"), "aria-expanded": String(open) });
    if (!more.isConnected) text.after(more);
  }
  const pick = part(card, "pick", mode === "lead" && sure, () => h("label", { class: "bd-pick" }, h("input", { type: "checkbox", "data-do": "pick" })));
  if (pick) {
    set(pick.firstChild, { checked: picked.has(idea.idea_id), "aria-label": t("pick_label", { text: short(idea.text, 80) }) });
    if (!pick.isConnected) el.prepend(pick);
  }
  const actions = part(card, "actions", mine || movable, () => h("div", { class: "bd-actions" }));
  if (actions) {
    if (!actions.isConnected) body.append(actions);
    const wanted = [...(mine ? [["edit", "edit"], ["withdraw", "withdraw"]] : []), ...(movable ? [["move", "move_to"]] : [])];
    if (actions.dataset.has !== wanted.join()) {
      actions.dataset.has = wanted.join();
      actions.replaceChildren(...wanted.map(([action]) => button(action)));
    }
    // The keyboard moves a card by its own keys: no second stop for the same.
    wanted.forEach(([action, key], i) => set(actions.children[i], { text: t(key), tabindex: action === "move" ? "-1" : null }));
  }
  const vote = part(card, "vote", may.vote && sure && !edited, () => h("button", { type: "button", class: "bd-vote", "data-do": "vote" }, h("b", { "aria-hidden": "true" }), h("span")));
  if (vote) {
    set(vote, { "aria-pressed": String(voted), class: `bd-vote${voted ? " is-on" : ""}${idea.votePending ? " is-pending" : ""}`, "aria-label": t.count("vote_label", idea.votes, { text: short(idea.text, 80) }) });
    set(vote.firstChild, { text: voted ? "●" : "○" });
    set(vote.lastChild, { text: String(idea.votes) });
    if (!vote.isConnected) el.append(vote);
  }
  const counted = stage === "decide" || stage === "closed" || (mode === "lead" && (stage === "vote" || idea.votes > 0));
  const count = part(card, "count", counted && !vote, () => h("span", { class: "bd-count" }, h("b"), h("small"), h("span", { class: "bd-sr" })));
  if (count) {
    set(count.firstChild, { text: `${voted ? "● " : ""}${idea.votes}` });
    set(count.children[1], { text: t.count("votes_word", idea.votes) });
    set(count.lastChild, { text: voted ? t("with_yours") : "" });
    if (!count.isConnected) el.append(count);
  }
  drawEdit(card, idea, look, edited);
}

function drawEdit(card, idea, { t, editing, keepEdit, save }, edited) {
  const form = part(card, "edit", edited, () => {
    const field = h("textarea", { class: "bd-input", rows: "2", dir: "auto" });
    const counter = h("span", { class: "bd-counter" });
    const cancel = button("cancel-edit", "bd-btn");
    const keep = h("button", { type: "submit", class: "bd-btn is-primary" });
    const made = h("form", { class: "bd-edit", novalidate: true }, field, h("div", { class: "bd-row" }, h("span", { class: "bd-grow" }), counter, cancel, keep));
    field.value = editing.get(idea.id);
    field.addEventListener("input", () => {
      growing(field, counter, t);
      keepEdit(card.el.dataset.card, field.value);
    });
    const done = () => {
      const n = length(field.value);
      if (n && n <= LONGEST) save(card.el.dataset.card, field.value);
    };
    field.addEventListener("keydown", (event) => {
      event.stopPropagation();
      if (sends(event)) {
        event.preventDefault();
        done();
      } else if (event.key === "Escape") cancel.click();
    });
    made.addEventListener("submit", (event) => {
      event.preventDefault();
      done();
    });
    made.parts = { field, counter, cancel, keep };
    return made;
  });
  if (!form) return;
  const { field, counter, cancel, keep } = form.parts;
  set(field, { "aria-label": t("edit_label") });
  set(cancel, { text: t("cancel") });
  set(keep, { text: t("save") });
  if (!form.isConnected) card.body.append(form);
  growing(field, counter, t);
}
