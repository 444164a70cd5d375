// The browser's side of VegaView. scripts/build_bundles.py joins it with Vega,
// Vega-Lite and vega-embed into vega.js, and puts the first two in place of these names.

const Vega = "{{ vega }}";
const VegaLite = "{{ vega-lite }}";
const SELECTION_WAIT = 150;
const ZH_TIME = {
  dateTime: "%Y年%-m月%-d日 %X", date: "%Y年%-m月%-d日", time: "%H:%M:%S", periods: ["上午", "下午"],
  days: ["星期日", "星期一", "星期二", "星期三", "星期四", "星期五", "星期六"],
  shortDays: ["周日", "周一", "周二", "周三", "周四", "周五", "周六"],
  months: ["一月", "二月", "三月", "四月", "五月", "六月", "七月", "八月", "九月", "十月", "十一月", "十二月"],
  shortMonths: ["1月", "2月", "3月", "4月", "5月", "6月", "7月", "8月", "9月", "10月", "11月", "12月"],
};
const NUMBERS = { decimal: ".", thousands: ",", grouping: [3], currency: ["¥", ""], minus: "−" };

// ---- columns: what columns.py packs -------------------------------------------------

const READERS = {
  f4: Float32Array, f8: Float64Array, i1: Int8Array, i2: Int16Array, i4: Int32Array, u1: Uint8Array,
  u2: Uint16Array,
};

function numbers(data, dtype) {
  const Reader = READERS[dtype];
  const offset = data.byteOffset ?? 0;
  const length = data.byteLength / Reader.BYTES_PER_ELEMENT;
  if (offset % Reader.BYTES_PER_ELEMENT === 0) return new Reader(data.buffer ?? data, offset, length);
  return new Reader((data.buffer ?? data).slice(offset, offset + data.byteLength));
}

function decode(column, buffers) {
  if (column.kind === "json") return column.values;
  const raw = numbers(column.data ?? buffers[column.buffer], column.dtype);
  switch (column.kind) {
    case "text": return Array.from(raw, (code) => (code < 0 ? null : column.values[code]));
    case "bool": return Array.from(raw, (code) => (code < 0 ? null : code === 1));
    case "moment": return Array.from(raw, (ms) => (Number.isNaN(ms) ? null : ms));
    case "wall": // a day or moment without a zone reads the same on every clock
      return Array.from(raw, (ms) =>
        Number.isNaN(ms) ? null : ms + new Date(ms).getTimezoneOffset() * 60000);
    default:
      if (!column.gaps) return raw;
      return Array.from(raw, (value) => (Number.isNaN(value) ? null : value));
  }
}

function fill(rows, name, values) {
  for (let i = 0; i < rows.length; i++) rows[i][name] = values[i];
}

function tableRows(table) {
  const rows = Array.from({ length: table.n }, () => ({}));
  for (const [name, column] of Object.entries(table.columns)) fill(rows, name, decode(column));
  return rows;
}

// ---- size -----------------------------------------------------------------------------

const PARTS = ["hconcat", "vconcat", "concat"];

function isSingle(spec) {
  if (PARTS.some((part) => part in spec) || "facet" in spec || "repeat" in spec) return false;
  const encoding = spec.encoding ?? {};
  return !("row" in encoding || "column" in encoding || "facet" in encoding);
}

function scaleWidths(spec, factor) {
  if (typeof spec.width === "number") spec.width = Math.max(20, spec.width * factor);
  for (const part of [...PARTS, "layer"]) (spec[part] ?? []).forEach((child) => scaleWidths(child, factor));
  if (spec.spec) scaleWidths(spec.spec, factor);
}

// ---- tooltip: text only, never markup -----------------------------------------------

let bubble;

