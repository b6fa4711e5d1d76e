// Measures of one link in a table: left and right side by side, the published range, and what was found.

const KEY_ROWS = 10;

function measureTable(link) {
  const rows = measureRows(link.measures);
  if (rows.length === 0) return null;
  const known = rows.filter((r) => r.sides.some((m) => isNumber(m.value)));
  const told = known.filter((r) => r.finding.length > 0);
  const first = known.length <= KEY_ROWS + 4 ? known : [...told, ...known.filter((r) => !told.includes(r))].slice(0, Math.max(KEY_ROWS, told.length)).sort((a, b) => a.at - b.at);
  const rest = known.filter((r) => !first.includes(r));
  const sources = [];
  const drawn = first.length ? measureGrid(first, sources) : null;
  return make("div", { class: "measures" }, drawn, notMeasured(rows), sourceLines(sources),
    rest.length ? folded(`${rest.length} more measures`, () => { const own = []; return [measureGrid(rest, own), sourceLines(own)]; }) : null);
}

function measureRows(link) {
  const found = new Map();
  (study.measures ?? []).forEach((m, k) => {
    if (m.link !== link) return;
    if (!found.has(m.id)) found.set(m.id, { id: m.id, label: m.label, unit: m.unit, at: found.size, sides: [] });
    found.get(m.id).sides.push({ ...m, path: `measures.${k}` });
  });
  for (const row of found.values()) row.finding = allFindings().filter((f) => f.measure === row.id && f.kind !== "pattern");
  return [...found.values()];
}

function measureGrid(rows, sources) {
  return table(["", "left", "right", "published", "what that says"], rows.map((row) => measureRow(row, sources)), "measure-table", "Measures, left and right");
}

function measureRow(row, sources) {
  const of = (side) => row.sides.find((m) => m.side === side);
  const cell = (m) => (m && isNumber(m.value) ? [number(`${m.path}.value`, m.unit), m.estimated ? " ≈" : "", interval90(m)].filter(Boolean) : ["–"]);
  const values = of("none") ? [make("td", { class: "figure both", colspan: 2 }, ...cell(of("none")))] : ["left", "right"].map((side) => make("td", { class: "figure" }, ...cell(of(side))));
  const range = row.finding.find((f) => f.kind === "reference");
  const telling = row.finding.filter((f) => f.grade !== "none");
  return make("tr", { class: telling.length ? "told" : null }, make("th", { scope: "row", title: row.sides[0].method || null }, row.label), ...values,
    make("td", { class: "figure quiet" }, ...(range ? [number(`${range.path}.interval.0`), " to ", number(`${range.path}.interval.1`), mark(range.source, sources)] : ["–"])),
    make("td", {}, ...said(telling, range)));
}

function interval90(m) {
  const k = (study.intervals ?? []).findIndex((i) => i.id === m.id && i.side === m.side);
  if (k < 0 || !isNumber(study.intervals[k].low)) return null;
  return make("span", { class: "between" }, study.intervals[k].origin === "typical" ? "≈ " : "", number(`intervals.${k}.low`), " to ", number(`intervals.${k}.high`));
}

function said(telling, range) {
  const words = telling.map((f) => (f.kind === "sides"
    ? make("span", { class: "line" }, sideMark(f.side), " more, by ", number(`${f.path}.value`, f.unit))
    : make("strong", { class: "line" }, `${f.value > f.interval[1] ? "▲ above" : "▼ below"} the published range`, f.side === "none" ? "" : `, ${f.side}`)));
  if (words.length || !range) return words;
  return [make("span", { class: "quiet" }, range.reference.includes("assert") ? "within the published range" : "published for comparison, no verdict")];
}

// Sources, each named once below the table.
function mark(source, sources) {
  if (!sources.includes(source)) sources.push(source);
  return make("sup", {}, ` ${sources.indexOf(source) + 1}`);
}

const sourceLines = (sources) => (sources.length ? make("p", { class: "sources" }, ...sources.flatMap((s, k) => [make("sup", {}, `${k + 1} `), `${s}. `])) : null);

const NAMED = 4;
const some = (what) => (what.length > NAMED ? `${what.slice(0, NAMED - 1).join(", ")} and ${what.length - NAMED + 1} more` : what.join(", "));

function notMeasured(rows) {
  const without = rows.filter((r) => r.sides.every((m) => !isNumber(m.value)));
  const reasons = new Map();
  for (const r of without) { const why = r.sides[0].reason || "no value"; reasons.set(why, [...(reasons.get(why) ?? []), r.label.charAt(0).toLowerCase() + r.label.slice(1)]); }
  return reasons.size ? make("ul", { class: "not-measured" }, ...[...reasons].map(([why, what]) => make("li", {}, make("strong", {}, "Not computed: "), `${some(what)} (${why}).`))) : null;
}

