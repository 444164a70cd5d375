// Texts of the catalogue, with their placeholders filled, and figures as the reader writes them.
export const fill = (text, values = {}) =>
  text.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? String(values[name]) : whole));

// `t("join_title")`; `t.count("ideas", 1)` takes the singular "ideas_one" where there is one.
export function speaker(words) {
  const t = (name, values) => fill(words[name] ?? name, values);
  t.count = (name, n, values) => t(n === 1 && words[`${name}_one`] ? `${name}_one` : name, { n, ...values });
  return t;
}

export const localeOf = (lang) => (String(lang).startsWith("zh") ? "zh-CN" : "en");

export function number(value, lang) {
  const compact = value >= 10000 ? { notation: "compact", maximumSignificantDigits: 3 } : {};
  return new Intl.NumberFormat(localeOf(lang), compact).format(value);
}

export const percent = (share, lang) =>
  new Intl.NumberFormat(localeOf(lang), { style: "percent", maximumFractionDigits: 1 }).format(share);

// As the store counts a text: characters, not halves of them, without the space around.
export const length = (text) => [...text.trim()].length;

export function short(text, most) {
  const letters = [...text];
  return letters.length > most ? `${letters.slice(0, most - 1).join("")}…` : text;
}
