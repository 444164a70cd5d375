// A stage's clock. It counts from what the server said, never by the device's own time.
export class Clock {
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

export function clockText(seconds) {
  const whole = Math.ceil(seconds);
  const [h, m, s] = [Math.floor(whole / 3600), Math.floor((whole % 3600) / 60), whole % 60];
  const two = (n) => String(n).padStart(2, "0");
  return h ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}

// Seconds left that are said aloud once each, the next first.
const SAID_AT = [60, 10];
export const toSay = (before, after) => SAID_AT.find((mark) => before > mark && after <= mark && after > 0);
