// Built by scripts/build_bundles.py from src/: do not edit.
// clock.js
// A stage's clock. It counts from what the server said, never by the device's own time.
class Clock {
  constructor(now) {
    this.now = now;
    this.set(null, null);
  }

  set(left, all) {
    this.at = this.now();
    this.given = typeof left === "number" ? Math.max(0, left) : null;
    this.all = typeof all === "number" && all > 0 ? all : this.given;
  }

  get runs() {
    return this.given !== null;
  }

  left() {
    return this.runs ? Math.max(0, this.given - (this.now() - this.at) / 1000) : null;
  }

  // Share of the stage's time that is left, for the bar.
  share() {
    return this.runs && this.all ? Math.min(1, this.left() / this.all) : 0;
  }

  get over() {
    return this.runs && this.left() <= 0;
  }
}

function clockText(seconds) {
  const whole = Math.ceil(seconds);
  const [h, m, s] = [Math.floor(whole / 3600), Math.floor((whole % 3600) / 60), whole % 60];
  const two = (n) => String(n).padStart(2, "0");
  return h ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}

// Seconds left that are said aloud once each, the next first.
const SAID_AT = [60, 10];
const toSay = (before, after) => SAID_AT.find((mark) => before > mark && after <= mark && after > 0);

// dom.js
// Elements are made and patched here: texts go in as texts, never as HTML.
const SVG = "http://www.w3.org/2000/svg";

function set(node, values) {
  for (const [name, value] of Object.entries(values)) {
    if (name === "text") {
      if (node.textContent !== value) node.textContent = value;
    } else if (name === "hidden" || name === "checked" || name === "disabled" || name === "open") {
      if (node[name] !== value) node[name] = value;
    } else if (value === null || value === undefined || value === false) {
      if (node.hasAttribute(name)) node.removeAttribute(name);
    } else {
      const said = value === true ? "" : String(value);
      if (node.getAttribute(name) !== said) node.setAttribute(name, said);
    }
  }
  return node;
}

function h(tag, values = {}, ...children) {
  const node = set(document.createElement(tag), values);
  node.append(...children.filter(Boolean));
  return node;
}

