// Small helpers for making page elements. Text goes in as text, never as markup.

const $ = (id) => document.getElementById(id);

function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, value);
  }
  element.append(...children.filter((c) => c !== null && c !== undefined));
  return element;
}

// Run `start` once, when the element is about to be seen, or at once before printing.
const pending = new Map();
const watcher = new IntersectionObserver(
  (entries) => entries.filter((e) => e.isIntersecting).forEach((e) => startNow(e.target)),
  { rootMargin: "400px" },
);

function startNow(element) {
  const start = pending.get(element);
  pending.delete(element);
  watcher.unobserve(element);
  if (start) start();
}

function whenSeen(element, start) {
  pending.set(element, start);
  watcher.observe(element);
}

function startAll() {
  for (const element of [...pending.keys()]) startNow(element);
}
