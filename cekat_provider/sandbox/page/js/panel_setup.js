// The clock, the customer who answers by itself, how messages are delivered, the budget.

import { act } from "./api.js";
import { h } from "./dom.js";
import { fullTime, offset } from "./format.js";
import { heading } from "./panel_parts.js";
import { nowMs, state } from "./state.js";

let parts = null;

export function drawSetup(panel) {
  if (!parts) {
    parts = { clock: h("p", { className: "big-time" }), shift: h("p", { className: "quiet" }), rules: h("ol", { className: "faults" }), noRules: h("p", { className: "quiet" }, "The customer answers nothing by itself.") };
    parts.delivery = deliveryForm();
    parts.rate = rateForm();
    panel.replaceChildren(clockSection(), rulesSection(), parts.delivery.section, parts.rate.section);
  }
  drawClock();
  const { rules, delivery, rate_limit: rate } = state.overview;
  parts.rules.replaceChildren(...rules.map(described));
  parts.noRules.hidden = rules.length > 0;
  parts.delivery.show(delivery);
  parts.rate.show(rate);
}

export function drawClock() {
  if (!parts || !state.overview) return;
  const { offset_seconds: shifted } = state.overview.clock;
  parts.clock.textContent = fullTime(nowMs());
  parts.shift.textContent = shifted ? `${offset(shifted)} beside this machine's clock` : "The same as this machine's clock.";
}

const move = (hours) => act("POST", "clock", { advance_hours: hours });

function clockSection() {
  const jump = (hours, label, primary) => h("button", { type: "button", className: primary ? "button primary" : "button", onclick: () => move(hours) }, label);
  const hours = h("input", { type: "number", step: "any", value: 1, required: true, "aria-label": "Hours to move the clock by" });
  const submit = (event) => (event.preventDefault(), move(hours.valueAsNumber));
  const back = () => act("POST", "clock", { advance_seconds: -state.overview.clock.offset_seconds });
  return h(
    "section",
    {},
    heading("Clock"),
    parts.clock,
    parts.shift,
    h("div", { className: "row" }, jump(25, "+25 h", true), jump(1, "+1 h"), jump(-1, "−1 h"), h("button", { type: "button", className: "button", onclick: back }, "Back to now")),
    h("form", { className: "row", onsubmit: submit }, hours, h("button", { type: "submit", className: "button" }, "Move by hours")),
    h("p", { className: "quiet" }, "25 hours after the customer's last message WhatsApp's window is closed: only a template gets through."),
  );
}

function described(rule) {
  const when = [`after ${rule.after_seconds} s`, rule.contains && `to messages with “${rule.contains}”`, rule.receiver && `from ${rule.receiver}`, rule.times !== null && `${rule.times} more times`];
  return h("li", {}, h("b", {}, rule.message), h("small", {}, when.filter(Boolean).join(", ")));
}

function rulesSection() {
  const message = h("input", { name: "message", required: true, placeholder: "ya" });
  const after = h("input", { name: "after", type: "number", min: 0, step: "any", value: 1, required: true });
  const contains = h("input", { name: "contains", placeholder: "any message" });
  const submit = async (event) => {
    event.preventDefault();
    const body = { message: message.value, after_seconds: after.valueAsNumber };
    if (await act("POST", "auto-reply", contains.value ? { ...body, contains: contains.value } : body)) message.value = "";
  };
  return h(
    "section",
    {},
    heading("Answers by itself", h("button", { type: "button", className: "button small", onclick: () => act("DELETE", "auto-reply") }, "Take all back")),
    parts.rules,
    parts.noRules,
    h(
      "form",
      { className: "fields", onsubmit: submit },
      h("label", {}, "The customer answers", message),
      h("div", { className: "pair" }, h("label", {}, "After, seconds", after), h("label", {}, "To texts that hold", contains)),
      h("button", { type: "submit", className: "button" }, "Add the answer"),
    ),
  );
}

// A form whose fields show what is set, except the one that is being typed in.
function settings(title, hint, fields, save) {
  const inputs = fields.map(([name, label]) => [name, label, h("input", { name, type: "number", min: 0, step: "any", placeholder: "never" })]);
  const submit = (event) => {
    event.preventDefault();
    save(Object.fromEntries(inputs.map(([name, , input]) => [name, input.value === "" ? null : input.valueAsNumber])));
  };
  const section = h(
    "section",
    {},
    heading(title),
    h("p", { className: "quiet" }, hint),
    h("form", { className: "fields", onsubmit: submit }, h("div", { className: "pair" }, inputs.map(([, label, input]) => h("label", {}, label, input))), h("button", { type: "submit", className: "button" }, "Set")),
  );
  let shown = null;
  const show = (values) => {
    if (JSON.stringify(values) === shown) return;
    shown = JSON.stringify(values);
    for (const [name, , input] of inputs) input.value = values[name] ?? "";
  };
  return { section, show };
}

function deliveryForm() {
  const fields = [["delivered_after_seconds", "Delivered, s"], ["read_after_seconds", "Read, s"], ["failed_after_seconds", "Failed, s"]];
  return settings("Delivery", "Messages sent from now on climb by themselves, so many seconds of the sandbox's clock after they were sent.", fields, (values) => act("POST", "delivery", values));
}

function rateForm() {
  const made = settings("Budget", "How many requests a minute are granted. Empty: any number.", [["per_minute", "Requests a minute"]], (values) => act("POST", "rate-limit", values));
  made.section.querySelector("input").placeholder = "no limit";
  return { ...made, show: (value) => made.show({ per_minute: value }) };
}
