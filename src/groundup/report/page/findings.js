// What was found: patterns of compensation first, then differences of the sides, then every measure.

const GRADES = { strong: "strong", moderate: "moderate", weak: "weak", noted: "noted" };

function buildFindings() {
  const findings = (study.findings ?? []).map((one, k) => ({ ...one, k })).filter((one) => one.grade in GRADES);
  if (!(study.measures ?? []).length) return [];
  const verdicts = findings.filter((one) => one.grade !== "noted");
  const noted = findings.filter((one) => one.grade === "noted");
  const heading = make("h2", {}, "Findings", study.synthetic ? make("span", { class: "badge" }, "SYNTHETIC") : null);
  const intro = make("p", { class: "intro" }, "What this walk shows beyond chance, by rules and published ranges. A finding is no diagnosis; the advice says what to examine.");
  const none = verdicts.length ? null : make("p", {}, "No pattern of compensation and nothing outside a published range was found.");
  return [make("section", { id: "findings", "aria-label": "Findings" }, heading, intro, none, ...verdicts.map(findingCard),
    noted.length ? findingList(noted) : null, measureTable())];
}

function findingCard(one) {
  const side = one.side === "none" ? null : make("span", { class: `side ${one.side}` }, one.side);
  return make("article", { class: `finding ${one.grade}` },
    make("p", {}, make("span", { class: "grade" }, `${GRADES[one.grade]} `), side, " ", one.text),
    evidence("For it", one.for_it), evidence("Against it", one.against_it),
    make("p", { class: "quiet" }, one.source));
}

const evidence = (title, lines) => (lines ?? []).length ? make("p", { class: "evidence" }, make("strong", {}, `${title}: `), lines.join("; ")) : null;

function findingList(noted) {
  return make("details", {}, make("summary", {}, `Differences that can be told, without a verdict (${noted.length})`),
    make("ul", {}, ...noted.map((one) => make("li", {}, one.text))));
}

function measureTable() {
  const rows = study.measures.map((one, k) => [one, k]).filter(([one]) => isNumber(one.value)).map(([one, k]) => make("tr", {},
    make("th", { scope: "row" }, one.label), make("td", {}, one.link), make("td", {}, one.side === "none" ? "" : one.side),
    make("td", { class: "figure" }, number(`measures.${k}.value`, one.unit)), make("td", {}, one.estimated ? "ground forces estimated" : "")));
  return make("details", {}, make("summary", {}, `All measures (${rows.length})`), table(["measure", "link", "side", "value", ""], rows));
}
