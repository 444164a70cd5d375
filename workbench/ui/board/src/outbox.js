// Moves on their way to the store. They go in their order, the next when the one before is
// answered, so that a vote and its taking back can't overtake each other; what has no answer
// is sent again under its key, and the store makes it once.
const AGAIN_MS = [4000, 8000, 15000];
export const LATE_MS = 6000;

export function newKey(random = globalThis.crypto) {
  // randomUUID is only there on secure pages; a bank's room may be plain http inside its network.
  const bytes = random.getRandomValues(new Uint8Array(16));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

export class Outbox {
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
