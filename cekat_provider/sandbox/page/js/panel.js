// The inspector's tabs.

import { find, h } from "./dom.js";
import { drawFaults } from "./panel_faults.js";
import { drawMessage } from "./panel_message.js";
import { drawRequests } from "./panel_requests.js";
import { drawSetup } from "./panel_setup.js";
import { state } from "./state.js";

const TABS = { message: ["Message", drawMessage], requests: ["Requests", drawRequests], faults: ["Faults", drawFaults], setup: ["Set-up", drawSetup] };

export function makeTabs() {
  for (const [name, [label]] of Object.entries(TABS)) {
    const tab = h("button", { type: "button", role: "tab", id: `to-${name}`, "aria-controls": `tab-${name}` }, label, h("span", { className: "count" }));
    tab.onclick = () => showTab(name);
    find("tabs").append(tab);
  }
  find("tabs").addEventListener("keydown", (event) => {
    const names = Object.keys(TABS);
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const next = names[(names.indexOf(state.tab) + step + names.length) % names.length];
    showTab(next);
    find(`to-${next}`).focus();
  });
}

export function showTab(name) {
  state.tab = name;
  drawPanel();
}

function count(name, number, label) {
  const badge = find(`to-${name}`).querySelector(".count");
  badge.textContent = number || "";
  badge.setAttribute("aria-label", number ? label : "");
}

export function drawPanel() {
  for (const name of Object.keys(TABS)) {
    find(`to-${name}`).setAttribute("aria-selected", String(name === state.tab));
    find(`to-${name}`).tabIndex = name === state.tab ? 0 : -1;
    find(`tab-${name}`).hidden = name !== state.tab;
  }
  count("requests", state.overview.refused, `${state.overview.refused} refused`);
  count("faults", state.overview.faults.length, `${state.overview.faults.length} set`);
  TABS[state.tab][1](find(`tab-${state.tab}`));
}
