// WhatsApp's simple marks, and links: a text becomes text nodes and a handful of plain elements.

import { h } from "./dom.js";

const MARKS = [
  "```(?<block>[^]+?)```",
  "`(?<code>[^`\\n]+)`",
  "(?<url>https?://[^\\s<>\"]*[^\\s<>\"'.,;:!?)\\]])",
  "(?<![\\p{L}\\p{N}])(?<mark>[*_~])(?=\\S)(?<inside>[^\\n]*?\\S)\\k<mark>(?![\\p{L}\\p{N}])",
];
const ELEMENTS = { "*": "strong", _: "em", "~": "s" };

export function marked(text) {
  const made = [];
  let from = 0;
  for (const match of text.matchAll(new RegExp(MARKS.join("|"), "gu"))) {
    if (match.index > from) made.push(text.slice(from, match.index));
    made.push(element(match.groups));
    from = match.index + match[0].length;
  }
  if (from < text.length) made.push(text.slice(from));
  return made;
}

function element({ block, code, url, mark, inside }) {
  if (block !== undefined) return h("code", { className: "block" }, block);
  if (code !== undefined) return h("code", {}, code);
  if (url !== undefined) return outside(url, {}, url);
  return h(ELEMENTS[mark], {}, marked(inside));
}

// A link that leaves this page: http and https only, and it tells the other side nothing of where it stood.
export function outside(url, properties, ...children) {
  const good = /^https?:\/\//i.test(url);
  return good
    ? h("a", { href: url, target: "_blank", rel: "noopener noreferrer", ...properties }, ...children)
    : h("span", properties, ...children);
}

export const plain = (text) => h("span", {}, marked(text)).textContent.replace(/\s+/g, " ").trim();
