// The form one joins a room with: code, name, and which side one speaks for.
import { h, keyed, set } from "./dom.js";

const HEAD_OFFICE = "head_office";
const LONGEST_NAME = 80;
const ANSWER_MS = 10000;
let forms = 0;

export function joinForm({ kept, send }) {
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

export const sideName = (side, t) => (side === HEAD_OFFICE ? t("head_office") : side);