function tooltip(_, event, item, value) {
  if (value == null || value === "") {
    if (bubble) bubble.style.display = "none";
    return;
  }
  if (!bubble) {
    bubble = document.createElement("div");
    bubble.className = "workbench-tooltip";
    bubble.setAttribute("role", "tooltip");
    bubble.style.cssText =
      "position:fixed;z-index:1000;pointer-events:none;max-width:320px;padding:8px 12px;border-radius:6px;" +
      "font:12px/16px var(--font,sans-serif);font-variant-numeric:tabular-nums;color:var(--ink,#16202B);" +
      "background:var(--surface,#fff);border:1px solid var(--line-2,#C3CACB);box-shadow:var(--shadow-2,none)";
    document.body.append(bubble);
  }
  bubble.replaceChildren();
  const pairs = typeof value === "object" && !Array.isArray(value) ? Object.entries(value) : [["", value]];
  for (const [name, shown] of pairs) {
    const row = document.createElement("div");
    if (name) {
      const label = document.createElement("span");
      label.style.color = "var(--ink-2,#4A5663)";
      label.textContent = `${name} `;
      row.append(label);
    }
    row.append(typeof shown === "object" && shown !== null ? JSON.stringify(shown) : String(shown ?? "–"));
    bubble.append(row);
  }
  bubble.style.display = "block";
  const box = bubble.getBoundingClientRect();
  const left = event.clientX + 12 + box.width > innerWidth ? event.clientX - 12 - box.width : event.clientX + 12;
  const top = event.clientY + 12 + box.height > innerHeight ? event.clientY - 12 - box.height : event.clientY + 12;
  bubble.style.left = `${Math.max(4, left)}px`;
  bubble.style.top = `${Math.max(4, top)}px`;
}

// ---- a loader that loads nothing: no chart makes a request ------------------------------

function refuse() {
  return Promise.reject(new Error("a chart may not load anything from an address"));
}
const LOADER = { load: refuse, sanitize: refuse, http: refuse, file: refuse, options: {} };

// ---- marks ------------------------------------------------------------------------------

function countMarks(mark) {
  if (mark.marktype !== "group") {
    const drawn = mark.role === "mark" && !/_brush(_bg)?$/.test(mark.name ?? "");
    return drawn ? mark.items.length : 0;
  }
  if (/^(axis|legend|title)/.test(mark.role ?? "")) return 0;
  let n = 0;
  for (const group of mark.items) for (const child of group.items) n += countMarks(child);
  return n;
}

function plain(value) {
  if (value instanceof Date) return +value;
  if (Array.isArray(value)) return value.map(plain);
  return value;
}

// ---- the lasso: customers drawn around by mouse, finger or keys ---------------------------

const LASSO_WAIT = 200;
const CORNERS = 200;
const STEP = 12;

class Lasso {
  constructor(chart) {
    this.chart = chart;
    this.model = chart.model;
    this.path = []; // pixels, while drawing
    this.box = null; // the keyboard's rectangle, pixels
    this.canvas = document.createElement("canvas");
    this.canvas.className = "workbench-lasso";
    this.canvas.tabIndex = 0;
    this.canvas.setAttribute("role", "application");
    this.canvas.style.cssText = "position:absolute;inset:0;width:100%;height:100%;cursor:crosshair";
    chart.root.append(this.canvas);
    for (const name of ["pointerdown", "pointermove", "pointerup", "pointercancel", "keydown", "click"])
      this.canvas.addEventListener(name, (event) => this[name](event));
    this.escape = (event) => {
      if (event.key === "Escape" && this.model.get("can_clear")) this.clear();
    };
    document.addEventListener("keydown", this.escape);
    chart.listen("change:outline", () => { if (!this.model.get("outline").length) this.box = null; this.draw(); });
    chart.listen("change:armed", () => this.dress());
    chart.listen("change:lasso_words", () => this.dress());
    this.dress();
  }

  // A finger that is not drawing scrolls the page.
  dress() {
    this.canvas.style.touchAction = this.model.get("armed") ? "none" : "auto";
    this.canvas.setAttribute("aria-label", this.model.get("lasso_words"));
  }

  place(event) {
    const box = this.canvas.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  }

  offset() {
    const { view } = this.chart;
    const [x, y] = view.origin();
    const padding = view.padding();
    return [x + (padding.left ?? 0), y + (padding.top ?? 0)];
  }

  toData([px, py]) {
    const [left, top] = this.offset();
    const [x, y] = this.model.get("_lasso");
    return [this.chart.view.scale(x).invert(px - left), this.chart.view.scale(y).invert(py - top)];
  }

  toPixels([dx, dy]) {
    const [left, top] = this.offset();
    const [x, y] = this.model.get("_lasso");
    return [this.chart.view.scale(x)(dx) + left, this.chart.view.scale(y)(dy) + top];
  }

