// A piece of a screen: shows HTML that Python has escaped, and reports what is pressed.
const SENT_AFTER_MS = 200;
const CLICK_WITHIN_MS = 50;
const HELD_AT_MOST_MS = 2000;
const KEPT_MS = 60000;
const ENDS = ["pointerup", "pointercancel", "blur"];

function render({ model, el }) {
  el.classList.add("wb-panel");
  // Each report is a message of its own: changes of a trait are merged while Python is busy.
  let count = model.get("heard");
  const report = (action, value, values) =>
    model.send({ action, value: value ?? "", values: values ?? {}, count: ++count });

  // What is typed is reported when the hand rests or leaves the field, never behind a press.
  const waiting = new Map();
  const flush = () => {
    for (const now of [...waiting.values()]) now();
  };
  const later = (field) => {
    const name = field.dataset.live;
    clearTimeout(waiting.get(name)?.timer);
    const now = () => {
      clearTimeout(now.timer);
      waiting.delete(name);
      report(name, field.value);
      sent((one) => one === field);
    };
    now.timer = setTimeout(now, SENT_AFTER_MS);
    waiting.set(name, now);
  };
  const send = (action, value, values) => {
    flush();
    report(action, value, values);
  };

  // The field one types in; a paint must not put an older text into it.
  let typing = null;
  const typed = (field) => {
    if (/^(INPUT|TEXTAREA)$/.test(field.tagName) && !/^(range|checkbox|radio)$/.test(field.type))
      typing = { field, count: Infinity };
  };
  const sent = (holds) => {
    if (typing && holds(typing.field)) typing.count = count;
  };
  const newer = () => {
    if (!typing || typing.count <= model.get("heard")) return null;
    return typing.count < Infinity || document.activeElement === typing.field ? typing : null;
  };

  const remember = () => {
    const active = document.activeElement;
    const inside = active && el.contains(active) ? active : null;
    const kept = {};
    for (const field of el.querySelectorAll("[data-keep]")) kept[field.dataset.keep] = field.value;
    const open = [...el.querySelectorAll("details[open][data-key]")].map((d) => d.dataset.key);
    const key = inside && inside.dataset.key;
    const caret = inside && "selectionStart" in inside ? inside.selectionStart : null;
    const mine = newer();
    return () => {
      for (const field of el.querySelectorAll("[data-keep]"))
        if (field.dataset.keep in kept) field.value = kept[field.dataset.keep];
      if (mine?.field.dataset.key) {
        const again = el.querySelector(`[data-key="${CSS.escape(mine.field.dataset.key)}"]`);
        if (again && again.tagName === mine.field.tagName && again.type === mine.field.type) {
          again.value = mine.field.value;
          mine.field = again;
        }
      }
      for (const name of open) {
        const found = el.querySelector(`details[data-key="${CSS.escape(name)}"]`);
        if (found) found.open = true;
      }
      if (!key) return;
      const again = el.querySelector(`[data-key="${CSS.escape(key)}"]`);
      if (!again) return;
      again.focus({ preventScroll: true });
      if (caret !== null && again.setSelectionRange) {
        try { again.setSelectionRange(caret, caret); } catch { /* not a text field */ }
      }
    };
  };

  // A press begins and ends on one element: what is painted between would swallow it.
  let held = 0;
  let stale = false;
  let shownTop = null;
  const hold = (event) => {
    if (event.target.type === "range") return;
    clearTimeout(held);
    held = setTimeout(free, HELD_AT_MOST_MS);
  };
  const free = () => {
    clearTimeout(held);
    held = 0;
    if (stale) paint();
  };
  const letGo = () => {
    if (held) {
      clearTimeout(held);
      held = setTimeout(free, CLICK_WITHIN_MS);
    }
  };

  const paint = () => {
    stale = held !== 0;
    if (stale) return;
    const restore = remember();
    el.innerHTML = model.get("html");
    restore();
    countDown();
    // What is new begins at its top, also where the button that brought it stands far below.
    const top = el.querySelector("[data-top]");
    if (top && shownTop !== null && top.dataset.top !== shownTop && top.getBoundingClientRect().top < 0)
      top.scrollIntoView();
    shownTop = top ? top.dataset.top : "";
    // On a phone the open tab may lie outside its row.
    const tab = el.querySelector(".tabs [aria-current]");
    if (tab) tab.parentElement.scrollLeft = tab.offsetLeft - (tab.parentElement.clientWidth - tab.offsetWidth) / 2;
    const page = model.get("page");
    if (page.lang) document.documentElement.lang = page.lang;
    if (page.theme) document.documentElement.dataset.theme = page.theme;
    if (page.title) document.title = page.title;
    if (page.query) {
      const url = new URL(window.location.href);
      for (const [name, value] of Object.entries(page.query)) url.searchParams.set(name, value);
      if (url.href !== window.location.href) window.history.replaceState(null, "", url);
    }
  };

  // Seconds that count down between two paints; the page's own clock may be wrong, so it only counts.
  let ticking = 0;
  const countDown = () => {
    clearInterval(ticking);
    const shown = [...el.querySelectorAll("[data-seconds]")];
    if (!shown.length) return;
    const begun = performance.now();
    const tick = () => {
      for (const each of shown) {
        const left = Math.max(0, Math.round(each.dataset.seconds - (performance.now() - begun) / 1000));
        each.textContent = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`;
        each.classList.toggle("over", left === 0);
      }
    };
    ticking = setInterval(tick, 1000);
  };

  // A key presses the button that shows it, while no field has the focus. Heard before all
  // others: in a notebook a letter may be a command that deletes a cell.
  const hotkey = (event) => {
    if (el.closest(".wb-no-keys")) return;
    if (event.ctrlKey || event.altKey || event.metaKey || event.isComposing || event.repeat) return;
    const active = document.activeElement;
    const free = !active || active === document.body || active.closest(".wb");
    if (!free || /^(INPUT|TEXTAREA|SELECT)$/.test(active?.tagName) || active?.isContentEditable) return;
    const key = event.key.toLowerCase();
    const named = [...el.querySelectorAll("[data-hotkey]")].find(
      (each) => each.dataset.hotkey.toLowerCase() === key && each.offsetParent && !each.disabled,
    );
    if (!named) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    named.click();
  };

  // A slider's track and number follow the hand; Python hears of it when the hand rests.
  const slid = (target) => {
    const share = (target.value - target.min) / (target.max - target.min || 1);
    target.style.setProperty("--at", `${share * 100}%`);
    const shown = target.closest("label")?.querySelector("output");
    const places = Number(target.dataset.places ?? 0);
    const digits = { minimumFractionDigits: places, maximumFractionDigits: places };
    if (shown) shown.textContent = Number(target.value).toLocaleString("en", digits);
  };

  const pressed = (target) => {
    if (target.getAttribute("aria-disabled") === "true" || target.disabled) return;
    if (target.dataset.copy !== undefined) {
      navigator.clipboard?.writeText(target.dataset.copy).catch(() => {});
      return;
    }
    send(target.dataset.action, target.dataset.value);
  };

  el.addEventListener("click", (event) => {
    const target = event.target.closest("[data-action],[data-copy]");
    if (!target || !el.contains(target) || /^(FORM|SELECT|INPUT|TEXTAREA)$/.test(target.tagName)) return;
    if (target.tagName === "A") event.preventDefault();
    pressed(target);
    target.closest("details.menu")?.removeAttribute("open");
  });
  el.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" && event.key !== " ") return;
    const target = event.target;
    if (!target.dataset?.action || /^(BUTTON|A|FORM|SELECT|INPUT|TEXTAREA)$/.test(target.tagName)) return;
    event.preventDefault();
    pressed(target);
  });
  el.addEventListener("change", (event) => {
    const target = event.target;
    if (!target.dataset?.action || !/^(SELECT|INPUT|TEXTAREA)$/.test(target.tagName)) return;
    send(target.dataset.action, target.type === "checkbox" ? String(target.checked) : target.value);
    sent((field) => field === target);
  });
  el.addEventListener("input", (event) => {
    const target = event.target;
    typed(target);
    if (!target.dataset?.live) return;
    if (target.type === "range") slid(target);
    later(target);
  });
  el.addEventListener("focusout", flush);
  // A menu closes when one goes elsewhere.
  const leave = (event) => {
    for (const menu of el.querySelectorAll("details.menu[open]"))
      if (event.key === "Escape" || (event.type === "pointerdown" && !menu.contains(event.target))) menu.open = false;
  };
  for (const name of ["pointerdown", "keydown"]) window.addEventListener(name, leave);
  window.addEventListener("keydown", hotkey, true);
  el.addEventListener("submit", (event) => {
    const form = event.target.closest("form[data-action]");
    if (!form) return;
    event.preventDefault();
    send(form.dataset.action, form.dataset.value, Object.fromEntries(new FormData(form)));
    sent((field) => form.contains(field));
  });
  el.addEventListener("pointerdown", hold);
  for (const name of ENDS) window.addEventListener(name, letGo);

  // A file comes over the panel's own connection: no address serves it.
  model.on("msg:custom", (content, buffers) => {
    if (!content.file || !buffers?.length) return;
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([buffers[0]], { type: content.type }));
    link.download = content.file;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), KEPT_MS);
  });

  model.on("change:html", paint);
  model.on("change:page", paint);
  paint();
  return () => {
    flush();
    clearTimeout(held);
    clearInterval(ticking);
    window.removeEventListener("keydown", hotkey, true);
    for (const name of ENDS) window.removeEventListener(name, letGo);
    for (const name of ["pointerdown", "keydown"]) window.removeEventListener(name, leave);
  };
}

export default { render };
