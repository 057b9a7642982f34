// The form, the request, and the two languages.
import { card, h, Names } from "/card.js";
import { EXAMPLES, WORDS } from "/words.js";

const at = (id) => document.getElementById(id);
const form = at("form");
const text = at("text");
const outcome = at("outcome");
const go = at("go");
let language = localStorage.getItem("language") === "en" ? "en" : "zh";
let taxonomy = null;
let policy = null;
let shown = null;
let running = null;

const t = () => WORDS[language];

function speak() {
  document.documentElement.lang = language === "zh" ? "zh-CN" : "en";
  for (const element of document.querySelectorAll("[data-t]")) element.textContent = t()[element.dataset.t];
  for (const element of document.querySelectorAll("[data-p]")) element.placeholder = t()[element.dataset.p];
  const other = at("language");
  other.textContent = t().other;
  other.lang = language === "zh" ? "en" : "zh-CN";
  at("examples").replaceChildren(...EXAMPLES.map((example) =>
    h("button", { type: "button", class: "example", title: example.text, onclick: () => {
      text.value = example.text;
      count();
      form.requestSubmit();
    } }, example[language])));
  count();
  if (shown) show();
}

function count() {
  at("count").textContent = t().characters([...text.value].length);
}

function show() {
  const { decision, said, took, problem } = shown;
  outcome.replaceChildren(decision ? card(t(), new Names(taxonomy, policy, language), decision, said, took) : trouble(problem));
}

function trouble(problem) {
  const kind = t().problems[problem.code] ?? problem.local?.() ?? problem.detail;
  return h("article", { class: "trouble", role: "alert" }, h("strong", {}, t().failed), h("p", {}, kind),
    problem.request_id && h("footer", {}, `${t().requestId} ${problem.request_id} · ${problem.code}`));
}

function fail(problem) {
  shown = { problem };
  show();
}

/** The whole time on the server, from the Server-Timing header, in milliseconds. */
function total(response) {
  const found = /total;dur=([\d.]+)/.exec(response.headers.get("server-timing") ?? "");
  return found && Number(found[1]).toFixed(1);
}

async function decide() {
  const said = text.value;
  if (!said.trim()) {
    fail({ code: "empty_text" });
    return text.focus();
  }
  const complaint = { text: said };
  const tier = at("tier").value.trim();
  const amount = at("amount").value.trim();
  if (tier) complaint.customer = { tier };
  if (amount) {
    if (!Number.isFinite(Number(amount))) return fail({ local: () => t().amountWrong });
    complaint.order = { amount: Number(amount) };
  }
  running?.abort();
  const mine = new AbortController();
  running = mine;
  busy(true);
  try {
    taxonomy ??= await (await fetch("/v1/taxonomy", { signal: mine.signal })).json();
    policy ??= await (await fetch("/v1/policy", { signal: mine.signal })).json();
    const response = await fetch(`/v1/classify?lang=${language}`, {
      method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(complaint), signal: mine.signal,
    });
    const answer = await response.json();
    if (!response.ok) return fail(answer);
    shown = { decision: answer, said, took: total(response) };
    show();
    if (window.matchMedia("(max-width: 900px)").matches) outcome.scrollIntoView({ block: "start" });
  } catch (error) {
    if (error.name !== "AbortError") fail({ local: () => t().network });
  } finally {
    if (running === mine) busy(false);
  }
}

function busy(on) {
  outcome.setAttribute("aria-busy", String(on));
  go.classList.toggle("busy", on);
  go.firstElementChild.textContent = on ? t().going : t().go;
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  decide();
});
text.addEventListener("input", count);
text.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit();
});
at("language").addEventListener("click", () => {
  language = language === "zh" ? "en" : "zh";
  localStorage.setItem("language", language);
  speak();
  // The reasons of an answer come from the server, in the language that was asked for.
  if (shown?.decision && text.value === shown.said) decide();
});
speak();
text.focus();
