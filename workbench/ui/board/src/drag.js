// Cards are dragged with a mouse, a pen or, after a long press, a finger. Whoever can't drag
// has the list "Move to …" for the same.
const SLOP_PX = 6;
const TOUCH_SLOP_PX = 10;
const PRESS_MS = 350;
const EDGE_PX = 72;
const SPEED_PX = 14;
const PRESSABLE = "button,input,textarea,select,a,summary,label";

export function dragging({ el, mayDrag, scroller, drop, started, ended }) {
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