function drawing(tag, values, ...children) {
  const node = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(values)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

// Children by key: nodes stay where they can, so that focus, caret and a press on them survive.
const books = new WeakMap();
function keyed(parent, items, keyOf, make, update) {
  const before = books.get(parent) ?? new Map();
  const now = new Map();
  for (const item of items) {
    const key = keyOf(item);
    now.set(key, before.get(key) ?? make(item));
  }
  const wanted = new Set(now.values());
  for (const node of before.values()) if (!wanted.has(node) && node.parentNode === parent) node.remove();
  let at = parent.firstChild;
  for (const node of now.values()) {
    // One that went elsewhere in the row is taken out, rather than all behind it moved.
    if (at && at !== node && at.nextSibling === node && wanted.has(at)) {
      const away = at;
      at = node;
      away.remove();
    }
    if (at === node) at = at.nextSibling;
    else parent.insertBefore(node, at);
  }
  books.set(parent, now);
  if (update) for (const item of items) update(now.get(keyOf(item)), item);
}

function forgetChildren(parent) {
  books.delete(parent);
  parent.replaceChildren();
}

function scrollerOf(node) {
  for (let each = node.parentElement; each; each = each.parentElement) {
    if (/auto|scroll/.test(getComputedStyle(each).overflowY) && each.scrollHeight > each.clientHeight + 1) return each;
  }
  return document.scrollingElement;
}

// Runs a repaint; the focus, its caret, and what one looks at stay where they are.
function holding(el, anchorsOf, paint) {
  const active = el.contains(document.activeElement) ? document.activeElement : null;
  const caret = active && "selectionStart" in active ? [active.selectionStart, active.selectionEnd] : null;
  const anchor = anchorsOf();
  const top = anchor?.getBoundingClientRect().top;
  paint();
  if (active && active !== document.activeElement && active.isConnected && !active.closest("[hidden]")) {
    active.focus({ preventScroll: true });
    if (caret && caret[0] !== null) active.setSelectionRange(...caret);
  }
  if (anchor?.isConnected && anchor.offsetParent) {
    const moved = anchor.getBoundingClientRect().top - top;
    if (Math.abs(moved) > 1) scrollerOf(el).scrollBy(0, moved);
  }
}

// shown.js
// What the board shows: the store's state with one's own moves on it that are still on their way.
const WRITES = ["write", "reveal", "group", "vote"];
const STAGES = ["write", "reveal", "group", "vote", "decide"];
const LONGEST = 10000;
const CLAMP_LETTERS = 280;
const CLAMP_LINES = 6;

const isLong = (text) => text.length > CLAMP_LETTERS || text.split("\n", CLAMP_LINES + 1).length > CLAMP_LINES;

const acts = {
  write(state, move) {
    // The state may have it already while its confirmation is still under way.
    const twin = [...state.ideas.values()].find(
      (idea) => idea.mine && !state.taken.has(idea.id) && idea.idea_id > (move.after ?? 0) && idea.text === move.content.text.trim(),
    );
    const known = move.answer && state.ideas.get(String(move.answer.idea_id));
    if (twin || known) {
      state.taken.add((known ?? twin).id);
      return;
    }
    const id = move.answer?.idea_id ? String(move.answer.idea_id) : `new:${move.key}`;
    const idea = { idea_id: move.answer?.idea_id ?? null, id, text: move.content.text.trim(), side: state.side };
    state.ideas.set(id, { ...idea, mine: true, group_id: null, votes: 0, pending: !move.answer });
    state.added += 1;
  },
  edit(state, move, idea) {
    idea.text = move.content.text.trim();
    idea.pending ||= !move.answer;
  },
  withdraw(state, move, idea) {
    if (state.ideas.delete(idea.id)) state.added -= 1;
    state.votes.delete(idea.idea_id);
  },
  move(state, move, idea) {
    let group = move.answer ? move.answer.group_id : (move.content.group_id ?? null);
    const named = move.content.new_group;
    if (named !== undefined && named !== null) {
      group ??= `new:${move.key}`;
      if (!state.groups.some((each) => each.group_id === group))
        state.groups.push({ group_id: group, name: named.trim(), pending: !move.answer });
    }
    idea.group_id = group;
    idea.pending ||= !move.answer;
  },
  name_group(state, move) {
    const group = state.groups.find((each) => each.group_id === move.content.group_id);
    if (!group) return;
    group.name = move.content.name.trim();
    group.pending ||= !move.answer;
  },
  vote(state, move, idea) {
    if (!state.votes.has(idea.idea_id)) idea.votes += 1;
    state.votes.add(idea.idea_id);
    idea.votePending ||= !move.answer;
  },
  unvote(state, move, idea) {
    if (state.votes.has(idea.idea_id)) idea.votes -= 1;
    state.votes.delete(idea.idea_id);
    idea.votePending ||= !move.answer;
  },
};

function overlaid(view, moves) {
  const ideas = (view.ideas ?? []).map((idea) => [String(idea.idea_id), { ...idea, id: String(idea.idea_id) }]);
  const state = {
    ideas: new Map(ideas),
    groups: (view.groups ?? []).map((group) => ({ ...group })),
    votes: new Set(view.me?.votes ?? []),
    side: view.me?.side ?? "",
    taken: new Set(),
    added: 0,
  };
  for (const move of moves) {
    const about = move.content?.idea_id;
    const idea = about === undefined ? null : state.ideas.get(String(about));
    if (about !== undefined && !idea) continue;
    acts[move.action]?.(state, move, idea);
  }
  return { ...state, n_ideas: (view.n_ideas ?? 0) + state.added };
}

// Ranks by votes are given once a stage, so that no card jumps under the finger; new ideas come last.
class Order {
  constructor() {
    this.stage = null;
    this.ranks = new Map();
  }

  apply(ideas, stage) {
    if (this.stage !== stage) this.ranks.clear();
    this.stage = stage;
    const byVotes = (a, b) => b.votes - a.votes;
    if (stage === "decide" || stage === "closed") return [...ideas].sort(byVotes);
    if (stage === "write") return [...ideas].reverse();
    if (stage !== "vote") return [...ideas];
    const fresh = ideas.filter((idea) => !this.ranks.has(idea.id));
    if (this.ranks.size === 0) fresh.sort(byVotes);
    for (const idea of fresh) this.ranks.set(idea.id, this.ranks.size);
    return [...ideas].sort((a, b) => this.ranks.get(a.id) - this.ranks.get(b.id));
  }

  rename(before, after) {
    if (!this.ranks.has(before)) return;
    this.ranks.set(after, this.ranks.get(before));
    this.ranks.delete(before);
  }
}

const ALONE = "alone";
const NEW = "new";

// Groups with their ideas, and those that stand alone: first while grouping, else last.
function sections(state, ordered, stage) {
  const votesOf = (ideas) => ideas.reduce((sum, idea) => sum + idea.votes, 0);
  const known = new Map(state.groups.map((group) => [group.group_id, []]));
  const alone = [];
  for (const idea of ordered) (known.get(idea.group_id) ?? alone).push(idea);
  let rows = state.groups.map((group) => ({ ...group, id: String(group.group_id), ideas: known.get(group.group_id) }));
  if (stage !== "group") rows = rows.filter((row) => row.ideas.length);
  for (const row of rows) row.votes = votesOf(row.ideas);
  if (stage === "decide" || stage === "closed") rows.sort((a, b) => b.votes - a.votes);
  const last = { id: ALONE, group_id: null, name: null, ideas: alone, votes: votesOf(alone) };
  if (stage === "group") return [last, ...rows];
  return alone.length || !rows.length ? [...rows, last] : rows;
}

// Where a list's focus goes; null where the key means nothing to it.
function stepTo(key, index, n) {
  const to = { ArrowDown: index + 1, ArrowUp: index - 1, Home: 0, End: n - 1 }[key];
  return to === undefined || !n ? null : Math.max(0, Math.min(n - 1, to));
}

// kept.js
// What stays on the device: who one is in the room, what is not confirmed yet, what is being typed.
const NAME = "workbench-room";
const KEPT_MS = 7 * 24 * 3600 * 1000;
const MOST_DRAFTS = 8;

const text = (value) => (typeof value === "string" ? value : "");
const record = (value) => (value && typeof value === "object" && !Array.isArray(value) ? value : {});

// Anything may stand in a device's storage: only what has its shape is taken.
function shaped(found) {
  const kept = record(found);
  const whole = (move) =>
    move && text(move.key) && text(move.action) && typeof move.token === "string" && typeof move.at === "number";
  return {
    token: text(kept.token),
    code: text(kept.code),
    name: text(kept.name),
    side: text(kept.side),
    moves: Array.isArray(kept.moves) ? kept.moves.filter(whole) : [],
    drafts: record(kept.drafts),
    edits: record(kept.edits),
  };
}

class Kept {
  constructor(storage) {
    this.storage = storage;
    this.memory = "{}";
  }

  // Read anew each time: another tab of the device may have written.
  read() {
    let found = null;
    try {
      found = this.storage ? this.storage.getItem(NAME) : null;
    } catch { /* a browser that keeps nothing */ }
    try {
      return shaped(JSON.parse(found ?? this.memory));
    } catch {
      return shaped(null);
    }
  }

  change(act) {
    const kept = this.read();
    act(kept);
    this.memory = JSON.stringify(kept);
    try {
      this.storage?.setItem(NAME, this.memory);
    } catch { /* full, or keeps nothing: the page's memory has it */ }
  }

  forgetOld(now) {
    this.change((kept) => {
      kept.moves = kept.moves.filter((move) => now - move.at < KEPT_MS);
      const fresh = Object.entries(kept.drafts).filter(([, draft]) => now - (draft?.at ?? 0) < KEPT_MS);
      kept.drafts = Object.fromEntries(fresh.sort((a, b) => b[1].at - a[1].at).slice(0, MOST_DRAFTS));
      kept.edits = Object.fromEntries(Object.entries(kept.edits).filter(([token]) => token in kept.drafts));
    });
  }

  // The draft of a place in a room; undefined where this device never had one.
  draft(token) {
    const found = this.read().drafts[token];
    return found && typeof found.text === "string" ? found.text : undefined;
  }

  keepDraft(token, text, at) {
    this.change((kept) => {
      kept.drafts[token] = { text, at };
    });
  }

  edits(token) {
    const found = Object.entries(record(this.read().edits[token]));
    return new Map(found.filter(([, value]) => typeof value === "string"));
  }

  keepEdit(token, id, text) {
    this.change((kept) => {
      const mine = record(kept.edits[token]);
      if (text === null) delete mine[id];
      else mine[id] = text;
      kept.edits[token] = mine;
    });
  }
}

// Two texts that both have to stay: one after the other.
const joinTexts = (...texts) => texts.filter((each) => each && each.trim()).join("\n\n");

// words.js
// Texts of the catalogue, with their placeholders filled, and figures as the reader writes them.
const fill = (text, values = {}) =>
  text.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? String(values[name]) : whole));

