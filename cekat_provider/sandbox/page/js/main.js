// Wires the page: looks at the sandbox when told that something changed, and draws what it saw.

import { conversationPath, get, tell } from "./api.js";
import { confirmClear, newConversation } from "./dialogs.js";
import { find } from "./dom.js";
import { offset, clockTime } from "./format.js";
import { listen } from "./live.js";
import { drawPanel, makeTabs, showTab } from "./panel.js";
import { drawClock } from "./panel_setup.js";
import { arrows, drawPeople, linkTo } from "./people.js";
import { drawPhone, drawTime, focusWrite } from "./phone.js";
import { loadSeen, markSeen, nowMs, openConversation, setClock, state } from "./state.js";

const view = (name) => (find("app").dataset.view = name);

function draw() {
  if (!state.overview) return;
  const one = openConversation();
  if (one) markSeen(one.id, one.count);
  drawPeople();
  drawPhone(select, showEarlier);
  drawPanel();
  drawTimes();
  const fresh = state.overview.conversations.filter((each) => each.id !== state.openId && each.count > (state.seen[each.id] ?? 0)).length;
  document.title = fresh ? `(${fresh}) Cekat sandbox` : "Cekat sandbox";
}

function drawTimes() {
  if (!state.overview) return;
  const shifted = state.overview.clock.offset_seconds;
  find("clock").textContent = clockTime(nowMs()) + (shifted ? ` · ${offset(shifted)}` : "");
  find("clock").dataset.shifted = Boolean(shifted);
  find("clock").setAttribute("aria-label", `The sandbox's clock: ${find("clock").textContent}. Move it`);
  drawTime();
  drawClock();
}

// One look at a time: what is told meanwhile is looked at once, afterwards.
let looking = false;
let again = false;

async function look() {
  if (looking) return void (again = true);
  looking = true;
  try {
    do {
      again = false;
      const id = state.openId;
      const overview = await get("overview");
      const known = overview.conversations.some((one) => one.id === id);
      const messages = known ? await get(conversationPath(id, `messages?last=${state.wanted}`)) : [];
      setClock(overview.clock.now);
      if (id === state.openId) Object.assign(state, { overview, messages });
      else again = true;
    } while (again);
    draw();
  } catch (error) {
    if (!(error instanceof TypeError)) tell(error.message); // no answer: the stream's state says so
  } finally {
    looking = false;
  }
}

function select(message, inspect) {
  state.selectedId = message.id;
  showTab("message");
  draw();
  if (inspect) view("panel");
}

async function showEarlier() {
  state.wanted += 200;
  await look();
}

function route() {
  const [, kind, id] = location.hash.split("/");
  const wanted = kind === "conversations" && id ? decodeURIComponent(id) : null;
  view(wanted ? "chat" : "people");
  if (wanted !== state.openId) Object.assign(state, { openId: wanted, messages: [], wanted: 100, selectedId: null });
  return look();
}

loadSeen();
makeTabs();
addEventListener("hashchange", route);
find("people").addEventListener("keydown", arrows);
find("search").addEventListener("input", (event) => ((state.search = event.target.value), drawPeople()));
find("new").addEventListener("click", () => newConversation((id) => ((location.hash = linkTo(id)), view("chat"))));
find("clear").addEventListener("click", confirmClear);
find("clock").addEventListener("click", () => (showTab("setup"), view("panel")));
find("show-panel").addEventListener("click", () => view("panel"));
find("hide-panel").addEventListener("click", () => view(state.openId ? "chat" : "people"));
document.querySelector(".skip").addEventListener("click", (event) => (event.preventDefault(), focusWrite()));
addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  find("export").open = false;
  if (find("app").dataset.view === "panel") view(state.openId ? "chat" : "people");
});
addEventListener("click", (event) => {
  if (!event.target.closest("summary")) find("export").open = false;
});
setInterval(drawTimes, 1000);
listen(look, (now) => {
  find("live").dataset.state = now;
  find("live").textContent = { live: "Live", lost: "Reconnecting" }[now];
});
await route();
