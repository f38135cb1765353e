// One message: which task sent it, its status, and the request as it came.

import { act, get } from "./api.js";
import { h, icon } from "./dom.js";
import { fullTime } from "./format.js";
import { body, code, copyable, heading } from "./panel_parts.js";
import { selectedMessage, task } from "./state.js";

const STEPS = ["sent", "delivered", "read"];
const REASONS = [
  [131026, "Message undeliverable"],
  [131047, "Re-engagement message"],
  [131049, "Not delivered to maintain healthy ecosystem engagement"],
  [131051, "Unsupported message type"],
  [131053, "Media upload error"],
  [130472, "User's number is part of an experiment"],
];

let drawn = "";

export function drawMessage(panel) {
  const message = selectedMessage();
  const look = JSON.stringify(message);
  if (look === drawn && panel.hasChildNodes()) return;
  drawn = look;
  if (!message) {
    panel.replaceChildren(
      h("div", { className: "blank" }, icon("flow"), h("h3", {}, "No message picked"), h("p", {}, "Click a bubble to see which task sent it, move its status, and read the request as it came.")),
    );
    return;
  }
  panel.replaceChildren(...[sender(message), status(message), request(message), ids(message)].filter(Boolean));
}

const rows = (pairs) =>
  h("dl", { className: "facts" }, pairs.filter(([, value]) => value !== null && value !== undefined && value !== "").map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", {}, value))));

function sender(message) {
  const sentBy = task(message.request_headers);
  const who = { user: "Written by the customer", private_note: "A private note" }[message.sent_by_type];
  if (sentBy) {
    const facts = [["DAG", sentBy.dag], ["Run", sentBy.run], ["Task", sentBy.task], ["Map index", sentBy.mapIndex], ["Try", sentBy.attempt]];
    return h("section", {}, heading("Sent by a task"), rows(facts));
  }
  const said = message.request_body ? "Sent through the API, not from inside of an Airflow task." : `${who ?? `Written as ${message.sent_by_name}`}.`;
  return h("section", {}, heading(message.request_body ? "Sent through the API" : "Sender"), h("p", { className: "quiet" }, said));
}

function status(message) {
  if (message.sent_by_type === "user" || message.sent_by_type === "private_note") return null;
  const set = (name, error) => act("PATCH", `messages/${encodeURIComponent(message.id)}`, error ? { status: name, error } : { status: name });
  const at = STEPS.indexOf(message.status);
  const steps = STEPS.map((name, index) =>
    h(
      "button",
      { type: "button", className: index <= at ? "step reached" : "step", "aria-pressed": String(index === at), onclick: () => set(name) },
      icon(name),
      h("span", {}, name),
    ),
  );
  const failed = message.status === "failed";
  const error = message.additional_data?.error;
  const reason = h("select", {}, REASONS.map(([value, said]) => h("option", { value }, `${value} · ${said}`)));
  if (REASONS.some(([code]) => code === error?.code)) reason.value = String(error.code);
  const fail = () => {
    const [code, said] = REASONS[reason.selectedIndex];
    return set("failed", { code, message: said });
  };
  const failing = h(
    "button",
    { type: "button", className: failed ? "step failed reached" : "step failed", "aria-pressed": String(failed), onclick: () => fail() },
    icon("failed"),
    h("span", {}, "failed"),
  );
  const other = !failed && at < 0;
  return h(
    "section",
    {},
    heading("Status", h("small", {}, `since ${fullTime(message.updated_at)}`)),
    h("div", { className: "steps", role: "group", "aria-label": "Status" }, steps, failing),
    h("label", { className: "reason" }, "Reason when it fails", reason),
    failed && h("p", { className: "problem" }, error ? `${error.code ?? ""} ${error.message ?? ""}`.trim() : "No reason given."),
    other && h("p", { className: "quiet" }, `Its status is “${message.status}”.`),
  );
}

function request(message) {
  if (!message.request_body) return null;
  const path = message.is_template ? "/templates/send" : "/messages/whatsapp";
  const text = body(message.request_body);
  const headers = Object.entries(message.request_headers).map(([name, value]) => `${name}: ${value}`).join("\n");
  const filled = h("section", {}, heading("Request", copyable("the request's body", text)), h("p", { className: "line" }, h("b", {}, "POST"), ` ${path}`), code(text));
  filled.append(h("details", {}, h("summary", {}, `${Object.keys(message.request_headers).length} headers, the key masked`), code(headers)));
  if (message.is_template) named(filled, message.request_body.wa_template_id);
  return filled;
}

async function named(section, number) {
  const found = (await get("templates")).find((one) => one.wa_template_id === number);
  if (found) section.querySelector(".line").append(h("span", { className: "tag" }, `${found.name} · ${found.language}`));
}

function ids(message) {
  const facts = [["Message", message.id], ["WhatsApp's id", message.platform_mid], ["Conversation", message.conversation_id], ["Accepted", fullTime(message.created_at)]];
  return h("section", {}, heading("Ids", copyable("the message's id", message.id)), rows(facts));
}
