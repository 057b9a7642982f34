// The customer's own page: what the API of this address says, and what it allows. Everything is put in as text.
import { h } from "/card.js";
import { WORDS } from "/progress-words.js";

const at = (id) => document.getElementById(id);
// The page stands at /progress/{token}, its data at /v1/progress/{token}.
const api = `/v1${location.pathname}`;
const COLOURS = ["red", "green", "grey"];
let language = chosen();
let progress = null;
let problem = null;
let told = null;

const t = () => WORDS[language];
const locale = () => (language === "zh" ? "zh-CN" : "en-GB");

/** The address's own language, then the one chosen before, then the browser's; Chinese for all that is neither. */
function chosen() {
  const wishes = [new URLSearchParams(location.search).get("lang"), localStorage.getItem("language"), navigator.language];
  return wishes.find((wish) => /^(zh|en)\b/i.test(wish ?? ""))?.slice(0, 2).toLowerCase() ?? "zh";
}

function when(instant) {
  const date = new Date(instant);
  const today = date.toDateString() === new Date().toDateString();
  const day = today ? {} : { month: "long", day: "numeric" };
  const text = new Intl.DateTimeFormat(locale(), { ...day, hour: "2-digit", minute: "2-digit", hourCycle: "h23" }).format(date);
  return today ? t().today(text) : text;
}

function moment(instant) {
  const text = new Intl.DateTimeFormat(locale(), { dateStyle: "medium", timeStyle: "short" });
  return h("time", { datetime: instant }, text.format(new Date(instant)));
}

const colour = (name) => (COLOURS.includes(name) ? name : "grey");

function line(entry) {
  return h("li", { class: colour(entry.colour) },
    h("header", {}, moment(entry.at), h("span", {}, entry.who[language])), h("p", {}, entry.text[language]),
    entry.said && h("blockquote", { class: "said", lang: "zh" }, entry.said));
}

function promise() {
  at("promise").hidden = !progress.promised_at;
  if (!progress.promised_at) return;
  const late = new Date(progress.promised_at) < new Date();
  at("promise").textContent = (late ? t().late : t().promised)(when(progress.promised_at));
}

/** The actions that are possible now; what is typed into the others stays. */
function actions() {
  for (const act of document.querySelectorAll("[data-action]")) act.hidden = !progress.actions.includes(act.dataset.action);
  at("actions").hidden = !document.querySelector("[data-action]:not([hidden])");
}

function trouble() {
  if (!problem) return at("trouble").replaceChildren();
  const sentence = problem.local ? t()[problem.local] : t().problems[problem.code] ?? [problem.detail, problem.hint].filter(Boolean).join(". ");
  at("trouble").replaceChildren(h("article", { class: "trouble" }, h("strong", {}, t().failed), h("p", {}, sentence),
    problem.request_id && h("footer", {}, `${t().requestId} ${problem.request_id} · ${problem.code}`)));
}

function speak() {
  document.documentElement.lang = language === "zh" ? "zh-CN" : "en";
  for (const element of document.querySelectorAll("[data-t]")) element.textContent = t()[element.dataset.t];
  at("language").textContent = t().other;
  at("language").lang = language === "zh" ? "en" : "zh-CN";
  show();
}

function show() {
  document.title = [t().brand, progress?.number].filter(Boolean).join(" · ");
  trouble();
  const news = told ? t().done[told] : "";
  // The same sentence put in again would be read out again.
  if (at("told").textContent !== news) at("told").textContent = news;
  at("state").hidden = at("history").hidden = !progress;
  if (!progress) return;
  at("number").textContent = progress.number;
  at("status").textContent = t().statuses[progress.status] ?? progress.status;
  at("status").className = `status ${colour(progress.colour)}`;
  promise();
  actions();
  at("timeline").replaceChildren(...progress.timeline.map(line).reverse());
}

/** Asks the API for where the complaint is; gives the problem where it does not say. */
async function ask(path, request) {
  try {
    const response = await fetch(path, request);
    const answer = await response.json();
    if (!response.ok) return answer;
    progress = answer;
    return null;
  } catch {
    return { local: "network" };
  }
}

async function refresh() {
  problem = await ask(api);
  show();
}

/** Sends what a form says as the API takes it; gives the problem where it cannot. */
async function submit(kind, form) {
  const said = new FormData(form);
  if (kind === "attach") {
    if (said.getAll("attachment").length > 3) return { local: "tooManyFiles" };
    return ask(`${api}/attachments`, { method: "POST", body: said });
  }
  const action = { kind };
  for (const [name, value] of said) {
    if (name === "score") action.score = Number(value);
    else if (value.trim()) action[name] = value.trim();
    else if (form.elements[name].required) return { local: "noWords" };
  }
  return ask(`${api}/actions`, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ action }) });
}

async function send(event) {
  event.preventDefault();
  const form = event.target;
  const act = form.closest("[data-action]");
  const kind = act.dataset.action;
  const button = form.querySelector("button");
  told = problem = null;
  show();
  // Not twice by a second press.
  button.disabled = true;
  button.textContent = t().sending;
  problem = await submit(kind, form);
  button.disabled = false;
  button.textContent = t()[button.dataset.t];
  if (problem) {
    // Where it was not possible, the page was out of date.
    if (["illegal_transition", "forbidden_command"].includes(problem.code)) await ask(api);
    show();
    return at("trouble").scrollIntoView({ block: "center" });
  }
  told = kind;
  form.reset();
  if (kind !== "reply") act.open = false;
  show();
  at("told").focus();
}

for (const form of document.forms) form.addEventListener("submit", send);
at("refresh").addEventListener("click", refresh);
at("language").addEventListener("click", () => {
  language = language === "zh" ? "en" : "zh";
  localStorage.setItem("language", language);
  speak();
});
// Whoever comes back to the page sees what happened meanwhile.
document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && refresh());
speak();
refresh();
