// The brainstorm board: joins what the room says with what is still on its way, and draws it.
import { Clock } from "./clock.js";
import { drawCard, makeCard } from "./cards.js";
import { composer } from "./compose.js";
import { dock, toasts } from "./dock.js";
import { holding, h, keyed, scrollerOf, set } from "./dom.js";
import { dragging } from "./drag.js";
import { roomHead, topBar } from "./head.js";
import { joinForm } from "./join.js";
import { joinTexts, Kept } from "./kept.js";
import { Outbox } from "./outbox.js";
import { moveSheet, nameSheet, profileSheet } from "./sheets.js";
import { ALONE, NEW, Order, overlaid, sections, stepTo, WRITES } from "./shown.js";
import { localeOf, short, speaker } from "./words.js";

const TICK_MS = 250;
const AWAY_MS = 5000;
const ASK_AGAIN_MS = 3000;

function device() {
  try {
    return window.localStorage;
  } catch {
    return null;
  }
}

function run({ model, el }) {
  let view = {};
  const lead = model.get("view").mode === "lead";
  // A facilitator's page keeps nothing on the device: it has no token to come back with.
  const kept = new Kept(lead ? null : device());
  const clock = new Clock(() => performance.now());
  const order = new Order();
  const send = (message) => {
    try {
      model.send(message);
    } catch { /* the connection is gone: moves are sent again, a draft with its next letter */ }
  };
  const talk = toasts();
  const outbox = new Outbox({ kept, send, changed: () => paint() });
  const join = joinForm({ kept, send });
  const top = topBar();
  const head = roomHead({ clock, say: talk.say });
  const bottom = dock();
  const profile = profileSheet();
  const naming = nameSheet();
  const moving = moveSheet({ choose: (id, to) => moveTo(id, to, true) });
  let token = "";
  let t = speaker({});
  let state = overlaid(view, []);
  let shownStage = null;
  let tab = null;
  let stale = false;
  let asking = 0;
  const expanded = new Set();
  const picked = new Set();
  let editing = new Map();

  const tell = (sentence, bad, more = {}) => talk.tell(sentence, t, { bad, ...more });
  const put = (action, content, more) => {
    outbox.put(action, content, more);
    paint();
  };
  const compose = composer({
    kept,
    send,
    tell,
    write: (text) => put("write", { text }, { after: Math.max(0, ...[...state.ideas.values()].map((idea) => idea.idea_id ?? 0)) }),
  });
  // Closed, the box gives the focus to the button that opens it.
  compose.changed = () => {
    const inside = compose.el.contains(document.activeElement);
    paint();
    if (inside && compose.el.hidden) bottom.focus();
  };

  const board = h("div", { class: "bd-board" });
  const fresh = h("div", { class: "bd-new", "data-drop": NEW });
  const empty = h("p", { class: "bd-empty" });
  const room = h("main", { class: "bd-main" }, head.el, compose.el, empty, fresh, board);
  const trouble = h("p", { class: "bd-note is-bad", role: "status", hidden: true });
  head.el.before(trouble);
  el.replaceChildren(...[lead ? null : top.el, join.el, room, lead ? null : bottom.el, profile.el, moving.el, naming.el, ...talk.els].filter(Boolean));

  // Ideas and groups ------------------------------------------------------------------

  const cards = new Map();
  const may = () => {
    const stage = view.room?.stage;
    const over = clock.over && !lead;
    return {
      write: !lead && WRITES.includes(stage),
      vote: !lead && stage === "vote",
      move: !over && (view.may_move ?? stage === "group"),
    };
  };
  const keepEdit = (id, text) => {
    editing.set(id, text);
    if (token) kept.keepEdit(token, id, text);
  };
  const endEdit = (id) => {
    editing.delete(id);
    if (token) kept.keepEdit(token, id, null);
  };
  const save = (id, text) => {
    const idea = state.ideas.get(id);
    endEdit(id);
    if (idea && text.trim() !== idea.text) put("edit", { idea_id: idea.idea_id, text });
    else paint();
    cards.get(id)?.el.querySelector("[data-do=edit]")?.focus();
  };

  const drawSection = (node, row, look) => {
    const { stage } = look;
    const [header, list] = node.children;
    const titled = row.name !== null || row.id === ALONE;
    const title = row.id === "mine" ? t("your_ideas") : (row.name ?? (stage === "group" || state.groups.length ? t("alone") : t("all_ideas")));
    const counts = [t.count("n_ideas", row.ideas.length)];
    if (["vote", "decide", "closed"].includes(stage)) counts.push(t.count("n_votes", row.votes));
    set(node, { class: `bd-section${row.pending ? " is-pending" : ""}${row.id === ALONE ? " is-alone" : ""}`, "data-drop": look.may.move ? row.id : null, "aria-label": title });
    set(header, { hidden: !titled && row.id !== "mine" });
    set(header.children[0], { text: title });
    set(header.children[1], { text: counts.join(" · ") });
    const named = look.may.move && typeof row.group_id === "number";
    set(header.children[2], { text: t("rename"), hidden: !named, "data-group": named ? row.group_id : null, "aria-label": named ? t("rename_label", { name: row.name }) : null });
    keyed(list, row.ideas, (idea) => idea.id, (idea) => cards.get(idea.id).el);
    set(node.children[2], { text: t("empty_group"), hidden: row.ideas.length > 0 || stage !== "group" });
  };
  const makeSection = () =>
    h("section", {},
      h("header", { class: "bd-sec" }, h("h2", { class: "bd-h2", dir: "auto" }), h("span", { class: "bd-small" }), h("button", { type: "button", class: "bd-link", "data-do": "rename" })),
      h("div", { class: "bd-cards" }),
      h("p", { class: "bd-small bd-none" }));

  const drawBoard = () => {
    const stage = view.room?.stage ?? "write";
    const ordered = order.apply([...state.ideas.values()], stage);
    const rows = stage === "write" && !lead ? [{ id: "mine", name: null, ideas: ordered, votes: 0 }] : sections(state, ordered, stage);
    const look = { t, lang: view.lang, stage, mode: view.mode, votes: state.votes, expanded, editing, picked, may: may(), keepEdit, save };
    if (!state.ideas.has(tab)) tab = rows.flatMap((row) => row.ideas)[0]?.id ?? null;
    look.tab = tab;
    for (const [id, card] of cards) {
      if (state.ideas.has(id)) continue;
      card.el.remove();
      cards.delete(id);
    }
    for (const idea of ordered) {
      if (!cards.has(idea.id)) cards.set(idea.id, makeCard());
      drawCard(cards.get(idea.id), idea, look);
    }
    set(board, { class: `bd-board is-${stage}${rows.length === 1 ? " is-one" : ""}` });
    keyed(board, rows, (row) => row.id, makeSection, (node, row) => drawSection(node, row, look));
    set(fresh, { text: t("new_group_here"), hidden: !look.may.move || state.ideas.size === 0 });
    const none = state.ideas.size === 0;
    const secret = lead && stage === "write";
    set(empty, { text: secret ? t.count("not_shown_yet", state.n_ideas) : t(stage === "write" ? "empty_mine" : "empty_room"), hidden: !none });
    set(board, { hidden: none && !(stage === "group" && state.groups.length) });
    for (const id of [...picked]) if (!state.ideas.has(String(id))) picked.delete(id);
  };

  // The card that keeps its place on the screen while others' moves change what is around it.
  const anchor = () => {
    if (view.room?.stage !== shownStage) return null;
    const active = document.activeElement?.closest?.("[data-card]");
    if (active && el.contains(active)) return active;
    const first = board.getBoundingClientRect();
    if (first.top >= 0) return null;
    for (const { el: card } of cards.values()) {
      const box = card.getBoundingClientRect();
      if (box.bottom > 60 && box.top < window.innerHeight) return card;
    }
    return null;
  };

  const paint = () => {
    // A dragged card stays in the hand: what others do is drawn when it is let go.
    stale = drag.on;
    if (stale) return;
    const { mode, joined } = view;
    const inside = joined || lead;
    state = overlaid(view, outbox.shown());
    if (picked.size) reportPicked();
    holding(el, anchor, () => {
      set(el, { lang: localeOf(view.lang), "data-mode": mode ?? "part", "data-stage": inside ? (view.room?.stage ?? "") : "join" });
      set(join.el, { hidden: inside || !view.words });
      set(room, { hidden: !inside });
      if (!lead) top.draw(view, t, inside && (outbox.late || navigator.onLine === false));
      if (!inside) {
        set(bottom.el, { hidden: true });
        if (view.words) join.draw(view, t);
        return;
      }
      set(trouble, { text: view.error || "", hidden: !view.error });
      set(head.el, { hidden: lead });
      if (!lead) {
        head.draw(view, t);
        compose.draw(view, t, clock.over);
        bottom.draw(view, state, t, !compose.open && compose.text.trim() !== "");
        profile.draw(view, t);
      } else set(compose.el, { hidden: true });
      drawBoard();
      moving.draw(view, state, t);
    });
    if (shownStage !== null && shownStage !== view.room?.stage && inside && view.room?.stage)
      talk.say(t("now_stage", { stage: t(`stage_${view.room.stage}`) }));
    // The form is gone with the focus in it.
    if (shownStage === null && inside && !lead && (document.activeElement === document.body || join.el.contains(document.activeElement))) head.focus();
    shownStage = inside ? (view.room?.stage ?? null) : null;
  };

  // Moves -----------------------------------------------------------------------------

  const groupName = (id) => state.groups.find((group) => String(group.group_id) === String(id))?.name ?? t("alone");
  const moveTo = (id, to, byKey = false) => {
    const idea = state.ideas.get(id);
    if (!idea || idea.idea_id === null) return;
    const about = { idea_id: idea.idea_id };
    const went = (content, name) => {
      put("move", { ...about, ...content });
      talk.say(t("moved", { text: short(idea.text, 60), group: name }));
      if (byKey) cards.get(id)?.el.focus();
    };
    if (to === NEW) return naming.ask(t, t("name_new_group"), t("make_group"), t("new_group"), (name) => went({ new_group: name }, name));
    const group = to === ALONE ? null : Number(to);
    const now = state.groups.some((each) => each.group_id === idea.group_id) ? idea.group_id : null;
    if (group === now || Number.isNaN(group)) return byKey && cards.get(id)?.el.focus();
    went(group === null ? {} : { group_id: group }, groupName(to));
  };
  const reportPicked = () => {
    const there = [...picked].filter((id) => state.ideas.has(String(id)));
    if (there.length === picked.size) return;
    picked.clear();
    for (const id of there) picked.add(id);
    send({ do: "pick", ideas: there.sort((a, b) => a - b) });
  };

  const drag = dragging({
    el,
    mayDrag: (card) => card.classList.contains("is-movable"),
    scroller: () => scrollerOf(el),
    started: (card) => talk.say(t("dragging", { text: short(state.ideas.get(card.dataset.card)?.text ?? "", 60) })),
    ended: () => stale && paint(),
    drop: (card, to) => moveTo(card.dataset.card, to),
  });

  // The place in the room is gone: what did not arrive waits on the device for the next one.
  const lose = () => {
    outbox.token ||= token;
    const lost = joinTexts(...outbox.drop(), compose.text || kept.draft(token) || "");
    kept.change((all) => Object.assign(all, { token: "", code: "" }));
    if (lost) kept.keepDraft("", joinTexts(kept.draft(""), lost), Date.now());
    token = "";
    editing = new Map();
    compose.stop();
    join.rest();
  };
  const leave = () => {
    compose.report();
    send({ do: "leave" });
    lose();
    profile.close();
  };

  const acts = {
    lang: (target) => send({ do: "lang", value: target.dataset.value }),
    theme: (target) => send({ do: "theme", value: target.dataset.value }),
    profile: () => profile.open(),
    leave,
    add() {
      compose.show(true);
      paint();
      compose.el.scrollIntoView({ block: "nearest" });
      compose.focus();
    },
    "close-compose"() {
      compose.show(false);
      compose.changed();
    },
    expand(_, id) {
      if (!expanded.delete(id)) expanded.add(id);
      paint();
    },
    edit(_, id) {
      keepEdit(id, state.ideas.get(id)?.text ?? "");
      paint();
      const form = cards.get(id)?.el.querySelector(".bd-edit");
      form?.querySelector("textarea").focus();
      form?.scrollIntoView({ block: "nearest" });
    },
    "cancel-edit"(_, id) {
      endEdit(id);
      paint();
      cards.get(id)?.el.querySelector("[data-do=edit]")?.focus();
    },
    withdraw(_, id) {
      const idea = state.ideas.get(id);
      if (!idea) return;
      put("withdraw", { idea_id: idea.idea_id });
      tell(t("withdrawn"), false, { label: t("write_again"), then: () => { compose.giveBack(idea.text); acts.add(); } });
      talk.focus();
    },
    move: (_, id) => moving.open(id, view, state, t),
    rename(target) {
      const group = state.groups.find((each) => each.group_id === Number(target.dataset.group));
      if (!group) return;
      naming.ask(t, t("rename_group"), t("save"), group.name, (name) => {
        if (name !== group.name) put("name_group", { group_id: group.group_id, name });
      });
    },
    vote(_, id) {
      const idea = state.ideas.get(id);
      if (!idea) return;
      const all = view.room.votes_each;
      if (clock.over) return tell(t("time_is_up"), true);
      if (state.votes.has(idea.idea_id)) return put("unvote", { idea_id: idea.idea_id });
      if (state.votes.size >= all) return tell(t("no_votes_left", { n: all }), true);
      put("vote", { idea_id: idea.idea_id });
      talk.say(t("votes_left", { n: all - state.votes.size, all }));
    },
    pick(target, id) {
      const number = state.ideas.get(id)?.idea_id;
      if (target.checked) picked.add(number);
      else picked.delete(number);
      send({ do: "pick", ideas: [...picked].sort((a, b) => a - b) });
    },
  };
  const pressed = (event) => {
    const target = event.target.closest("[data-do]");
    if (!target || !el.contains(target) || target.getAttribute("aria-disabled") === "true") return;
    acts[target.dataset.do]?.(target, target.closest("[data-card]")?.dataset.card);
  };
  el.addEventListener("click", pressed);

  // Cards are one stop of the tab key; arrows go from one to the next, M or Enter moves it.
  board.addEventListener("keydown", (event) => {
    const card = event.target;
    if (!card.matches?.(".bd-card.is-movable") || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Enter" || event.key.toLowerCase() === "m") {
      event.preventDefault();
      return acts.move(card, card.dataset.card);
    }
    const all = [...board.querySelectorAll(".bd-card.is-movable")];
    const to = stepTo(event.key, all.indexOf(card), all.length);
    if (to === null) return;
    event.preventDefault();
    all[to].focus();
  });
  board.addEventListener("focusin", (event) => {
    const id = event.target.closest("[data-card]")?.dataset.card;
    if (!id || id === tab || !may().move) return;
    const before = cards.get(tab)?.el;
    if (before?.hasAttribute("tabindex")) set(before, { tabindex: "-1" });
    tab = id;
    const now = cards.get(id)?.el;
    if (now?.hasAttribute("tabindex")) set(now, { tabindex: "0" });
  });

  // What the kernel says ----------------------------------------------------------------

  const settle = () => {
    if (lead) return outbox.start("lead");
    if (!view.joined) return;
    // A browser that keeps nothing, drawn anew: the kernel still knows whose page it is.
    const place = token || "here";
    outbox.start(place);
    compose.start(place, view.me?.draft);
    if (!editing.size) editing = kept.edits(token);
    // Withdrawn on another device while its change was being typed here.
    for (const [id, text] of [...editing]) {
      if (view.ideas?.some((idea) => String(idea.idea_id) === id)) continue;
      endEdit(id);
      compose.giveBack(text);
    }
  };
  const heard = (message) => {
    if (message.say === "joined") {
      token = message.token;
      kept.change((all) => Object.assign(all, { token, code: message.code }));
      join.rest();
      settle();
    } else if (message.say === "unknown") {
      lose();
    } else if (message.say === "done") {
      const move = outbox.done(message.key, message.content);
      if (move) rename(move, message.content ?? {});
    } else if (message.say === "refused") {
      const move = outbox.refused(message.key);
      if (move?.action === "write") compose.giveBack(move.content.text);
      if (move?.action === "edit") keepEdit(String(move.content.idea_id), move.content.text);
      if (move) tell(message.message, true);
    } else if (message.say === "error") {
      join.rest();
      tell(message.message, true);
      // The place in the room was asked for in vain: once more, a little later.
      clearTimeout(asking);
      if (token && !view.joined) asking = setTimeout(hello, ASK_AGAIN_MS);
    }
    paint();
  };
  // A new idea gets its number: its card stays the same element, with its focus.
  const rename = (move, answer) => {
    const before = `new:${move.key}`;
    const after = String(answer.idea_id);
    if (move.action !== "write" || !cards.has(before) || cards.has(after)) return;
    cards.set(after, cards.get(before));
    cards.delete(before);
    order.rename(before, after);
  };

  const changed = () => {
    const was = view.joined;
    const chosen = JSON.stringify(view.picked);
    view = model.get("view") ?? {};
    // The kernel may choose too, for example nothing any more once a decision is made.
    if (view.picked && JSON.stringify(view.picked) !== chosen) {
      picked.clear();
      for (const id of view.picked) if (view.ideas?.some((idea) => idea.idea_id === id)) picked.add(id);
    }
    t = speaker(view.words ?? {});
    if (was && !view.joined && token) lose();
    clock.set(view.room?.seconds_left, view.room?.seconds_all);
    head.reset();
    outbox.seen();
    settle();
    paint();
  };
  const surroundings = () => {
    const page = model.get("page") ?? {};
    if (page.lang) document.documentElement.lang = page.lang;
    if (page.theme) document.documentElement.dataset.theme = page.theme;
    if (page.title) document.title = page.title;
    if (page.query) {
      const url = new URL(window.location.href);
      for (const [name, value] of Object.entries(page.query)) url.searchParams.set(name, value);
      if (url.href !== window.location.href) window.history.replaceState(null, "", url);
    }
  };

  // The kernel hears of a page that comes, or comes back, and says anew how the room stands.
  const hello = () => {
    if (!lead) send({ do: "hello", token });
  };
  let hiddenAt = 0;
  const seen = () => {
    if (document.hidden) {
      hiddenAt = performance.now();
      compose.report();
    } else if (performance.now() - hiddenAt > AWAY_MS) {
      hello();
      outbox.again();
    }
  };
  const back = () => {
    hello();
    outbox.again();
    paint();
  };
  const gone = () => compose.report();
  let before = "";
  const tick = () => {
    if (lead || !view.joined) return;
    head.tick();
    const now = `${clock.over} ${outbox.late}`;
    if (now !== before) paint();
    before = now;
  };
  const ticking = setInterval(tick, TICK_MS);
  const wide = [[window, "online", back], [window, "offline", () => paint()], [window, "pagehide", gone], [document, "visibilitychange", seen]];
  for (const [target, name, act] of wide) target.addEventListener(name, act);

  if (!lead) {
    kept.forgetOld(Date.now());
    const before = kept.read();
    // Another room's code was scanned: this device's place in the one before is not used for it.
    const asked = model.get("view").code;
    token = asked && before.code && asked !== before.code ? "" : before.token;
  }
  const told = [["change:view", changed], ["change:page", surroundings], ["msg:custom", heard]];
  for (const [name, act] of told) model.on(name, act);
  surroundings();
  hello();
  changed();
  return () => {
    clearInterval(ticking);
    clearTimeout(asking);
    outbox.release();
    compose.report();
    talk.stop();
    drag.stop();
    for (const [target, name, act] of wide) target.removeEventListener(name, act);
    for (const [name, act] of told) model.off(name, act);
    el.removeEventListener("click", pressed);
    el.replaceChildren();
  };
}

// The board begins when the state says whose it is, and anew when that changes.
function render({ model, el }) {
  el.classList.add("wb-board");
  // In JupyterLab a letter pressed on a card is the board's, not a command of the notebook.
  el.dataset.lmSuppressShortcuts = "true";
  let mode = null;
  let stop = null;
  const begin = () => {
    const wanted = model.get("view")?.mode ?? null;
    if (wanted === mode) return;
    stop?.();
    mode = wanted;
    stop = mode ? run({ model, el }) : null;
  };
  model.on("change:view", begin);
  begin();
  return () => {
    model.off("change:view", begin);
    stop?.();
  };
}

export default { render };
