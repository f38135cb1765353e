// Trouble on demand.

import { act } from "./api.js";
import { h } from "./dom.js";
import { heading } from "./panel_parts.js";
import { state } from "./state.js";

// Kind → what it does, and the fields that it asks for besides: name, label, type, first value.
const KINDS = {
  rate_limit: ["429 Too many requests", [["retry_after", "Retry-After, seconds", "number", 5]]],
  status: ["An error status, and no effect", [["status", "Status", "number", 503]]],
  error_code: ["One of WhatsApp's errors, and no effect", [["code", "Code", "number", 131000], ["message", "Message", "text", "Something went wrong"]]],
  drop: ["The connection is cut before anything happens", []],
  accept_then_drop: ["It is accepted, then the connection is cut", []],
  accept_then_status: ["It is accepted, and answered with an error", [["status", "Status", "number", 500]]],
  slow: ["The answer is late", [["seconds", "Seconds", "number", 5]]],
  drip: ["The answer comes byte by byte", [["seconds_per_byte", "Seconds a byte", "number", 0.05]]],
  truncated: ["The answer ends in its middle", []],
  not_json: ["The answer is a web page", []],
  huge: ["The answer does not end for 40 MB", []],
  deep: ["The answer is nested 100,000 deep", []],
};
const ON = { send: "sends", read: "reads", any: "all requests" };

let form = null;
let listed = null;

export function drawFaults(panel) {
  if (!form) {
    form = makeForm();
    listed = h("div");
    panel.replaceChildren(listed, h("section", {}, heading("Cause trouble"), form));
  }
  const { faults } = state.overview;
  const look = JSON.stringify(faults);
  if (listed.dataset.look === look) return;
  listed.dataset.look = look;
  const clear = h("button", { type: "button", className: "button small", onclick: () => act("DELETE", "faults") }, "Take all back");
  listed.replaceChildren(
    faults.length
      ? h("section", {}, heading("Faults that are left", clear), h("ol", { className: "faults" }, faults.map(described)))
      : h("section", {}, heading("Faults that are left"), h("p", { className: "quiet" }, "None: every good request gets a good answer.")),
  );
}

function described(fault) {
  const { kind, on = "any", times, skip, probability, ...more } = fault;
  const often = times === null || (times === undefined && probability != null) ? "for ever" : times > 1 ? `${times} times` : "once";
  const rest = Object.entries(more).filter(([, value]) => value !== null).map(([name, value]) => `${name} ${value}`);
  const when = [often, `on ${ON[on]}`, skip > 0 && `after ${skip} more`, probability != null && `with probability ${probability}`, ...rest].filter(Boolean);
  return h("li", {}, h("b", {}, kind), h("span", {}, KINDS[kind]?.[0] ?? ""), h("small", {}, when.join(", ")));
}

function makeForm() {
  const kind = h("select", { name: "kind" }, Object.entries(KINDS).map(([value, [label]]) => h("option", { value }, label)));
  const on = h("select", { name: "on" }, Object.entries(ON).map(([value, label]) => h("option", { value }, label)));
  const times = h("input", { name: "times", type: "number", min: 1, value: 1 });
  const ever = h("input", { name: "ever", type: "checkbox", onchange: () => (times.disabled = ever.checked) });
  const more = h("div", { className: "pair" });
  const fields = () => {
    const wanted = KINDS[kind.value][1];
    more.replaceChildren(...wanted.map(([name, label, type, value]) => h("label", {}, label, h("input", { name, type, value, min: 0, step: "any", required: true }))));
  };
  kind.onchange = fields;
  fields();
  const submit = (event) => {
    event.preventDefault();
    const given = [...more.querySelectorAll("input")].map((input) => [input.name, input.type === "number" ? input.valueAsNumber : input.value]);
    act("POST", "faults", { kind: kind.value, on: on.value, times: ever.checked ? null : times.valueAsNumber, ...Object.fromEntries(given) });
  };
  return h(
    "form",
    { className: "fields", onsubmit: submit },
    h("label", {}, "What happens", kind),
    more,
    h("div", { className: "pair" }, h("label", {}, "To which requests", on), h("label", {}, "How often", times)),
    h("label", { className: "check" }, ever, "for ever"),
    h("button", { type: "submit", className: "button primary" }, "Add the fault"),
  );
}
