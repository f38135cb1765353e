// Sheets that slide up inside the phone: a list to pick from, a file to attach.

import { h } from "./dom.js";

// Everything else in the phone is inert while a sheet is open; Escape and a click beside it close it.
export function sheet(phone, opener, title, makeContent) {
  const rest = [...phone.children].filter((child) => !child.classList.contains("veil"));
  const close = () => {
    veil.remove();
    for (const child of rest) child.inert = false;
    (opener?.isConnected ? opener : phone.querySelector("textarea"))?.focus();
  };
  const heading = h("h3", { id: "sheet-title" }, title);
  const box = h(
    "div",
    { className: "sheet", role: "dialog", "aria-modal": "true", "aria-labelledby": "sheet-title" },
    h("div", { className: "sheet-head" }, heading, h("button", { type: "button", className: "icon-button", "aria-label": "Close", onclick: close }, "✕")),
    makeContent(close),
  );
  const veil = h("div", { className: "veil", onclick: (event) => event.target === veil && close() }, box);
  veil.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      event.stopPropagation();
      close();
    }
  });
  for (const child of rest) child.inert = true;
  phone.append(veil);
  (box.querySelector("input, select, textarea") ?? box.querySelector("button")).focus();
  return close;
}

export function pickRow(message, tap) {
  return (close) => {
    const rows = message.action.sections.map((section, index) =>
      h(
        "fieldset",
        {},
        section.title && h("legend", {}, section.title),
        section.rows.map((row) =>
          h(
            "label",
            { className: "pick" },
            h("span", {}, h("b", {}, row.title), row.description && h("small", {}, row.description)),
            h("input", { type: "radio", name: "row", value: row.id, "data-section": index }),
          ),
        ),
      ),
    );
    const send = h("button", { type: "submit", className: "button primary wide", disabled: true }, "Send");
    const submit = (event) => {
      event.preventDefault();
      const chosen = event.currentTarget.querySelector("input:checked");
      close();
      tap({ row_id: chosen.value });
    };
    return h("form", { className: "sheet-form", onsubmit: submit, onchange: () => (send.disabled = false) }, h("div", { className: "sheet-body" }, rows), send);
  };
}

const SAMPLES = { image: "foto.jpg", document: "bukti.pdf", video: "video.mp4", audio: "suara.ogg" };

export function attach(tap) {
  return (close) => {
    const url = h("input", { name: "url", type: "url", required: true, value: `https://files.example.com/${SAMPLES.image}` });
    const kind = h(
      "select",
      { name: "kind", onchange: () => (url.value = `https://files.example.com/${SAMPLES[kind.value]}`) },
      Object.entries({ image: "Photo", document: "Document", video: "Video", audio: "Audio" }).map(([value, label]) => h("option", { value }, label)),
    );
    const caption = h("input", { name: "caption" });
    const submit = (event) => {
      event.preventDefault();
      close();
      tap({ media_type: kind.value, media_url: url.value, ...(caption.value ? { message: caption.value } : {}) });
    };
    return h(
      "form",
      { className: "sheet-form", onsubmit: submit },
      h("div", { className: "sheet-body fields" }, h("label", {}, "Kind", kind), h("label", {}, "Address", url), h("label", {}, "Caption (may be empty)", caption)),
      h("button", { type: "submit", className: "button primary wide" }, "Send"),
    );
  };
}
