// Draws a decision. Everything is put in as text, never as markup.

/** An element with attributes and children. */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (name === "class") element.className = value;
    else if (name === "width") element.style.width = value;
    else if (name === "left") element.style.left = value;
    else if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat().filter((child) => child !== undefined && child !== null && child !== false));
  return element;
}

const percent = (p) => `${(p * 100).toFixed(p > 0.995 && p < 1 ? 1 : 0)}%`;
const signed = (n) => `${n > 0 ? "+" : ""}${n}`;

/** Byte offsets in UTF-8 to offsets in a JavaScript string. */
export function offsets(text, bytes) {
  const wanted = new Set(bytes);
  const found = new Map();
  let at = 0;
  let index = 0;
  for (const character of text) {
    if (wanted.has(at)) found.set(at, index);
    const code = character.codePointAt(0);
    at += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    index += character.length;
  }
  if (wanted.has(at)) found.set(at, index);
  return found;
}

/** The original text with the evidence marked; `reasons` are numbered in the order in which they are listed. */
function marked(text, reasons) {
  const spans = reasons.map((reason, n) => ({ n, span: reason.span })).filter((r) => r.span);
  const at = offsets(text, spans.flatMap((r) => r.span));
  const places = spans
    .map((r) => ({ n: r.n, from: at.get(r.span[0]), to: at.get(r.span[1]) }))
    .filter((r) => r.from !== undefined && r.to !== undefined && r.from < r.to)
    .sort((a, b) => a.from - b.from || b.to - a.to);
  const parts = [];
  let done = 0;
  let last = null;
  for (const place of places) {
    const from = Math.max(place.from, done);
    // Words that are evidence for several reasons belong to all of them.
    if (place.from < done) last.dataset.reason += ` ${place.n}`;
    if (from >= place.to) continue;
    last = h("mark", { "data-reason": place.n, tabindex: "0" }, text.slice(from, place.to));
    parts.push(text.slice(done, from), last);
    done = place.to;
  }
  parts.push(text.slice(done));
  return h("blockquote", { class: "said", lang: "zh" }, parts);
}

/** Names of labels and signals from the taxonomy and the policy, in the language of the page. */
export class Names {
  constructor(taxonomy, policy, language) {
    this.language = language;
    this.labels = {};
    for (const kind of ["groups", "categories", "departments", "priorities", "emotions", "flags"]) {
      this.labels[kind] = new Map((taxonomy?.[kind] ?? []).map((label) => [label.id, label]));
    }
    this.labels.signals = new Map((policy?.signals ?? []).map((signal) => [signal.id, signal]));
    this.order = (taxonomy?.priorities ?? []).map((label) => label.id);
  }
  of(kind, id, otherwise) {
    return this.labels[kind].get(id)?.name[this.language] || otherwise || id;
  }
  path(id, otherwise) {
    const category = this.labels.categories.get(id);
    if (!category) return otherwise ?? [id];
    const leaf = this.of("categories", id);
    return category.group ? [this.of("groups", category.group), leaf] : [leaf];
  }
  /** 0 for the most urgent level, 1 for the least. */
  calm(level) {
    const place = this.order.indexOf(level);
    return place < 0 ? 0.5 : place / Math.max(1, this.order.length - 1);
  }
}

function bar(t, name, probability, kind = "") {
  return h("div", { class: `bar ${kind}`, role: "img", "aria-label": `${name}: ${t.probability} ${percent(probability)}` },
    h("span", { class: "track" }, h("i", { width: percent(probability) })), h("b", {}, percent(probability)));
}

function alternatives(t, choice, name) {
  if (!choice.alternatives?.length) return null;
  return h("div", { class: "others" }, h("h4", {}, t.alternatives),
    h("ul", {}, choice.alternatives.slice(0, 3).map((other) =>
      h("li", {}, h("span", {}, name(other.label)), bar(t, name(other.label), other.probability, "thin")))));
}

function block(title, kind, ...children) {
  return h("section", { class: `block ${kind}` }, h("h3", {}, ...[title].flat()), ...children);
}

/** A block's title with how far to trust what it says. */
function banded(t, title, band) {
  return [title, " ", h("span", { class: `band ${band}` }, t.bands[band])];
}

function category(t, names, choice) {
  const path = names.path(choice.label, choice.name);
  const crumbs = path.flatMap((name, n) => [n > 0 && h("i", { "aria-hidden": "true" }, "›"), h("span", {}, name)]);
  return block(banded(t, t.category, choice.band), "category", h("p", { class: "path" }, crumbs), bar(t, path.join(" › "), choice.probability),
    alternatives(t, choice, (id) => names.path(id).join(" › ")));
}

function department(t, names, choice) {
  const name = names.of("departments", choice.label, choice.name.at(-1));
  return block(banded(t, t.department, choice.band), "department", h("p", { class: "big" }, name), bar(t, name, choice.probability),
    alternatives(t, choice, (id) => names.of("departments", id)));
}

