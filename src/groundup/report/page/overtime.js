// Charts over time, whose line follows the picture.

const COMPONENTS = [[/v[yY]$/, "Upward"], [/v[xX]$/, "Forward"], [/v[zZ]$/, "To the right"]];
const timeLines = [];

// Series as charts, left and right of a quantity in one; the ground's components first.
function timeCharts(some, first, grounded = false) {
  const found = new Map();
  for (const s of some) {
    const part = grounded && COMPONENTS.find(([pattern]) => pattern.test(s.name))?.[1];
    const base = `${s.group} ${part || baseName(s)}`;
    if (!found.has(base)) found.set(base, { base: baseName(s), group: s.group, members: [] });
    found.get(base).members.push(s);
  }
  const sorted = ranked([...found.values()], grounded ? COMPONENTS.map(([pattern]) => pattern) : first);
  const name = ({ base, group }) => (grounded && COMPONENTS.find(([pattern]) => pattern.test(base))?.[1]) || plainName(base, group);
  const draw = (part) => part.map((one) => timeChart(name(one), one.members));
  const forces = sorted.filter(({ base }) => COMPONENTS.some(([pattern]) => pattern.test(base))).length;
  const shown = (grounded && forces) || SHOWN_FIRST;
  const grid = make("div", { class: "grid" }, ...draw(sorted.slice(0, shown)));
  if (sorted.length <= shown) return grid;
  const more = make("button", { type: "button", class: "more", onclick: () => { grid.append(...draw(sorted.slice(shown))); more.remove(); } }, `Show all ${sorted.length}`);
  return make("div", {}, grid, more);
}

function timeChart(label, members) {
  const unit = unitText(members[0].unit);
  const box = make("div", { class: "plot", tabindex: "0", role: "img", "aria-label": `${label}, ${unit}, over time. Arrow keys read the values.` });
  const reading = make("p", { class: "reading", "aria-live": "polite" }, "\u00a0");
  const figure = make("figure", { class: "chart" }, make("figcaption", {}, make("span", { class: "what" }, label), make("span", { class: "unit" }, `${unit} over s`)), box, reading);
  whenSeen(figure, () => drawTimeChart(members, box, reading));
  return figure;
}

function drawTimeChart(members, box, reading) {
  const ordered = [...members].sort((a, b) => a.side.localeCompare(b.side));
  const tables = ordered.map((s) => [unpack(s.time_s), toNulls(unpack(s.values))]);
  const data = tables.length === 1 ? tables[0] : uPlot.join(tables);
  const onCursor = (plot) => {
    const k = plot.cursor.idx;
    if (k === null || k === undefined) return reading.replaceChildren("\u00a0");
    const parts = ordered.flatMap((s, j) => [sideMark(s.side), ` ${format(plot.data[j + 1][k] ?? NaN)} ${unitText(s.unit)}  `]);
    return reading.replaceChildren(`at ${format(plot.data[0][k])} s  `, ...parts);
  };
  const plot = plotInto(box, data, ordered.map((s) => line(s.side)), members[0].unit, { onCursor });
  const marker = make("div", { class: "now", "aria-hidden": "true" });
  plot.over.append(marker);
  timeLines.push((time) => { marker.style.transform = `translateX(${plot.valToPos(time, "x")}px)`; });
}
