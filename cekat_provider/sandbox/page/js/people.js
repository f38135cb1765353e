// The list of conversations.

import { find, h, icon, keyed } from "./dom.js";
import { initials, phoneNumber, shortTime, tint, WHOLE } from "./format.js";
import { nowMs, state, unseen } from "./state.js";
import { plain } from "./text.js";

export const linkTo = (id) => `#/conversations/${encodeURIComponent(id)}`;

export const avatar = (one) => h("span", { className: `avatar ${tint(one.receiver)}`, "aria-hidden": "true" }, initials(one.name));

export function preview(message) {
  if (!message) return "Nothing said yet";
  const kind = WHOLE[message.media_type];
  const said = plain(message.message) || kind || message.media_type;
  return message.sent_by_type === "private_note" ? `Note: ${said}` : said;
}

function row(one) {
  const last = one.last;
  const own = last && last.sent_by_type !== "user" && last.sent_by_type !== "private_note";
  const fresh = one.id === state.openId ? 0 : unseen(one);
  const media = last && ["image", "video", "document", "audio", "location"].includes(last.media_type) ? last.media_type : null;
  return h(
    "li",
    {},
    h(
      "a",
      { className: "person", href: linkTo(one.id), "aria-current": one.id === state.openId ? "true" : null },
      avatar(one),
      h("span", { className: "person-name" }, one.name === one.receiver ? phoneNumber(one.receiver) : one.name),
      h("time", { className: "person-time" }, last ? shortTime(last.created_at, nowMs()) : ""),
      h(
        "span",
        { className: "person-said" },
        own && h("span", { className: `ticks ${last.status}`, title: last.status }, icon(last.status)),
        last?.sent_by_type === "private_note" && icon("note"),
        media && icon(media === "location" ? "pin" : media),
        h("span", { className: "cut" }, preview(last)),
      ),
      fresh > 0 && h("span", { className: "badge", "aria-label": `${fresh} new` }, fresh > 99 ? "99+" : fresh),
      fresh === 0 && !one.window_open && h("span", { className: "closed", title: "The 24-hour window is closed" }, "closed"),
    ),
  );
}

export function drawPeople() {
  const wanted = state.search.trim().toLowerCase();
  const digits = wanted.replace(/[^\p{L}\p{N}]/gu, "");
  const all = state.overview.conversations;
  const found = all.filter((one) => !wanted || one.name.toLowerCase().includes(wanted) || (digits && one.receiver.includes(digits)));
  keyed(
    find("people"),
    found.map((one) => ({
      key: one.id,
      look: JSON.stringify([one.name, one.last, one.window_open, unseen(one), one.id === state.openId, new Date(nowMs()).getDate()]),
      value: one,
    })),
    row,
  );
  const empty = find("people-empty");
  empty.hidden = found.length > 0;
  find("app").dataset.empty = all.length === 0;
  empty.textContent = all.length ? `Nobody is called “${state.search.trim()}”.` : "Nobody has talked yet.";
}

// The arrow keys go through the list, as they do in a mail program.
export function arrows(event) {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  const links = [...find("people").querySelectorAll("a")];
  const at = links.indexOf(document.activeElement);
  if (!step || at < 0) return;
  event.preventDefault();
  links[Math.min(links.length - 1, Math.max(0, at + step))].focus();
}
