// The quality checks, the methods and where everything came from.

const SEVERITIES = { info: ["✓", "fine"], warn: ["▲", "look at it"], bad: ["✖", "do not trust"] };

function severity(kind) {
  const [mark, word] = SEVERITIES[kind];
  return make("span", { class: `severity ${kind}` }, make("span", { "aria-hidden": "true" }, mark), ` ${word}`);
}

// Checks that say the same of several muscles or joints share a row.
function qualityTable(checks) {
  const rows = new Map();
  for (const entry of checks) {
    const [q] = entry;
    const same = JSON.stringify([q.severity, q.stage, q.message, q.unit, q.limit, q.advice]);
    rows.set(same, [...(rows.get(same) ?? []), entry]);
  }
  const head = ["step", "finding", "where, and how much", "limit", "what to do"];
  return [make("thead", {}, make("tr", {}, make("th", { scope: "col" }, make("span", { class: "unseen" }, "result")), ...head.map((h) => make("th", { scope: "col" }, h)))),
    make("tbody", {}, ...[...rows.values()].map(qualityRow))];
}

function qualityRow(checks) {
  const [q, first] = checks[0];
  const places = checks.map(([c, k]) => make("li", {}, c.where, isNumber(c.value) ? " " : null, isNumber(c.value) ? number(`quality.${k}.value`, c.unit) : null));
  return make("tr", { class: q.severity }, make("td", {}, severity(q.severity)), make("td", {}, q.stage), make("td", {}, q.message),
    make("td", {}, make("ul", { class: places.length > 3 ? "places many" : "places" }, ...places)),
    make("td", {}, isNumber(q.limit) ? number(`quality.${first}.limit`, q.unit) : "–"), make("td", {}, q.advice || "–"));
}

// What needs a look first; what is fine can be opened.
function buildQuality() {
  if (study.quality.length === 0) return [make("p", { class: "not-computed" }, "No quality checks were recorded.")];
  const of = (kind) => study.quality.map((q, k) => [q, k]).filter(([q]) => q.severity === kind);
  const [fine, pressing] = [of("info"), [...of("bad"), ...of("warn")]];
  const shown = pressing.length ? [wide(make("table", { class: "quality-table" }, ...qualityTable(pressing)), "Checks that need a look")] : [];
  if (fine.length === 0) return shown;
  const words = `${fine.length === 1 ? "One check is" : `${fine.length} checks are`} within the limits`;
  const details = make("details", { open: fine.length <= 12 }, make("summary", {}, words), wide(make("table", { class: "quality-table" }, ...qualityTable(fine)), "Checks within their limits"));
  return [...shown, details, make("p", { class: "on-paper" }, `${words}; study.json lists them.`)];
}

function verdict() {
  const count = (kind) => study.quality.filter((q) => q.severity === kind).length;
  const [bad, warn] = [count("bad"), count("warn")];
  if (study.quality.length === 0) return ["No quality checks were recorded."];
  const link = make("a", { href: "#quality" }, "See the checks");
  const checks = (n) => (n === 1 ? "one check" : `${n} checks`);
  if (bad) return [severity("bad"), `, say ${checks(bad)}: `.replace("say one", "says one"), firstOf("bad"), " ", link];
  if (warn) return [severity("warn"), `, say ${checks(warn)}: `.replace("say one", "says one"), firstOf("warn"), " ", link];
  return [severity("info"), ": all quality checks are within their limits, ", link];
}

const firstOf = (kind) => {
  const item = study.quality.find((q) => q.severity === kind);
  return `${item.stage}, ${item.where}.`;
};

function buildMethods() {
  const p = study.provenance;
  const methods = make("dl", { class: "methods" }, ...study.methods.flatMap((m) => [make("dt", {}, m.stage), make("dd", {}, m.text, m.reference ? make("cite", {}, m.reference) : null)]));
  const facts = [["made", p.created], ["command", make("code", {}, p.command)], ["groundup", p.groundup_version], ["Python, NumPy", `${p.python}, ${p.numpy}`], ["computer", p.platform],
    ["format", study.schema], ...Object.entries(p.settings).map(([k, v]) => [k.replaceAll("_", " "), typeof v === "object" ? JSON.stringify(v) : String(v)])];
  const origin = make("table", { class: "facts" }, make("tbody", {}, ...facts.map(([k, v]) => make("tr", {}, make("th", { scope: "row" }, k), make("td", {}, v)))));
  return [methods, make("h3", {}, "Gait cycles"), cyclesTable(), make("h3", {}, "Files that went in"), inputsTable(p.inputs), make("h3", {}, "How it was made"), wide(origin, "How it was made")];
}

function cyclesTable() {
  if (study.cycles.length === 0) return make("p", { class: "not-computed" }, "No whole gait cycle was found.");
  return table(["foot", "from", "to", "end of stance", "found from"], study.cycles.map((c, k) => make("tr", {}, make("td", {}, sideMark(c.side)),
    make("td", { class: "figure" }, number(`cycles.${k}.start_s`, "s")), make("td", { class: "figure" }, number(`cycles.${k}.end_s`, "s")),
    make("td", { class: "figure" }, number(`cycles.${k}.foot_off_percent`, "%")), make("td", {}, c.source))));
}

function inputsTable(inputs) {
  if (inputs.length === 0) return make("p", { class: "quiet" }, "None: everything came from groundup itself.");
  return table(["role", "file", "bytes", "SHA-256"], inputs.map((f) => make("tr", {}, make("td", {}, f.role), make("td", {}, f.name), make("td", { class: "figure" }, String(f.bytes)), make("td", {}, make("code", { class: "hash" }, f.sha256)))));
}