  pointerdown(event) {
    this.dragged = false;
    if (event.button || !this.chart.view || (event.pointerType === "touch" && !this.model.get("armed"))) return;
    this.canvas.setPointerCapture(event.pointerId);
    this.path = [this.place(event)];
    this.box = null;
  }

  pointermove(event) {
    if (!this.path.length) return;
    const [x, y] = this.place(event);
    const [px, py] = this.path[this.path.length - 1];
    if (Math.hypot(x - px, y - py) < 3) return;
    this.dragged = true;
    this.path.push([x, y]);
    this.draw();
  }

  pointerup() {
    const { path } = this;
    this.path = [];
    if (path.length < 3) {
      this.dragged &&= path.length > 1;
      this.draw();
      return;
    }
    const every = Math.ceil(path.length / CORNERS);
    this.send(path.filter((_, i) => i % every === 0));
  }

  pointercancel() {
    this.path = [];
    this.draw();
  }

  // A click picks what lies there.
  click(event) {
    if (this.dragged || !this.chart.view) return;
    const [px, py] = this.place(event);
    const [x, y] = this.toData([px, py]);
    const [x2, y2] = this.toData([px + STEP, py + STEP]);
    const count = (this.model.get("picked").count ?? 0) + 1;
    this.chart.report({ picked: { x, y, dx: Math.abs(x2 - x), dy: Math.abs(y2 - y), count } });
  }

  // Keys draw a rectangle: Enter begins, arrows move it, with Shift they size it.
  keydown(event) {
    const way = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    if ((!way && event.key !== "Enter" && event.key !== " ") || !this.chart.view) return;
    event.preventDefault();
    const { clientWidth: wide, clientHeight: high } = this.canvas;
    this.box ??= { x: wide * 0.375, y: high * 0.375, w: wide * 0.25, h: high * 0.25 };
    const { box } = this;
    if (way && event.shiftKey) {
      box.w = Math.min(wide, Math.max(STEP, box.w + way[0] * STEP * 2));
      box.h = Math.min(high, Math.max(STEP, box.h + way[1] * STEP * 2));
    } else if (way) {
      box.x += way[0] * STEP;
      box.y += way[1] * STEP;
    }
    box.x = Math.max(0, Math.min(box.x, wide - box.w));
    box.y = Math.max(0, Math.min(box.y, high - box.h));
    const { x, y, w, h } = box;
    const corners = [[x, y], [x + w, y], [x + w, y + h], [x, y + h]];
    this.draw(corners);
    clearTimeout(this.sending);
    this.sending = setTimeout(() => this.send(corners), LASSO_WAIT);
  }

  send(pixels) {
    if (!this.chart.view) return;
    this.chart.report({ outline: pixels.map((place) => this.toData(place)) });
    this.draw();
  }

  clear() {
    clearTimeout(this.sending);
    this.box = null;
    this.path = [];
    this.chart.report({ outline: [], cleared: (this.model.get("cleared") ?? 0) + 1 });
    this.draw();
  }

  draw(corners) {
    const { clientWidth: wide, clientHeight: high } = this.canvas;
    const dense = globalThis.devicePixelRatio || 1;
    this.canvas.width = Math.round(wide * dense);
    this.canvas.height = Math.round(high * dense);
    if (!this.chart.view) return;
    const outline = this.model.get("outline") ?? [];
    const path = corners ?? (this.path.length ? this.path : outline.map((place) => this.toPixels(place)));
    if (path.length < 2) return;
    const brush = this.canvas.getContext("2d");
    const colours = getComputedStyle(this.chart.root);
    brush.scale(dense, dense);
    brush.beginPath();
    path.forEach(([x, y], i) => (i ? brush.lineTo(x, y) : brush.moveTo(x, y)));
    if (path !== this.path) brush.closePath();
    brush.lineJoin = "round";
    brush.lineWidth = 4;
    brush.strokeStyle = colours.getPropertyValue("--surface") || "#fff";
    brush.stroke();
    brush.lineWidth = 1.5;
    brush.setLineDash([5, 3]);
    brush.strokeStyle = colours.getPropertyValue("--ink") || "#16202B";
    brush.stroke();
  }

