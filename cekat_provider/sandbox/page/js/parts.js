// What a bubble can hold besides its text: a file, a place, a link, buttons, a list.

import { h, icon } from "./dom.js";
import { outside } from "./text.js";

const fileName = (url) => {
  const last = url.split("/").pop() || url;
  try {
    return decodeURIComponent(last);
  } catch {
    return last;
  }
};
const host = (url) => (URL.canParse(url) ? new URL(url).host : "");

// A file is never fetched: it is somebody else's server. It is drawn, and can be followed.
export function file(kind, url) {
  const name = fileName(url);
  const about = h("span", { className: "file-about" }, h("b", { className: "cut" }, name), h("small", { className: "cut" }, host(url)));
  if (kind === "image" || kind === "video") {
    const picture = h("span", { className: `picture ${kind}` }, icon(kind));
    return outside(url, { className: "file media", title: url }, picture, about);
  }
  if (kind === "audio") {
    const wave = h("span", { className: "wave", "aria-hidden": "true" }, Array.from({ length: 26 }, () => h("i")));
    return outside(url, { className: "file audio", title: url }, h("span", { className: "disc" }, icon("audio")), h("span", { className: "file-about" }, wave, about));
  }
  const ending = (/\.(\w{1,5})$/.exec(name)?.[1] ?? "file").toUpperCase();
  return outside(url, { className: "file sheet-of", title: url }, h("span", { className: "ending" }, ending), about);
}

export function place(location) {
  const at = `${location.latitude}, ${location.longitude}`;
  const url = `https://www.openstreetmap.org/?mlat=${encodeURIComponent(location.latitude)}&mlon=${encodeURIComponent(location.longitude)}`;
  return outside(
    url,
    { className: "file place", title: at },
    h("span", { className: "map", "aria-hidden": "true" }, icon("pin")),
    h("span", { className: "file-about" }, h("b", {}, location.name || "Location"), h("small", {}, location.address || at)),
  );
}

export function header(given) {
  if (!given) return null;
  return given.text ? h("p", { className: "header" }, given.text) : null;
}

// `tap` answers as the customer; `open` shows the list.
export function actions(message, tap, open) {
  const action = message.action;
  if (!action) return null;
  if (message.media_type === "cta_url") {
    const { display_text: label, url } = action.parameters;
    return h("div", { className: "actions" }, outside(url, { className: "action", title: url }, icon("link"), label));
  }
  if (message.media_type === "button") {
    const made = action.buttons.map(({ reply }) =>
      h("button", { type: "button", className: "action", onclick: () => tap({ button_id: reply.id }) }, icon("reply"), reply.title),
    );
    return h("div", { className: "actions" }, made);
  }
  if (message.media_type === "list") {
    const shown = { type: "button", className: "action", "aria-haspopup": "dialog", onclick: (event) => open(message, event.currentTarget) };
    return h("div", { className: "actions" }, h("button", shown, icon("list"), action.button));
  }
  return null;
}
