// One message as WhatsApp draws it, and below it which task sent it.

import { h, icon } from "./dom.js";
import { clockTime, day, tint } from "./format.js";
import { actions, file, header, place } from "./parts.js";
import { nowMs, state, task } from "./state.js";
import { marked } from "./text.js";

const SENDERS = { agent: "Agent", ai: "AI agent", campaigns: "Campaign", follow_up: "Follow-up", inbox: "Inbox" };

export function side(message) {
  if (message.sent_by_type === "user") return "me";
  if (message.sent_by_type === "private_note") return "note";
  return message.sent_by_type === "system" ? "system" : "them";
}

function ticks(status) {
  const known = ["sent", "delivered", "read", "failed"].includes(status);
  return h("span", { className: `ticks ${status}` }, known ? icon(status) : status);
}

function meta(message, select) {
  const from = side(message);
  const time = clockTime(message.created_at);
  const shown = from === "note" || from === "system" ? "" : message.status;
  return h(
    "button",
    {
      type: "button",
      className: "meta",
      "aria-label": `${time}${shown ? `, ${shown}` : ""}. Inspect this message`,
      "aria-pressed": String(message.id === state.selectedId),
      onclick: (event) => (event.stopPropagation(), select(message, true)),
    },
    time,
    shown && ticks(message.status),
  );
}

function who(message) {
  const from = side(message);
  if (from === "note") return h("p", { className: "who" }, icon("note"), `Note by ${message.sent_by_name} · the customer never sees it`);
  const sender = SENDERS[message.sent_by_type];
  if (sender) return h("p", { className: `who ${tint(message.sent_by_name)}` }, message.sent_by_name === sender ? sender : `${message.sent_by_name} · ${sender}`);
  return message.is_template && h("p", { className: "who template" }, "Template");
}

function trace(message) {
  const sentBy = task(message.request_headers);
  if (!sentBy) return null;
  const named = sentBy.mapIndex === null ? sentBy.task : `${sentBy.task} [${sentBy.mapIndex}]`;
  const after = sentBy.attempt ? ` › try ${sentBy.attempt}` : "";
  const title = `${sentBy.dag} › ${named}${after}\nrun ${sentBy.run}`;
  // Each gives way by itself: a long DAG's name does not hide the task and the try.
  return h("p", { className: "trace", title }, icon("flow"), h("span", { className: "cut" }, sentBy.dag), h("span", { className: "cut task" }, ` › ${named}`), h("span", {}, after));
}

function why(message) {
  const error = message.additional_data?.error;
  if (message.status !== "failed") return null;
  const said = error ? [error.code, error.message].filter((part) => part !== null && part !== "").join(" · ") : "no reason given";
  return h("p", { className: "trace failed" }, icon("failed"), h("span", {}, `Failed: ${said}`));
}

// A picked row shows its description below its title, as in WhatsApp.
const picked = (message) => message.sent_by_type === "user" && message.interactive?.list_reply?.description;

export function bubble(message, { select, tap, open }) {
  const interactive = message.interactive?.type && message.sent_by_type !== "user" ? message.interactive : null;
  const kind = ["image", "video", "document", "audio"].includes(message.media_type) ? message.media_type : "document";
  const body = h(
    "div",
    { className: "bubble", onclick: (event) => event.target.closest("a, button") || getSelection().toString() || select(message, false) },
    who(message),
    message.media_url && file(kind, message.media_url),
    header(interactive?.header),
    message.location && place(message.location),
    message.message && h("p", { className: "said", dir: "auto" }, marked(message.message)),
    picked(message) && h("p", { className: "footer" }, picked(message)),
    interactive?.footer && h("p", { className: "footer" }, interactive.footer.text),
    meta(message, select),
    actions(message, tap, open),
  );
  return h("li", { className: `message ${side(message)}`, id: `message-${message.id}` }, body, trace(message), why(message));
}

// The messages with a line before each new day, as items for `keyed`.
export function items(messages) {
  const found = [];
  let today = null;
  let before = null;
  for (const message of messages) {
    const named = day(message.created_at, nowMs());
    if (named !== today) found.push({ key: `day ${message.id}`, look: named, value: { day: named } });
    const follows = named === today && before === side(message);
    const look = JSON.stringify([message.status, message.updated_at, message.additional_data, message.id === state.selectedId, follows]);
    found.push({ key: message.id, look, value: { message, follows } });
    [today, before] = [named, side(message)];
  }
  return found;
}

export function draw(value, doing) {
  if (value.day) return h("li", { className: "day" }, h("span", {}, value.day));
  const made = bubble(value.message, doing);
  made.classList.toggle("follows", value.follows);
  made.classList.toggle("selected", value.message.id === state.selectedId);
  return made;
}
