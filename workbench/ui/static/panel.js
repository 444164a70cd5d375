// A piece of a screen: shows HTML that Python has escaped, and reports what is pressed.
const SENT_AFTER_MS = 200;

function render({ model, el }) {
  el.classList.add("wb-panel");
  let count = 0;
  let timer = 0;

  const send = (action, value, values) => {
    model.set("event", { action, value: value ?? "", values: values ?? {}, count: ++count });
    model.save_changes();
  };

  const remember = () => {
    const active = document.activeElement;
    const inside = active && el.contains(active) ? active : null;
    const typed = {};
    for (const field of el.querySelectorAll("[data-keep]")) typed[field.dataset.keep] = field.value;
    const open = [...el.querySelectorAll("details[open][data-key]")].map((d) => d.dataset.key);
    const key = inside && inside.dataset.key;
    const caret = inside && "selectionStart" in inside ? inside.selectionStart : null;
    return () => {
      for (const field of el.querySelectorAll("[data-keep]"))
        if (field.dataset.keep in typed) field.value = typed[field.dataset.keep];
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

  const paint = () => {
    const restore = remember();
    el.innerHTML = model.get("html");
    restore();
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
    if (target.dataset?.action && /^(SELECT|INPUT|TEXTAREA)$/.test(target.tagName))
      send(target.dataset.action, target.type === "checkbox" ? String(target.checked) : target.value);
  });
  el.addEventListener("input", (event) => {
    const target = event.target;
    if (!target.dataset?.live) return;
    if (target.type === "range") slid(target);
    clearTimeout(timer);
    timer = setTimeout(() => send(target.dataset.live, target.value), SENT_AFTER_MS);
  });
  el.addEventListener("submit", (event) => {
    const form = event.target.closest("form[data-action]");
    if (!form) return;
    event.preventDefault();
    send(form.dataset.action, form.dataset.value, Object.fromEntries(new FormData(form)));
  });

  model.on("change:html", paint);
  model.on("change:page", paint);
  paint();
  return () => clearTimeout(timer);
}

export default { render };