function priority(t, names, value) {
  const calm = names.calm(value.level);
  const tone = calm < 0.34 ? "hot" : calm < 0.67 ? "warm" : "cool";
  const reasons = value.reasons.map((reason, n) =>
    h("li", { "data-reason": n, tabindex: reason.span ? "0" : undefined },
      h("span", { class: "signal" }, names.of("signals", reason.signal)),
      reason.evidence ? h("q", { lang: "zh" }, reason.evidence) : h("span", {}),
      h("b", {}, signed(reason.points))));
  return block(t.priority, `priority ${tone}`,
    h("p", { class: "level" }, h("strong", {}, names.of("priorities", value.level, value.name)), h("span", {}, t.points(value.points))),
    reasons.length ? h("ol", { class: "reasons" }, reasons) : h("p", { class: "quietly" }, t.noReasons));
}

function feeling(t, names, decision) {
  const parts = [];
  const emotion = decision.emotion;
  if (emotion) {
    const strength = Math.max(0, Math.min(3, emotion.intensity));
    parts.push(h("p", { class: "big" }, names.of("emotions", emotion.label, emotion.name)),
      h("div", { class: "strength", role: "img", "aria-label": `${t.intensity} ${strength.toFixed(1)} / 3` },
        h("span", { class: "steps", "aria-hidden": "true" }, [0, 1, 2].map((n) =>
          h("i", {}, h("u", { width: percent(Math.max(0, Math.min(1, strength - n))) })))),
        h("span", {}, `${t.intensities[Math.round(strength)]} ${strength.toFixed(1)}`)));
    const shown = Object.entries(emotion.probabilities).sort((a, b) => b[1] - a[1]).slice(0, 3);
    parts.push(h("ul", { class: "mini" }, shown.map(([id, p]) =>
      h("li", {}, h("span", {}, names.of("emotions", id)), bar(t, names.of("emotions", id), p, "thin")))));
  }
  if (typeof decision.sentiment === "number") {
    const place = (Math.max(-1, Math.min(1, decision.sentiment)) + 1) / 2;
    parts.push(h("div", { class: "gauge", role: "img", "aria-label": `${t.sentiment} ${decision.sentiment.toFixed(2)} (-1…1)` },
      h("span", {}, t.negative), h("span", { class: "scale" }, h("i", { left: percent(place) })), h("span", {}, t.positive),
      h("b", {}, decision.sentiment.toFixed(2))));
  }
  return parts.length ? block(t.feeling, decision.sentiment > 0 ? "feeling glad" : "feeling", ...parts) : null;
}

function also(t, names, decision) {
  const chips = [
    ...decision.secondary.map((c) => [names.path(c.label).join(" › "), c.probability]),
    ...decision.flags.filter((c) => c.probability >= 0.5).map((c) => [names.of("flags", c.label), c.probability]),
  ];
  if (!chips.length) return null;
  return block(t.also, "also", h("ul", { class: "chips" }, chips.map(([name, p]) => h("li", {}, name, h("small", {}, percent(p))))));
}

function copyable(t, title, text, kind) {
  const button = h("button", { type: "button", class: "quiet", onclick: async () => {
    await navigator.clipboard?.writeText(text);
    button.textContent = t.copied;
    setTimeout(() => { button.textContent = t.copy; }, 1500);
  } }, t.copy);
  return h("details", { class: kind }, h("summary", {}, title), h("div", { class: "copyable" }, button, h("pre", { lang: "zh" }, text)));
}

/** The whole card. */
export function card(t, names, decision, text, took) {
  const action = decision.decision.action;
  const to = decision.department && names.of("departments", decision.department.label, decision.department.name.at(-1));
  const reasons = decision.priority?.reasons ?? [];
  const element = h("article", { class: `card ${action}`, "aria-label": t[action] },
    h("header", { class: "verdict" }, h("div", {}, h("strong", {}, t[action]), h("p", {}, decision.decision.reason)),
      to && h("div", { class: "to" }, h("span", {}, t.to[action]), h("b", {}, to))),
    block(t.said, "words", marked(text, reasons)),
    h("div", { class: "pair" }, decision.category && category(t, names, decision.category),
      decision.priority && priority(t, names, decision.priority)),
    h("div", { class: "pair" }, feeling(t, names, decision), decision.department && department(t, names, decision.department)),
    also(t, names, decision),
    h("div", { class: "fold" }, copyable(t, t.masked, decision.masked_text, "masked"),
      copyable(t, t.json, JSON.stringify(decision, null, 2), "json")),
    h("footer", {}, h("span", {}, Object.values(decision.versions).join(" · ")), took && h("span", {}, t.took(took))));
  connect(element);
  return element;
}

// A reason and its words light up together.
function connect(element) {
  const light = (event, on) => {
    for (const number of event.target.closest?.("[data-reason]")?.dataset.reason.split(" ") ?? []) {
      for (const other of element.querySelectorAll(`[data-reason~="${number}"]`)) other.classList.toggle("lit", on);
    }
  };
  for (const [name, on] of [["pointerover", true], ["pointerout", false], ["focusin", true], ["focusout", false]]) {
    element.addEventListener(name, (event) => light(event, on));
  }
}
