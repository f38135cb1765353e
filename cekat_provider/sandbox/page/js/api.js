// The sandbox's control endpoints. A refusal is told to whoever looks at the page, in the sandbox's own words.

import { find } from "./dom.js";

let hiding;

export function tell(text) {
  const toast = find("toast");
  toast.textContent = text;
  toast.classList.add("shown");
  clearTimeout(hiding);
  hiding = setTimeout(() => toast.classList.remove("shown"), 6000);
}

export async function call(method, path, body) {
  const answer = await fetch(`sandbox/${path}`, {
    method,
    headers: body === undefined ? {} : { "Content-Type": "application/json" },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  const value = await answer.json();
  if (answer.ok) return value;
  const details = (value.error?.details ?? []).map((one) => `${one.field} ${one.message}`).join("; ");
  throw new Error([value.error?.message, details].filter(Boolean).join(": "));
}

export const get = (path) => call("GET", path);

// For what a person asked for: true where it was done, else the reason is shown.
export async function act(method, path, body) {
  try {
    await call(method, path, body);
    return true;
  } catch (error) {
    tell(error instanceof TypeError ? "The sandbox does not answer." : error.message);
    return false;
  }
}

export const conversationPath = (id, what) => `conversations/${encodeURIComponent(id)}/${what}`;
