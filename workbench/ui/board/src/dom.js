// Elements are made and patched here: texts go in as texts, never as HTML.
const SVG = "http://www.w3.org/2000/svg";

export function set(node, values) {
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

export function h(tag, values = {}, ...children) {
  const node = set(document.createElement(tag), values);
  node.append(...children.filter(Boolean));
  return node;
}

export function drawing(tag, values, ...children) {
  const node = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(values)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

// Children by key: nodes stay where they can, so that focus, caret and a press on them survive.
const books = new WeakMap();
export function keyed(parent, items, keyOf, make, update) {
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

export function forgetChildren(parent) {
  books.delete(parent);
  parent.replaceChildren();
}

export function scrollerOf(node) {
  for (let each = node.parentElement; each; each = each.parentElement) {
    if (/auto|scroll/.test(getComputedStyle(each).overflowY) && each.scrollHeight > each.clientHeight + 1) return each;
  }
  return document.scrollingElement;
}

// Runs a repaint; the focus, its caret, and what one looks at stay where they are.
export function holding(el, anchorsOf, paint) {
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
