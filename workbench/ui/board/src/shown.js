// What the board shows: the store's state with one's own moves on it that are still on their way.
export const WRITES = ["write", "reveal", "group", "vote"];
export const STAGES = ["write", "reveal", "group", "vote", "decide"];
export const LONGEST = 10000;
const CLAMP_LETTERS = 280;
const CLAMP_LINES = 6;

export const isLong = (text) => text.length > CLAMP_LETTERS || text.split("\n", CLAMP_LINES + 1).length > CLAMP_LINES;

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

export function overlaid(view, moves) {
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
export class Order {
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

export const ALONE = "alone";
export const NEW = "new";

// Groups with their ideas, and those that stand alone: first while grouping, else last.
export function sections(state, ordered, stage) {
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
export function stepTo(key, index, n) {
  const to = { ArrowDown: index + 1, ArrowUp: index - 1, Home: 0, End: n - 1 }[key];
  return to === undefined || !n ? null : Math.max(0, Math.min(n - 1, to));
}
