// Elements from plain values. A text is always a text node: nothing here, or anywhere, parses HTML.

const SVG = "http://www.w3.org/2000/svg";

// Lines of 24 by 24; `fill:` marks the few that are filled.
const ICONS = {
  back: "M15 5l-7 7 7 7",
  send: "fill:M3 20.500v-7l9-1.500-9-1.500v-7L22 12z",
  plus: "M12 5v14M5 12h14",
  reply: "M9 7L4 12l5 5M4 12h9a7 7 0 0 1 7 7",
  link: "M14 4h6v6M20 4l-9 9M18 14v5a1 1 0 0 1-1 1H5a1 1 0 0 1-1-1V7a1 1 0 0 1 1-1h5",
  list: "M8 6h12M8 12h12M8 18h12M4 6h.01M4 12h.01M4 18h.01",
  pin: "M12 21s-7-6.500-7-12a7 7 0 0 1 14 0c0 5.500-7 12-7 12zM12 11.500a2.500 2.500 0 1 0 0-5 2.500 2.500 0 0 0 0 5z",
  image: "M4 5h16v14H4zM4 16l5-5 4 4 3-3 4 4M15.500 9.500h.01",
  video: "M4 6h11v12H4zM15 10.500l5-3v9l-5-3",
  document: "M6 3h8l4 4v14H6zM14 3v4h4M9 12h6M9 16h6",
  audio: "fill:M8 5.500v13l11-6.500z",
  note: "M5 4h14v11l-5 5H5zM14 20v-5h5M9 9h6M9 13h3",
  failed: "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM12 8v5M12 16.500h.01",
  sent: "M5 12.500l4.500 4.500L19 7.500",
  delivered: "M2 12.500l4.500 4.500L16 7.500M11 16l1 1 9.500-9.500",
  read: "M2 12.500l4.500 4.500L16 7.500M11 16l1 1 9.500-9.500",
  flow: "M5 5h5v5H5zM14 14h5v5h-5zM7.500 10v4a2.500 2.500 0 0 0 2.500 2.500h4",
  clock: "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM12 7v5l3.500 2",
  copy: "M9 9h11v11H9zM15 9V4H4v11h5",
};

export function h(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name in element && name !== "list" && name !== "role") element[name] = value;
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

export function icon(name, className = "") {
  const svg = document.createElementNS(SVG, "svg");
  const path = document.createElementNS(SVG, "path");
  const drawn = ICONS[name] ?? ICONS.sent;
  const filled = drawn.startsWith("fill:");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("class", `icon icon-${name} ${filled ? "filled" : ""} ${className}`);
  svg.setAttribute("aria-hidden", "true");
  path.setAttribute("d", filled ? drawn.slice(5) : drawn);
  svg.append(path);
  return svg;
}

export const find = (id) => document.getElementById(id);

// Draws items as children of a parent, and keeps the elements of those that look as before: focus and scroll stay.
export function keyed(parent, items, make) {
  const focused = parent.contains(document.activeElement) ? document.activeElement : null;
  const wanted = new Set(items.map(({ key }) => String(key)));
  const known = new Map();
  for (const child of [...parent.children]) {
    if (wanted.has(child.dataset.key)) known.set(child.dataset.key, child);
    else child.remove();
  }
  let refocus = focused;
  let place = parent.firstElementChild;
  for (const { key, look, value } of items) {
    let child = known.get(String(key));
    if (child?.dataset.look !== look) {
      const made = make(value);
      Object.assign(made.dataset, { key, look });
      if (child) {
        const index = focusable(child).indexOf(focused);
        if (index >= 0) refocus = focusable(made)[index];
        if (place === child) place = made;
        child.replaceWith(made);
      }
      child = made;
    }
    if (place === child) place = child.nextElementSibling;
    else parent.insertBefore(child, place);
  }
  if (refocus && refocus !== document.activeElement && parent.contains(refocus)) refocus.focus({ preventScroll: true });
}

const focusable = (element) => [...element.querySelectorAll("a, button")];
