// Pictures drawn as SVG: elements, numbers of the study within them, and ribbons whose width says how much.

function svg(tag, attributes = {}, ...children) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) if (value !== null && value !== undefined) element.setAttribute(name, value);
  element.append(...children.filter((c) => c !== null && c !== undefined));
  return element;
}

// A number of the study as text of a picture.
function svgNumber(path, sign = "") {
  const value = lookUp(path);
  return svg("tspan", { "data-study-path": path, class: isNumber(value) ? "number" : "number unknown" }, `${isNumber(value) ? sign : ""}${format(value)}`);
}

const smooth = (t) => t * t * (3 - 2 * t);
const STEPS = 14;

function placesBetween(a, b, from, to) {
  const at = (t) => ({ x: a.x + (b.x - a.x) * smooth(t), y: a.y + (b.y - a.y) * t, w: a.w + (b.w - a.w) * smooth(t) });
  return Array.from({ length: STEPS + 1 }, (_, k) => at(from + ((to - from) * k) / STEPS));
}

// The part of a ribbon between two places {x, y, w}; it leaves and arrives upright. from and to: 0 to 1 of the way.
function stretch(a, b, from = 0, to = 1) {
  const places = placesBetween(a, b, from, to);
  const edge = (side) => (p) => `${(p.x + (side * p.w) / 2).toFixed(1)} ${p.y.toFixed(1)}`;
  return `M${places.map(edge(-1)).join("L")}L${places.reverse().map(edge(1)).join("L")}Z`;
}

// The line along its middle.
const spine = (a, b, from = 0, to = 1) => `M${placesBetween(a, b, from, to).map((p) => `${p.x.toFixed(1)} ${p.y.toFixed(1)}`).join("L")}`;
