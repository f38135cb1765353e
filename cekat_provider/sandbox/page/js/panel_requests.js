// The request log: what came to Cekat's endpoints, what was answered, and why it was refused.

import { get } from "./api.js";
import { h, icon, keyed } from "./dom.js";
import { clockTime, fullTime } from "./format.js";
import { body, code, heading } from "./panel_parts.js";
import { task } from "./state.js";

const SHOWN = 200;
let refusedOnly = false;
let list = null;
let none = null;

export function drawRequests(panel) {
  if (!list) {
    list = h("ul", { className: "requests" });
    none = h("div", { className: "blank", hidden: true });
    const only = h("input", { type: "checkbox", onchange: () => ((refusedOnly = only.checked), load()) });
    panel.replaceChildren(h("section", {}, heading("Requests to Cekat", h("label", { className: "check" }, only, "refused only")), list, none));
  }
  load();
}

let asked = 0;

async function load() {
  const mine = (asked += 1);
  const entries = await get(`requests?last=${SHOWN}&refused=${refusedOnly}`).catch(() => null);
  if (entries === null || mine !== asked) return;
  keyed(
    list,
    entries.reverse().map((entry) => ({ key: `${entry.at} ${entry.number}`, look: `${entry.status} ${entry.reason}`, value: entry })),
    draw,
  );
  none.hidden = entries.length > 0;
  none.replaceChildren(icon("list"), h("h3", {}, refusedOnly ? "Nothing was refused" : "No request yet"), h("p", {}, "Every request to Cekat's endpoints is listed here, the refused ones with the reason."));
}

function draw(entry) {
  const status = entry.status ?? "cut";
  const kind = entry.status === null ? "none" : entry.status >= 400 ? "bad" : entry.status >= 300 ? "odd" : "good";
  const sentBy = task(entry.headers);
  const summary = h(
    "summary",
    {},
    h("span", { className: `status ${kind}` }, status),
    h("span", { className: "asked cut" }, h("b", {}, entry.method), ` ${entry.path}${entry.query ? `?${entry.query}` : ""}`),
    h("time", { title: fullTime(entry.at) }, clockTime(entry.at)),
    entry.reason && h("span", { className: "why" }, entry.reason),
    entry.fault && h("span", { className: "tag" }, `fault: ${entry.fault}`),
    sentBy && h("span", { className: "by cut" }, [sentBy.dag, sentBy.task, sentBy.attempt && `try ${sentBy.attempt}`].filter(Boolean).join(" › ")),
  );
  const more = h("details", { className: "request" }, summary);
  // Two hundred bodies, and each is drawn only where somebody looks.
  more.addEventListener("toggle", () => {
    if (!more.open || more.children.length > 1) return;
    const headers = Object.entries(entry.headers).map(([name, value]) => `${name}: ${value}`).join("\n");
    more.append(...[entry.body && code(body(entry.body)), code(headers)].filter(Boolean));
  });
  return h("li", {}, more);
}