  dispose() {
    clearTimeout(this.sending);
    document.removeEventListener("keydown", this.escape);
  }
}

// ---- the view ------------------------------------------------------------------------------

class ChartView {
  constructor(model, el) {
    this.model = model;
    this.turn = 0; // counts drawings: only the latest one may reach the page
    this.listeners = [];
    this.root = document.createElement("div");
    this.root.className = "workbench-chart";
    this.root.style.cssText = "position:relative;width:100%;min-width:0;overflow:hidden";
    this.root.setAttribute("role", "img");
    this.holder = document.createElement("div");
    this.root.append(this.holder);
    el.classList.add("workbench-vega");
    el.append(this.root);
    this.listen("change:_content", () => { this.readContent(); this.redraw(); });
    this.listen("change:_look", () => this.redraw());
    this.listen("change:selection", () => this.clearSelections());
    this.listen("msg:custom", (content, buffers) => this.receive(content, buffers));
    if ((model.get("_lasso") ?? []).length) {
      this.root.setAttribute("role", "group");
      this.lasso = new Lasso(this);
    }
    this.readContent();
    // The first call comes when the element has a width: what is hidden is not drawn.
    this.observer = new ResizeObserver(() => this.resize());
    this.observer.observe(this.root);
    model.send({ type: "ready", seq: this.seq });
  }

  listen(event, handler) {
    this.model.on(event, handler);
    this.listeners.push([event, handler]);
  }

  readContent() {
    const content = this.model.get("_content") ?? { tables: {}, seq: 0 };
    this.seq = content.seq;
    this.tables = {};
    for (const [name, table] of Object.entries(content.tables)) this.tables[name] = tableRows(table);
    this.pending = {};
  }

  resize() {
    const width = Math.floor(this.root.clientWidth);
    if (!width || width === this.width) return;
    const first = this.width === undefined;
    this.width = width;
    this.report({ width });
    if (first || !this.view || !this.fits) {
      clearTimeout(this.resizing);
      if (first) this.redraw();
      else this.resizing = setTimeout(() => this.redraw(), 60);
    } else {
      this.view.width(width);
      this.flush();
    }
  }

  redraw() {
    if (this.queued) return;
    this.queued = true;
    queueMicrotask(() => {
      this.queued = false;
      if (this.width && !this.disposed) this.draw();
    });
  }

  async draw() {
    const turn = ++this.turn;
    try {
      const look = this.model.get("_look");
      const spec = structuredClone(look.spec);
      if (!Object.keys(spec).length) return this.empty();
      const single = isSingle(spec);
      const fixed = spec.usermeta?.fit === false;
      let made;
      if (fixed) made = await this.make(spec, look);
      else if (single) made = await this.make(this.fit(spec, look), look);
      else made = await this.makeParts(spec, look);
      if (turn !== this.turn || this.disposed) {
        made.view.finalize();
        return;
      }
      this.view?.finalize();
      this.view = made.view;
      this.fits = single && !fixed && typeof look.spec.width !== "object";
      this.root.replaceChild(made.holder, this.holder);
      this.holder = made.holder;
      this.pending = {};
      this.watchSelections();
      this.describe(look);
      this.clearError();
      this.painted();
    } catch (error) {
      if (turn === this.turn && !this.disposed) this.fail(error);
    }
  }

  empty() {
    this.view?.finalize();
    this.view = undefined;
    this.holder.replaceChildren();
    this.root.dataset.marks = 0;
    this.report({ marks: 0 });
  }

  fit(spec, look) {
    if (typeof spec.width !== "object") spec.width = this.width;
    const type = look.height ? "fit" : "fit-x";
    if (look.height) spec.height = look.height;
    if (typeof spec.width === "number") spec.autosize = { type, contains: "padding" };
    return spec;
  }

  // Several plots: their total width is linear in the scale of the parts, so two
  // drawings give the scale that fills the card.
  async makeParts(spec, look) {
    const first = await this.make(structuredClone(spec), look);
    const w1 = first.view._viewWidth + this.margins(first.view);
    if (Math.abs(w1 - this.width) <= 2) return first;
    first.view.finalize();
    const guess = this.width / w1;
    const second = structuredClone(spec);
    scaleWidths(second, guess);
    const made = await this.make(second, look);
    const w2 = made.view._viewWidth + this.margins(made.view);
    if (Math.abs(w2 - this.width) <= 2 || w2 === w1) return made;
    made.view.finalize();
    const third = structuredClone(spec);
    scaleWidths(third, Math.max(0.05, 1 + ((this.width - w1) * (guess - 1)) / (w2 - w1)));
    return this.make(third, look);
  }

