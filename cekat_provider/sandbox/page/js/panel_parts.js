// What the inspector's panels share.

import { h, icon } from "./dom.js";

export const heading = (text, ...more) => h("div", { className: "heading" }, h("h3", {}, text), ...more);

export function copyable(label, text) {
  const copy = async () => {
    await navigator.clipboard?.writeText(text);
    button.classList.add("done");
  };
  const button = h("button", { type: "button", className: "icon-button small", "aria-label": `Copy ${label}`, title: `Copy ${label}`, onclick: copy }, icon("copy"));
  return button;
}

export const code = (text) => h("pre", { tabIndex: 0 }, h("code", {}, text));

export function body(text) {
  try {
    return JSON.stringify(typeof text === "string" ? JSON.parse(text) : text, null, 2);
  } catch {
    return text;
  }
}
