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

export class Kept {
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
export const joinTexts = (...texts) => texts.filter((each) => each && each.trim()).join("\n\n");