  margins(view) {
    const padding = view.padding();
    return (padding.left ?? 0) + (padding.right ?? 0);
  }

  async make(spec, look) {
    const failures = [];
    const logger = {
      level() { return this; }, debug() { return this; }, info() { return this; }, warn() { return this; },
      error(...args) { failures.push(args[0]); return this; },
    };
    const compiled = VegaLite.compile(spec, { config: { ...look.config, aria: false }, logger }).spec;
    const holder = document.createElement("div");
    const view = new Vega.View(Vega.parse(compiled), {
      renderer: "canvas", container: holder, hover: false, loader: LOADER, logger, tooltip,
      locale: { number: NUMBERS, ...(look.lang === "zh_CN" ? { time: ZH_TIME } : {}) },
    });
    const known = new Set((compiled.data ?? []).map((source) => source.name));
    for (const [name, rows] of Object.entries(this.tables)) if (known.has(name)) view.data(name, rows);
    try {
      await view.runAsync();
      if (failures.length) throw failures[0];
    } catch (error) {
      view.finalize();
      throw error;
    }
    logger.error = (error) => { this.fail(error); return logger; };
    // The chart as a whole is the picture, with its own description.
    for (const name of ["role", "aria-roledescription", "aria-label"]) holder.removeAttribute(name);
    holder.querySelectorAll("canvas").forEach((canvas) => { canvas.style.display = "block"; });
    return { view, holder };
  }

  // -- data ---------------------------------------------------------------------------------

  receive(content, buffers) {
    if (content.type !== "update" || content.seq <= this.seq) return;
    this.seq = content.seq;
    try {
      this.apply(content, buffers);
      this.flush();
    } catch (error) {
      this.fail(error);
    }
  }

  apply({ table, n, columns }, buffers) {
    const rows = this.tables[table];
    if (!rows) return;
    const wanted = (this.pending[table] ??= { fields: new Set(), insert: [], remove: [] });
    if (n < rows.length) {
      const gone = rows.splice(n);
      // A row that the view has not met yet is not removed from it.
      wanted.remove.push(...gone.filter((row) => !wanted.insert.includes(row)));
      wanted.insert = wanted.insert.filter((row) => !gone.includes(row));
    }
    while (rows.length < n) {
      const row = {};
      rows.push(row);
      wanted.insert.push(row);
    }
    for (const [name, column] of Object.entries(columns)) {
      fill(rows, name, decode(column, buffers));
      wanted.fields.add(name);
    }
  }

  async flush() {
    if (!this.view) return;
    if (this.busy) {
      this.again = true;
      return;
    }
    this.busy = true;
    try {
      do {
        this.again = false;
        const view = this.view;
        const seq = this.seq;
        for (const [name, change] of Object.entries(this.pending)) this.change(view, name, change);
        this.pending = {};
        await view.runAsync();
        if (this.again) await new Promise((next) => requestAnimationFrame(next));
        else if (view === this.view && seq === this.seq) this.painted();
      } while (this.again && !this.disposed);
    } catch (error) {
      this.fail(error);
    } finally {
      this.busy = false;
    }
  }

  // The rows are already changed in place: mark them all, and name the fields.
  change(view, name, { fields, insert, remove }) {
    const set = Vega.changeset();
    if (remove.length) set.remove(remove);
    if (insert.length) set.insert(insert);
    const first = this.tables[name][0];
    if (first && !insert.includes(first)) {
      for (const field of fields) set.modify(first, field, first[field]);
      set.reflow();
    }
    view.change(name, set);
  }

  painted() {
    const marks = countMarks(this.view.scenegraph().root);
    this.root.dataset.marks = marks;
    this.root.dataset.seq = this.seq;
    this.lasso?.draw();
    this.report({ marks });
  }

  // -- selections ---------------------------------------------------------------------------