// `t("join_title")`; `t.count("ideas", 1)` takes the singular "ideas_one" where there is one.
function speaker(words) {
  const t = (name, values) => fill(words[name] ?? name, values);
  t.count = (name, n, values) => t(n === 1 && words[`${name}_one`] ? `${name}_one` : name, { n, ...values });
  return t;
}

const localeOf = (lang) => (String(lang).startsWith("zh") ? "zh-CN" : "en");

function number(value, lang) {
  const compact = value >= 10000 ? { notation: "compact", maximumSignificantDigits: 3 } : {};
  return new Intl.NumberFormat(localeOf(lang), compact).format(value);
}

const percent = (share, lang) =>
  new Intl.NumberFormat(localeOf(lang), { style: "percent", maximumFractionDigits: 1 }).format(share);

// As the store counts a text: characters, not halves of them, without the space around.
const length = (text) => [...text.trim()].length;

function short(text, most) {
  const letters = [...text];
  return letters.length > most ? `${letters.slice(0, most - 1).join("")}…` : text;
}

// compose.js
// The box one writes an idea in. What is in it stays on the device until it is sent and confirmed.

const REST_MS = 1000;
let boxes = 0;

// A text field that grows with its text, and counts it.
function growing(field, counter, t) {
  field.style.height = "auto";
  field.style.height = `${field.scrollHeight + 2}px`;
  const n = length(field.value);
  set(counter, { text: t("counter", { n: n.toLocaleString("en"), most: LONGEST.toLocaleString("en") }), class: n > LONGEST ? "bd-counter is-bad" : "bd-counter" });
  return n;
}

