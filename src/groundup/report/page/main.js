// Put the page together.

function leadText() {
  const { mass_kg: mass, height_m: height } = study.subject;
  const count = (side) => study.cycles.filter((c) => c.side === side).length;
  const cycles = study.cycles.length ? `${count("left")} left and ${count("right")} right gait cycles of a person` : "the recording of a person";
  const size = isNumber(mass) ? [" of ", number("subject.mass_kg", "kg"), ...(isNumber(height) ? [" and ", number("subject.height_m", "m")] : [])] : [];
  return [`How hard walking presses, bends and pulls on one body, from the heel to the low back. Calculated from ${cycles}`, ...size, "."];
}

function fillFirstScreen() {
  $("title").textContent = study.title;
  $("lead").append(...leadText());
  $("cards").append(...buildCards());
  $("verdict").append(...verdict());
  if (!study.synthetic) return;
  $("synthetic").hidden = false;
  // On paper, at the head of every page.
  document.head.append(make("style", {}, '@page { @top-center { content: "SYNTHETIC recording, not measured on a person"; font: 9px sans-serif; color: #6b5200; } }'));
  $("numbers").querySelector("h2").append(make("span", { class: "badge" }, "SYNTHETIC"));
  for (const mark of document.querySelectorAll(".synthetic-mark")) mark.hidden = false;
}

function fillSections() {
  const sections = SECTIONS.filter((s) => !s.optional || study.series.some((one) => s.groups.includes(one.group)));
  const findings = buildFindings();
  $("sections").append(...findings);
  for (const section of sections) $("sections").append(buildSection(section));
  $("quality-body").append(...buildQuality());
  $("methods-body").append(...buildMethods());
  const links = [["numbers", "Main numbers"], ...findings.map((s) => [s.id, "Findings"]), ...sections.map((s) => [s.id, s.title]), ["quality", "Quality"], ["methods", "Methods"]];
  $("contents").append(...links.map(([id, words]) => make("li", {}, make("a", { href: `#${id}` }, words))));
}

// A sheet of A4 less its margins holds two charts of this size side by side.
const PRINTED_CHART = { width: 318, height: 178 };
const PRINTED_PICTURE = { width: 702, height: 332 };

function prepareForPrint(player) {
  addEventListener("beforeprint", () => {
    if (player) { play(player, false); fitPicture(player.picture, PRINTED_PICTURE.width, PRINTED_PICTURE.height); renderNow(player.picture); }
    startAll();
    resizeCharts(PRINTED_CHART.width, PRINTED_CHART.height);
  });
  addEventListener("afterprint", () => { resizeCharts(); if (player) fitStage(player); });
}

fillFirstScreen();
fillSections();
const player = buildPlayer();
prepareForPrint(player);
let settling = 0;
addEventListener("resize", () => { clearTimeout(settling); settling = setTimeout(resizeCharts, 120); });
document.documentElement.dataset.ready = "true";