  watchSelections() {
    for (const name of this.model.get("_selections") ?? []) {
      try {
        this.view.addSignalListener(name, () => {
          clearTimeout(this.selecting);
          this.selecting = setTimeout(() => this.reportSelections(), SELECTION_WAIT);
        });
      } catch (error) {
        this.fail(error);
      }
    }
  }

  reportSelections() {
    if (this.disposed) return;
    const selection = {};
    for (const name of this.model.get("_selections") ?? []) {
      const value = this.view.signal(name);
      if (value === null || typeof value !== "object") {
        selection[name] = { value: plain(value) };
        continue;
      }
      selection[name] = {};
      for (const [field, chosen] of Object.entries(value)) {
        if (field === "vlPoint") continue;
        if (field === "_vgsid_") selection[name].row = this.rowsOf(chosen);
        else selection[name][field] = plain(chosen);
      }
    }
    this.lastSelection = JSON.stringify(selection);
    this.report({ selection });
  }

  rowsOf(ids) {
    const wanted = new Set(Array.isArray(ids) ? ids : [ids]);
    const found = [];
    for (const rows of Object.values(this.tables)) {
      rows.forEach((row, i) => { if (wanted.has(row._vgsid_)) found.push(i); });
      if (found.length) break;
    }
    return found;
  }

  // Python can empty a selection (a chip's ✕); anything else comes from the pointer.
  clearSelections() {
    const selection = this.model.get("selection") ?? {};
    if (!this.view || JSON.stringify(selection) === this.lastSelection) return;
    for (const name of this.model.get("_selections") ?? []) {
      if (Object.keys(selection[name] ?? {}).length) continue;
      // An interval is emptied as a double click does it; a point has only its store.
      // (Where a field is called like its axis, the pixels' signal has a number behind.)
      const empty = (axis) =>
        this.setSignal(`${name}_${axis}_1`, [0, 0]) || this.setSignal(`${name}_${axis}`, [0, 0]);
      if (!["x", "y"].filter(empty).length) {
        try { this.view.data(`${name}_store`, []); } catch { /* a plain parameter has none */ }
      }
    }
    this.view.runAsync();
  }

  setSignal(name, value) {
    try {
      this.view.signal(name, value);
      return true;
    } catch {
      return false;
    }
  }

  // -- words and faults ----------------------------------------------------------------------

  report(traits) {
    let changed = false;
    for (const [name, value] of Object.entries(traits)) {
      if (JSON.stringify(this.model.get(name)) === JSON.stringify(value)) continue;
      this.model.set(name, value);
      changed = true;
    }
    if (changed) this.model.save_changes();
  }

  describe(look) {
    const title = look.spec.title?.text ?? look.spec.title;
    const words = look.spec.description ?? (Array.isArray(title) ? title.join(" ") : title) ?? "";
    this.root.setAttribute("aria-label", String(words));
  }

  fail(error) {
    const message = String(error?.message ?? error).slice(0, 500);
    this.clearError(false);
    this.strip = document.createElement("div");
    this.strip.className = "workbench-chart-error";
    this.strip.setAttribute("role", "alert");
    this.strip.style.cssText =
      "padding:8px 12px;border-left:3px solid var(--bad,#B3261E);background:var(--bad-weak,#FBE7E5);" +
      "color:var(--bad,#B3261E);font:13px/18px var(--font,sans-serif)";
    this.strip.textContent = `✕ ${this.model.get("_look")?.words ?? ""} ${message}`;
    this.root.prepend(this.strip);
    this.report({ error: message });
  }

  clearError(report = true) {
    this.strip?.remove();
    this.strip = undefined;
    if (report) this.report({ error: "" });
  }

  dispose() {
    this.disposed = true;
    this.turn++;
    this.observer.disconnect();
    this.lasso?.dispose();
    clearTimeout(this.selecting);
    clearTimeout(this.resizing);
    for (const [event, handler] of this.listeners) this.model.off(event, handler);
    this.view?.finalize();
    this.view = undefined;
    this.tables = {};
    this.root.remove();
    if (bubble) bubble.style.display = "none";
  }
}

function render({ model, el }) {
  const chart = new ChartView(model, el);
  return () => chart.dispose();
}

export { render };
export default { render, embed: vegaEmbed, vega: Vega.version, vegaLite: VegaLite.version };
