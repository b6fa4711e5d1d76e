// Every change in one table, from heel to back: in the order of simulation.json, never by how it came out.

function fillChanges() {
  const told = toldOnes();
  $("changes").hidden = told.length === 0;
  $("changes-intro").textContent = hasIntervals()
    ? "The difference in the unit of the measure stands below, with the interval within which it stays."
    : "In brackets: the difference in the unit of the measure. No intervals were computed: see the first page.";
  if (!told.length) return;
  $("changes-body").replaceChildren(table(headWords(told), bodyRows(told), "changes-table simulated", "All changes"));
  const notes = told.flatMap((k) => study.comparisons[k].notes ?? []);
  $("changes-notes").replaceChildren(...notes.map((words) => make("p", { class: "note" }, words)), ...[causesTable(told)].filter(Boolean));
}

// The walk before, then each walk after with what changed.
function headWords(told) {
  const first = study.comparisons[told[0]];
  const walk = (words) => make("span", { class: "walk" }, capital(words));
  return ["", "side", walk(first.before), ...told.flatMap((k) => {
    const { before, after } = study.comparisons[k];
    return [walk(after), make("span", { class: "what-changes" }, withTreatment(study.comparisons[k]) ? "what the treatment changes" : `change against ${before}`)];
  })];
}

const rowKey = (c) => `${c.measure} ${c.side}`;

function bodyRows(told) {
  const groups = new Map();
  for (const k of told) {
    study.comparisons[k].changes.forEach((c, place) => {
      if (!groups.has(c.group)) groups.set(c.group, new Map());
      const rows = groups.get(c.group);
      if (!rows.has(rowKey(c))) rows.set(rowKey(c), { ...c, place });
    });
  }
  const order = [...new Set([...groups.values()].flatMap((rows) => [...rows.values()].map((r) => r.measure)))];
  const rank = (r) => 3 * order.indexOf(r.measure) + sideRank(r.side);
  return [...groups].map(([, rows]) => make("tbody", {}, ...[...rows.values()].sort((a, b) => rank(a) - rank(b)).map((row, n, all) => changeRow(row, told, all[n - 1]))));
}

function changeRow(row, told, above) {
  const cells = told.map((k) => changeAt(k, row.measure, row.side));
  const before = cells.find(Boolean);
  const same = above && above.measure === row.measure;
  return make("tr", { class: same ? "again" : "" },
    make("th", { scope: "row" }, same ? make("span", { class: "unseen" }, row.label) : row.label, same || !unitText(row.unit) ? null : make("span", { class: "unit" }, `, ${unitText(row.unit)}`)),
    make("td", {}, row.side === "none" ? "" : sideMark(row.side)),
    make("td", { class: "figure" }, number(`${before.path}.before`)),
    ...cells.flatMap((c, n) => (c ? [make("td", { class: "figure" }, number(`${c.path}.after`)), changeCell(c, withTreatment(study.comparisons[told[n]]))]
      : [make("td", { class: "figure" }, "–"), make("td", {}, "–")])));
}

function changeCell(c, treatment) {
  if (c.verdict === "not known") return make("td", { class: "said" }, "not computed");
  const first = firstOf(c);
  const meaning = treatment && c.meaning !== "neither" ? `, ${c.meaning}` : "";
  const by = first.path.endsWith("percent") ? signedNumber(`${c.path}.difference`) : null;
  const lines = isNumber(c.low) ? [make("span", { class: "between" }, by, by ? ": " : "", signedNumber(`${c.path}.low`), " to ", signedNumber(`${c.path}.high`))] : [by && make("span", { class: "by" }, " (", by, ")")];
  return make("td", { class: `said ${LOOKS[c.verdict]}` },
    make("span", { class: "first" }, `${MARKS[c.verdict]} `, make("span", { class: "number", "data-study-path": first.path }, first.text), first.unit === "%" ? " %" : ""),
    make("span", { class: "verdict" }, ` ${c.verdict}${meaning}`), ...lines);
}

// How far each cause moves a difference, the greatest first.
function causesTable(told) {
  const rows = told.flatMap((k) => study.comparisons[k].changes.flatMap((c, j) => (c.causes?.some((one) => one.half_width > 0) ? [make("tr", {}, make("th", { scope: "row" }, c.label, " ", c.side === "none" ? "" : sideMark(c.side)), make("td", {}, study.comparisons[k].after),
    make("td", {}, ...c.causes.flatMap((one, n) => [n ? ", " : "", `${one.cause} `, number(`comparisons.${k}.changes.${j}.causes.${n}.half_width`, c.unit)])))] : [])));
  return rows.length ? make("details", { class: "numbers-table still" }, make("summary", {}, "What makes the intervals wide"), make("div", { class: "wide", tabindex: "0", role: "region", "aria-label": "What makes the intervals wide" }, table(["", "walk", "cause, and how far it moves the difference at most"], [make("tbody", {}, ...rows)], null, "What makes the intervals wide"))) : null;
}
