// The two questions that the page asks: who writes first, and whether to forget everything.

import { act, call, tell } from "./api.js";
import { h } from "./dom.js";

function ask(title, fields, label, kind, done) {
  const close = () => dialog.close();
  const form = h(
    "form",
    { className: "fields", onsubmit: (event) => (event.preventDefault(), done(form, close)) },
    h("h2", {}, title),
    fields,
    h("div", { className: "row end" }, h("button", { type: "button", className: "button", onclick: close }, "Cancel"), h("button", { type: "submit", className: `button ${kind}` }, label)),
  );
  const dialog = h("dialog", { "aria-label": title, onclose: () => dialog.remove() }, form);
  document.body.append(dialog);
  dialog.showModal();
}

export function newConversation(open) {
  const fields = [
    h("p", { className: "quiet" }, "The customer writes first, which opens the 24-hour window."),
    h("label", {}, "Phone number, with the country code", h("input", { name: "receiver", required: true, inputMode: "tel", value: "6281234567890" })),
    h("label", {}, "Name (may be empty)", h("input", { name: "name", placeholder: "Budi" })),
    h("label", {}, "First message (may be empty)", h("input", { name: "message", value: "Halo, pesanan saya sudah sampai mana?" })),
  ];
  ask("New conversation", fields, "Start", "primary", async (form, close) => {
    const { receiver, name, message } = form.elements;
    const digits = receiver.value.replace(/[\s()+-]/g, "");
    try {
      const made = await call("POST", "conversations", { receiver: digits, ...(name.value.trim() ? { name: name.value.trim() } : {}) });
      close();
      if (message.value.trim()) await act("POST", `conversations/${encodeURIComponent(made.id)}/reply`, { message: message.value.trim() });
      open(made.id);
    } catch (error) {
      tell(error.message);
    }
  });
}

export function confirmClear() {
  const said = h("p", { className: "quiet" }, "All conversations, the request log, faults, answers and the clock's offset are forgotten; the API key stays.");
  ask("Forget everything?", said, "Clear", "danger", async (form, close) => {
    if (await act("DELETE", "messages")) close();
  });
}