// Whether a key sends: Ctrl or Cmd with Enter, but not the Enter that picks a Chinese word.
const sends = (event) => event.key === "Enter" && (event.ctrlKey || event.metaKey) && !event.isComposing;

function composer({ kept, send, write, tell, now = Date.now }) {
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

// join.js
// The form one joins a room with: code, name, and which side one speaks for.

const HEAD_OFFICE = "head_office";
const LONGEST_NAME = 80;
const ANSWER_MS = 10000;
let forms = 0;

function joinForm({ kept, send }) {
  const id = `bd-join-${(forms += 1)}`;
  const field = (name, values) => {
    const label = h("label", { class: "bd-label", for: `${id}-${name}` });
    const input = h("input", { id: `${id}-${name}`, class: "bd-input", "aria-describedby": `${id}-${name}-why`, ...values });
    const why = h("p", { class: "bd-why", id: `${id}-${name}-why`, hidden: true });
    return { label, input, why, row: h("div", { class: "bd-field" }, label, input, why) };
  };
  const code = field("code", { inputmode: "numeric", autocomplete: "off", maxlength: "12", enterkeyhint: "next" });
  code.input.classList.add("bd-code");
  const name = field("name", { autocomplete: "nickname", maxlength: String(LONGEST_NAME), dir: "auto" });
  const branch = field("branch", { autocomplete: "off", maxlength: String(LONGEST_NAME), dir: "auto", list: `${id}-sides` });
  const sides = h("datalist", { id: `${id}-sides` });
  const choice = (value) => {
    const input = h("input", { type: "radio", name: `${id}-side`, value });
    const said = h("span");
    return { input, said, row: h("label", { class: "bd-choice" }, input, said) };
  };
  const office = choice(HEAD_OFFICE);
  const other = choice("branch");
  const legend = h("legend", { class: "bd-label" });
  const sideWhy = h("p", { class: "bd-why", id: `${id}-side-why`, hidden: true });
  const side = h("fieldset", { class: "bd-field bd-sides", "aria-describedby": sideWhy.id }, legend, h("div", { class: "bd-choices" }, office.row, other.row), sideWhy);
  const title = h("h1", { class: "bd-h1" });
  const lead = h("p", { class: "bd-quiet" });
  const error = h("p", { class: "bd-note is-bad", role: "alert", hidden: true });
  const join = h("button", { class: "bd-btn is-primary bd-wide", type: "submit" });
  const privacy = h("p", { class: "bd-small" });
  const el = h("form", { class: "bd-join", novalidate: true, autocomplete: "off" }, title, lead, error, code.row, name.row, side, branch.row, sides, join, privacy);

  let filled = false;
  let busy = false;
  let t = (key) => key;
  const why = (part, input, key) => {
    set(part, { text: key ? t(key) : "", hidden: !key });
    set(input, { "aria-invalid": key ? "true" : null });
    return !key;
  };
  const showBranch = () => set(branch.row, { hidden: !other.input.checked });
  el.addEventListener("change", showBranch);
  el.addEventListener("input", (event) => {
    if (event.target === code.input && !code.why.hidden) why(code.why, code.input, "");
  });

  let patience = 0;
  const wait = (on) => {
    busy = on;
    clearTimeout(patience);
    // The same refusal twice changes nothing in the state: the button comes back all the same.
    if (on) patience = setTimeout(() => wait(false), ANSWER_MS);
    set(join, { text: t(on ? "joining" : "join"), "aria-disabled": on ? "true" : null });
  };
  el.addEventListener("submit", (event) => {
    event.preventDefault();
    if (busy) return;
    const digits = code.input.value.replace(/\D/g, "");
    const chosen = office.input.checked ? HEAD_OFFICE : other.input.checked ? branch.input.value.trim() : null;
    const fine = [
      [why(code.why, code.input, digits.length === 6 ? "" : "code_wrong"), code.input],
      [why(name.why, name.input, name.input.value.trim() ? "" : "name_missing"), name.input],
      [why(sideWhy, side, chosen === null ? "side_missing" : ""), office.input],
      [why(branch.why, branch.input, chosen === "" ? "branch_missing" : ""), branch.input],
    ];
    const first = fine.find(([good]) => !good);
    if (first) return first[1].focus();
    const known = name.input.value.trim();
    kept.change((all) => Object.assign(all, { name: known, side: chosen }));
    wait(true);
    send({ do: "join", code: digits, name: known, side: chosen });
  });

  return {
    el,
    rest: () => wait(false),
    draw(view, words) {
      t = words;
      if (!filled) {
        filled = true;
        const before = kept.read();
        code.input.value = view.code || "";
        name.input.value = before.name;
        office.input.checked = before.side === HEAD_OFFICE;
        other.input.checked = Boolean(before.side) && before.side !== HEAD_OFFICE;
        if (other.input.checked) branch.input.value = before.side;
        showBranch();
      }
      for (const [node, key] of [[title, "join_title"], [lead, "join_lead"], [code.label, "code"], [name.label, "name"], [legend, "side"], [office.said, "head_office"], [other.said, "branch"], [branch.label, "branch_name"], [privacy, "join_privacy"]])
        set(node, { text: t(key) });
      if (view.error && busy) wait(false);
      set(join, { text: t(busy ? "joining" : "join") });
      set(error, { text: view.error || "", hidden: !view.error });
      const names = [...new Set(view.sides ?? [])].filter((each) => each !== HEAD_OFFICE);
      keyed(sides, names, (each) => each, (each) => h("option", { value: each }));
    },
  };
}

const sideName = (side, t) => (side === HEAD_OFFICE ? t("head_office") : side);

// cards.js
// One idea as a card. A card is made once and then patched: only what differs is touched.

const button = (action, look = "bd-link") => h("button", { type: "button", class: look, "data-do": action });

function makeCard() {
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

function drawCard(card, idea, look) {
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

// dock.js
// What stays at the bottom: one's votes or how many ideas there are, and the way to add one.

const MOST_DOTS = 10;

function dock() {
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
function toasts() {
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

// drag.js
// Cards are dragged with a mouse, a pen or, after a long press, a finger. Whoever can't drag
// has the list "Move to …" for the same.
const SLOP_PX = 6;
const TOUCH_SLOP_PX = 10;
const PRESS_MS = 350;
const EDGE_PX = 72;
const SPEED_PX = 14;
const PRESSABLE = "button,input,textarea,select,a,summary,label";

function dragging({ el, mayDrag, scroller, drop, started, ended }) {
  let drag = null;

  const begin = () => {
    const { card, x, y } = drag;
    const box = card.getBoundingClientRect();
    drag.on = true;
    drag.off = [x - box.left, y - box.top];
    drag.ghost = card.cloneNode(true);
    drag.ghost.removeAttribute("tabindex");
    drag.ghost.setAttribute("aria-hidden", "true");
    drag.ghost.classList.add("is-ghost");
    drag.ghost.style.width = `${box.width}px`;
    el.append(drag.ghost);
    card.classList.add("is-dragged");
    el.classList.add("is-dragging");
    if (drag.type !== "mouse") navigator.vibrate?.(12);
    started(card);
    follow();
    drag.frame = requestAnimationFrame(scroll);
  };

  const follow = () => {
    const [dx, dy] = drag.off;
    drag.ghost.style.transform = `translate(${drag.x - dx}px,${drag.y - dy}px)`;
    const under = document.elementFromPoint(drag.x, drag.y)?.closest("[data-drop]");
    const target = under && el.contains(under) ? under : null;
    if (target === drag.target) return;
    drag.target?.classList.remove("is-target");
    target?.classList.add("is-target");
    drag.target = target;
  };

  const scroll = () => {
    if (!drag?.on) return;
    const box = scroller();
    const page = box === document.scrollingElement;
    const [top, bottom] = page ? [0, window.innerHeight] : [box.getBoundingClientRect().top, box.getBoundingClientRect().bottom];
    const up = Math.max(0, top + EDGE_PX - drag.y);
    const down = Math.max(0, drag.y - (bottom - EDGE_PX));
    if (up || down) {
      box.scrollBy(0, Math.sign(down - up) * SPEED_PX * Math.min(1, (up + down) / EDGE_PX));
      follow();
    }
    drag.frame = requestAnimationFrame(scroll);
  };

  const end = (dropped) => {
    if (!drag) return;
    clearTimeout(drag.timer);
    const { on, card, target, ghost } = drag;
    cancelAnimationFrame(drag.frame);
    drag = null;
    if (!on) return;
    ghost.remove();
    card.classList.remove("is-dragged");
    target?.classList.remove("is-target");
    el.classList.remove("is-dragging");
    ended();
    if (dropped && target) drop(card, target.dataset.drop);
  };

  const down = (event) => {
    if (drag || event.button !== 0 || !event.isPrimary || event.target.closest(PRESSABLE)) return;
    const card = event.target.closest("[data-card]");
    if (!card || !el.contains(card) || !mayDrag(card)) return;
    drag = { card, id: event.pointerId, type: event.pointerType, x: event.clientX, y: event.clientY };
    drag.from = [drag.x, drag.y];
    if (drag.type !== "mouse") drag.timer = setTimeout(begin, PRESS_MS);
  };
  const move = (event) => {
    if (!drag || event.pointerId !== drag.id) return;
    [drag.x, drag.y] = [event.clientX, event.clientY];
    if (drag.on) return follow();
    const far = Math.hypot(drag.x - drag.from[0], drag.y - drag.from[1]);
    if (drag.type === "mouse") {
      if (far > SLOP_PX) begin();
    } else if (far > TOUCH_SLOP_PX) end(false);
  };
  const up = (event) => {
    if (drag && event.pointerId === drag.id) end(event.type === "pointerup");
  };
  const key = (event) => {
    if (event.key !== "Escape" || !drag?.on) return;
    event.preventDefault();
    event.stopPropagation();
    end(false);
  };
  // A finger that drags does not scroll; one that has not pressed long enough does.
  const still = (event) => {
    if (drag?.on && event.cancelable) event.preventDefault();
  };
  const menu = (event) => {
    if (drag && drag.type !== "mouse") event.preventDefault();
  };

  el.addEventListener("pointerdown", down);
  el.addEventListener("touchmove", still, { passive: false });
  el.addEventListener("contextmenu", menu);
  const wide = [["pointermove", move], ["pointerup", up], ["pointercancel", up], ["keydown", key]];
  for (const [name, act] of wide) window.addEventListener(name, act, true);
  return {
    get on() {
      return Boolean(drag?.on);
    },
    stop() {
      end(false);
      el.removeEventListener("pointerdown", down);
      el.removeEventListener("touchmove", still);
      el.removeEventListener("contextmenu", menu);
      for (const [name, act] of wide) window.removeEventListener(name, act, true);
    },
  };
}

// head.js
// What stands above the ideas: room, people, language, segment, stages, question and clock.

const SLOTS = 10;
const slotColor = (slot) => `var(--s${Number.isInteger(slot) && slot >= 1 && slot <= SLOTS ? slot : 0})`;

// The segment's name as the reader knows it, and in the other language.
function segmentNames(room, t, lang) {
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
function pair(action, choices) {
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

const LANGUAGES = [["en", "EN"], ["zh_CN", "中文"]];
const THEMES = [["light", ""], ["dark", ""]];

function topBar() {
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

function roomHead({ clock, say }) {
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

// outbox.js
// Moves on their way to the store. They go in their order, the next when the one before is
// answered, so that a vote and its taking back can't overtake each other; what has no answer
// is sent again under its key, and the store makes it once.
const AGAIN_MS = [4000, 8000, 15000];
const LATE_MS = 6000;

function newKey(random = globalThis.crypto) {
  // randomUUID is only there on secure pages; a bank's room may be plain http inside its network.
  const bytes = random.getRandomValues(new Uint8Array(16));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

class Outbox {
  constructor({ kept, send, now = Date.now, later = (act, ms) => setTimeout(act, ms), stop = (timer) => clearTimeout(timer), changed }) {
    Object.assign(this, { kept, send, now, later, stop, changed });
    this.token = "";
    this.settled = [];
    this.sent = null;
  }

  // From now on moves are this token's; what it left unanswered before is sent.
  start(token) {
    if (this.token === token && token) return;
    this.token = token;
    this.settled = [];
    this.release();
    this.push();
  }

  waiting() {
    return this.token ? this.kept.read().moves.filter((move) => move.token === this.token) : [];
  }

  // What the board shows over the store's state: confirmed moves until a state has them.
  shown() {
    return [...this.settled, ...this.waiting()];
  }

  put(action, content, more = {}) {
    const move = { token: this.token, key: newKey(), action, content, at: this.now(), ...more };
    this.kept.change((kept) => kept.moves.push(move));
    this.push();
    return move;
  }

  push() {
    const next = this.waiting()[0];
    if (!next || this.sent?.key === next.key) return;
    this.release();
    this.sent = { key: next.key, at: this.now(), tries: 0 };
    this.deliver(next);
  }

  deliver(move) {
    const pause = AGAIN_MS[Math.min(this.sent.tries, AGAIN_MS.length - 1)];
    this.sent.tries += 1;
    this.sent.timer = this.later(() => {
      const still = this.waiting().find((each) => each.key === move.key);
      if (still) this.deliver(still);
      else {
        // Another tab of this device had it confirmed.
        this.release();
        this.push();
      }
      this.changed?.();
    }, pause);
    this.send({ do: "move", key: move.key, action: move.action, content: move.content });
  }

  // The connection is back: no need to wait for the timer.
  again() {
    const first = this.waiting()[0];
    this.release();
    if (first) this.push();
  }

  release() {
    if (this.sent) this.stop(this.sent.timer);
    this.sent = null;
  }

  get late() {
    return this.sent !== null && this.now() - this.sent.at > LATE_MS;
  }

  take(key) {
    const found = this.kept.read().moves.find((move) => move.key === key);
    if (found) this.kept.change((kept) => { kept.moves = kept.moves.filter((move) => move.key !== key); });
    if (this.sent?.key === key) this.release();
    return found;
  }

  done(key, answer) {
    const move = this.take(key);
    if (move && move.token === this.token) this.settled.push({ ...move, answer: answer ?? {} });
    this.push();
    return move;
  }

  refused(key) {
    const move = this.take(key);
    this.push();
    return move;
  }

  // A state that came after a confirmation has what was confirmed.
  seen() {
    this.settled = [];
  }

  // The place in the room is gone: texts that never arrived are given back, the rest is forgotten.
  drop() {
    const texts = this.waiting().filter((move) => move.action === "write").map((move) => move.content.text);
    this.kept.change((kept) => { kept.moves = kept.moves.filter((move) => move.token !== this.token); });
    this.release();
    this.settled = [];
    this.token = "";
    return texts;
  }
}

// sheets.js
// Sheets over the board: the segment's profile, where to move a card, and how to name a group.

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

function profileSheet() {
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
function moveSheet({ choose }) {
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
function nameSheet() {
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

// board.js
// The brainstorm board: joins what the room says with what is still on its way, and draws it.

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
