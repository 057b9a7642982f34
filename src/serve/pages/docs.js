// The API's description, drawn from /openapi.json, with a box to try each call.
import { h } from "/card.js";

const docs = document.getElementById("docs");
const EXAMPLE = { text: "快递三天没动静，客服一直不接电话，第三次投诉了", customer: { tier: "vip" }, order: { amount: 268 } };

const nameOf = (ref) => ref.split("/").at(-1);
const link = (ref) => h("a", { href: `#${nameOf(ref)}` }, nameOf(ref));

/** The type of a schema in a few words. */
function kind(schema) {
  if (!schema || typeof schema !== "object") return ["any"];
  if (schema.$ref) return [link(schema.$ref)];
  const choice = schema.oneOf ?? schema.anyOf ?? schema.allOf;
  if (choice) return choice.flatMap((one, n) => [n > 0 && " | ", ...kind(one)]);
  if (schema.enum) return [schema.enum.join(" | ")];
  const types = [schema.type ?? "any"].flat();
  if (types.includes("array")) return schema.prefixItems ? ["[", ...schema.prefixItems.flatMap((one, n) => [n > 0 && ", ", ...kind(one)]), "]"] : [...kind(schema.items), "[]"];
  return [types.join(" | ")];
}

/** A description whose `names` are set as code. */
const prose = (text = "") => text.split("`").map((part, n) => (n % 2 ? h("code", {}, part) : part));

function fields(schema) {
  const parts = (schema.allOf ?? [schema]).filter((part) => part.properties);
  const rows = parts.flatMap((part) => Object.entries(part.properties).map(([name, value]) =>
    h("tr", {}, h("td", {}, name, part.required?.includes(name) && h("sup", { title: "required" }, "*")), h("td", {}, kind(value)), h("td", {}, prose(value.description)))));
  return rows.length ? h("table", {}, h("tbody", {}, rows)) : h("p", {}, kind(schema));
}

function call(path, method, operation) {
  const body = operation.requestBody && h("textarea", { "aria-label": "body", spellcheck: "false", rows: 10 });
  if (body) body.value = JSON.stringify(path.endsWith("/batch") ? { complaints: [EXAMPLE, { text: "包装破了" }] } : EXAMPLE, null, 2);
  const answer = h("pre", { hidden: true, "aria-live": "polite" });
  const send = async () => {
    const response = await fetch(path, { method: method.toUpperCase(), body: body?.value, headers: body ? { "content-type": "application/json" } : {} });
    const text = await response.text();
    let shown = text;
    try { shown = JSON.stringify(JSON.parse(text), null, 2); } catch { /* Prometheus text stays as it is. */ }
    answer.hidden = false;
    answer.textContent = `${response.status}  ${response.headers.get("server-timing") ?? ""}\n\n${shown}`;
  };
  return h("div", { class: "call" }, h("h3", {}, "试一试 · Try it"), body, h("button", { type: "button", class: "quiet", onclick: send }, "发送 · Send"), answer);
}

function operation(path, method, value) {
  const content = value.requestBody?.content?.["application/json"]?.schema;
  const answers = Object.entries(value.responses).map(([status, one]) => {
    const schema = Object.values(one.content ?? {})[0]?.schema;
    return h("tr", {}, h("td", {}, status), h("td", {}, schema ? kind(schema) : ""), h("td", {}, one.description));
  });
  return h("details", { class: "op", id: value.operationId },
    h("summary", {}, h("b", { class: `verb ${method}` }, method.toUpperCase()), h("code", {}, path), h("span", {}, value.summary ?? "")),
    h("div", { class: "inside" }, value.description && h("p", {}, prose(value.description)),
      content && [h("h3", {}, "请求 · Request"), h("p", {}, kind(content))], h("h3", {}, "回答 · Answers"),
      h("table", {}, h("tbody", {}, answers)), call(path, method, value)));
}

async function draw() {
  const api = await (await fetch("/openapi.json")).json();
  const all = Object.entries(api.paths).flatMap(([path, item]) => Object.entries(item).map(([method, value]) => ({ path, method, value })));
  docs.replaceChildren(h("h1", {}, api.info.title), h("p", { class: "sub" }, prose(api.info.description)),
    ...(api.tags ?? []).flatMap((tag) => [h("h2", {}, tag.description ?? tag.name),
      ...all.filter((one) => one.value.tags?.includes(tag.name)).map((one) => operation(one.path, one.method, one.value))]),
    h("h2", {}, "Schemas"),
    ...Object.entries(api.components.schemas).map(([name, schema]) => h("details", { class: "op", id: name },
      h("summary", {}, h("code", {}, name), h("span", {}, prose(schema.description))), h("div", { class: "inside" }, fields(schema)))));
  const open = () => { const target = document.getElementById(location.hash.slice(1)); if (target) target.open = true; };
  window.addEventListener("hashchange", open);
  open();
}
draw();
