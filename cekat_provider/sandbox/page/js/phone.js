// The open conversation: a phone in the customer's hand.

import { act, conversationPath } from "./api.js";
import { draw, items } from "./bubbles.js";
import { find, h, icon, keyed } from "./dom.js";
import { clockTime, duration, phoneNumber } from "./format.js";
import { copyable } from "./panel_parts.js";
import { avatar } from "./people.js";
import { attach, pickRow, sheet } from "./sheet.js";
import { nowMs, openConversation, state } from "./state.js";

let phone = null; // the elements of the phone that is drawn, and whose it is
const SENDERS = { user: "Customer", agent: "Agent", private_note: "Private note" };

function send(fields) {
  return act("POST", conversationPath(phone.id, "reply"), fields);
}

async function write(area) {
  const said = area.value.trim();
  if (!said) return;
  const note = state.sender !== "user";
  const body = note ? { message: said, sent_by_type: state.sender } : { message: said };
  area.value = "";
  if (!(await act("POST", conversationPath(phone.id, note ? "note" : "reply"), body))) area.value ||= said;
  area.focus();
}

function composer() {
  const area = h("textarea", { id: "write", rows: 1, enterKeyHint: "send" });
  area.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    write(area);
  });
  const attached = { type: "button", className: "icon-button", "aria-label": "Send a file as the customer", title: "Send a file" };
  attached.onclick = (event) => sheet(phone.screen, event.currentTarget, "Send a file", attach(send));
  const form = h(
    "form",
    { className: "composer", onsubmit: (event) => (event.preventDefault(), write(area)) },
    h("div", { className: "pill" }, h("button", attached, icon("plus")), area),
    h("button", { type: "submit", className: "send", "aria-label": "Send" }, icon("send")),
  );
  const choose = Object.entries(SENDERS).map(([value, label]) =>
    h("label", {}, h("input", { type: "radio", name: "sender", value, checked: value === state.sender, onchange: () => setSender(value) }), h("span", {}, label)),
  );
  return [form, h("fieldset", { className: "senders" }, h("legend", {}, "Write as"), choose), area];
}

function setSender(value) {
  state.sender = value;
  phone.screen.dataset.sender = value;
  const hints = { user: "Write as the customer", agent: "Write as an agent", private_note: "Write a private note" };
  phone.area.placeholder = hints[value];
  phone.area.setAttribute("aria-label", hints[value]);
}

function build(one, showEarlier) {
  const log = h("ol", { className: "bubbles", role: "log", "aria-label": "Messages" });
  const earlier = h("button", { type: "button", className: "earlier", hidden: true, onclick: showEarlier }, "Show earlier messages");
  const scroll = h("div", { className: "wall", tabIndex: 0, "aria-label": "Messages, scrollable", role: "group" }, earlier, log);
  const [form, senders, area] = composer();
  const time = h("span", { className: "phone-time" });
  const title = h("h2", {}, one.name === one.receiver ? phoneNumber(one.receiver) : one.name);
  const below = h("p", { className: "window" });
  const strip = h("p", { className: "strip", hidden: true }, "The 24-hour window is closed: only a template reaches this customer, until you write.");
  const screen = h(
    "div",
    { className: "screen" },
    h("div", { className: "status-bar", "aria-hidden": "true" }, time, h("span", { className: "island" }), h("span", { className: "battery" })),
    h("div", { className: "phone-head" }, h("a", { className: "icon-button only-narrow", href: "#/", "aria-label": "Back to the conversations" }, icon("back")), avatar(one), h("div", {}, title, below)),
    scroll,
    strip,
    form,
  );
  find("stage").replaceChildren(h("div", { className: "phone" }, screen), senders);
  phone = { id: one.id, name: one.name, screen, log, earlier, scroll, area, time, below, strip };
  setSender(state.sender);
}

// Other machines than this one are reached over plain http only where the connection allows it.
function connection() {
  const near = ["127.0.0.1", "localhost", "[::1]"].includes(location.hostname);
  const where = near ? location.host : `${encodeURIComponent(location.origin)}/?allow_http=true`;
  return `export AIRFLOW_CONN_CEKAT_DEFAULT='cekat://:${state.overview.key ?? "your-key"}@${where}'`;
}

export function nobody() {
  phone = null;
  const none = state.overview.conversations.length === 0;
  const code = connection();
  find("stage").replaceChildren(
    h(
      "div",
      { className: "nobody" },
      h("img", { src: "sandbox/page/icon.svg", alt: "", width: 72, height: 72 }),
      h("h2", {}, none ? "Waiting for the first message" : "Pick a conversation"),
      none
        ? h("p", {}, "Point Airflow's connection at this address and run a DAG. What it sends shows up here at once, and you answer as the customer.")
        : h("p", {}, "You are the customer: read what your DAGs send, answer it, tap its buttons."),
      none && h("div", { className: "copied" }, h("pre", { tabIndex: 0 }, h("code", {}, code)), copyable("the connection", code)),
      none && h("p", { className: "hint" }, "Or let the customer write first: ", h("button", { type: "button", className: "link", onclick: () => find("new").click() }, "new conversation"), "."),
    ),
  );
}

export function drawPhone(select, showEarlier) {
  const one = openConversation();
  if (!one) return nobody();
  if (phone?.id !== one.id || phone.name !== one.name || !phone.screen.isConnected) build(one, showEarlier);
  const { scroll, log } = phone;
  const before = scroll.scrollHeight - scroll.scrollTop;
  const atEnd = before - scroll.clientHeight < 60;
  const firstBefore = log.dataset.first;
  const doing = { select, tap: send, open: (message, opener) => sheet(phone.screen, opener, message.action.button, pickRow(message, send)) };
  const drawn = items(state.messages);
  keyed(log, drawn.length ? drawn : [{ key: "none", look: "", value: { day: "Nothing said yet" } }], (value) => draw(value, doing));
  log.dataset.first = state.messages[0]?.id ?? "";
  phone.earlier.hidden = state.messages.length >= one.count;
  if (atEnd || firstBefore === undefined) scroll.scrollTop = scroll.scrollHeight;
  else if (firstBefore !== log.dataset.first) scroll.scrollTop = scroll.scrollHeight - before;
  drawTime();
}

export function drawTime() {
  const one = openConversation();
  if (!phone || !one) return;
  phone.time.textContent = clockTime(nowMs());
  const left = (Date.parse(one.window_ends_at) - nowMs()) / 1000;
  const open = left > 0;
  phone.below.dataset.open = open;
  phone.below.textContent = open ? `Window open, ${duration(left)} left` : `Window closed ${duration(left)} ago`;
  phone.strip.hidden = open;
}

export const focusWrite = () => phone?.area.focus();
