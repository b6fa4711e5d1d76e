// Charts side by side, the rest behind a button, and the same numbers as a table.

const SHOWN_FIRST = 9;

const legendLine = (side, words) => make("span", { class: "key" },
  strokeSample(side), make("span", {}, words));

function strokeSample(side, fine = false) {
  const look = { d: "M1 4H33", stroke: SIDES[side].color, "stroke-width": fine ? 1 : 2.6, "stroke-dasharray": fine ? null : SIDES[side].dash.join(" ") };
  return svg("svg", { width: 34, height: 8, "aria-hidden": "true" }, svg("path", look));
}

function chartLegend(overTime) {
  const keys = [legendLine("left", overTime ? "left" : "left, on the left foot’s cycle"), legendLine("right", overTime ? "right" : "right, on the right foot’s cycle")];
  return make("p", { class: "keys" }, ...keys);
}

function ranked(all, first) {
  const rank = (pair) => {
    const place = first.findIndex((pattern) => pattern.test(pair.base));
    return place < 0 ? first.length : place;
  };
  return all.map((pair, k) => [rank(pair), k, pair]).sort((a, b) => a[0] - b[0] || a[1] - b[1]).map((entry) => entry[2]);
}

function chartGrid(all, shown) {
  const grid = make("div", { class: "grid" });
  const holder = make("div", {}, grid);
  const show = (some) => {
    grid.replaceChildren(...some.map(cycleChart));
    holder.querySelector("details")?.remove();
    holder.append(numbersTable(some));
    forgetCharts();
  };
  show(all.slice(0, shown));
  if (all.length > shown) {
    const more = make("button", { type: "button", class: "more", onclick: () => { show(all); more.remove(); } }, `Show all ${all.length}`);
    grid.after(more);
  }
  return holder;
}

function forgetCharts() {
  for (const entry of [...charts]) {
    if (entry.box.isConnected) continue;
    entry.plot.destroy();
    charts.delete(entry);
  }
}

function numbersTable(all) {
  const details = make("details", { class: "numbers-table" }, make("summary", {}, "The same as a table"));
  details.addEventListener("toggle", () => {
    if (details.open && !details.querySelector("table")) details.append(wide(cycleTable(all), "Curves as numbers"));
  });
  return details;
}

function cycleTable(all) {
  const count = all[0].curves[0].mean.shape[0];
  const steps = Array.from({ length: 11 }, (_, k) => Math.round((k * (count - 1)) / 10));
  const head = make("tr", {}, make("th", { scope: "col" }, "mean at % of cycle"), make("th", { scope: "col" }, "side"),
    ...steps.map((s) => make("th", { scope: "col" }, format(Math.round((100 * s) / (count - 1))).split(".")[0])));
  const rows = all.flatMap((pair) => pair.curves.map((curve) => make("tr", {},
    make("th", { scope: "row" }, `${pair.label}${unitText(pair.unit) ? `, ${pair.unit}` : ""}`), make("td", {}, sideMark(curve.cycle_side)),
    ...steps.map((s) => make("td", { class: "figure" }, number(`curves.${curve.index}.mean.${s}`))))));
  return make("table", {}, make("thead", {}, head), make("tbody", {}, ...rows));
}
