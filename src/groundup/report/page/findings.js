// Every finding: patterns and what lies outside ranges with evidence, then differences without a verdict.

function buildFindings() {
  if (!(study.measures ?? []).length) return [];
  const all = allFindings();
  const verdicts = verdictsOf(all);
  const noted = all.filter((f) => f.grade === "noted");
  const none = verdicts.length ? null : make("p", {}, "No pattern of compensation and nothing outside a published range was found.");
  const link = { id: "findings", title: "All findings", intro: "What this walk shows beyond chance, by rules and published ranges. A finding is no diagnosis; it says what to examine." };
  return [sectionOf(link, [none, ...verdicts.map((f) => findingCard(f)), noted.length ? findingList(noted) : null, within(all)])];
}

function findingList(noted) {
  return make("details", { open: noted.length <= 6 }, make("summary", {}, `Differences of the sides that can be told, without a verdict (${noted.length})`),
    make("ul", { class: "plain" }, ...noted.map((f) => make("li", {}, f.text))));
}

function within(all) {
  const fine = all.filter((f) => f.kind === "reference" && f.grade === "none" && f.reference.includes("assert"));
  return fine.length ? make("details", {}, make("summary", {}, `Within their published ranges (${fine.length})`), make("ul", { class: "plain" }, ...fine.map((f) => make("li", {}, f.text)))) : null;
}
