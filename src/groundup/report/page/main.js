// Put the page together.

function leadText() {
  const { mass_kg: mass, height_m: height } = study.subject;
  const count = (side) => study.cycles.filter((c) => c.side === side).length;
  const cycles = study.cycles.length ? `${count("left")} left and ${count("right")} right gait cycles of a person` : "the recording of a person";
  const size = isNumber(mass) ? [" of ", number("subject.mass_kg", "kg"), ...(isNumber(height) ? [" and ", number("subject.height_m", "m")] : [])] : [];
  return [`How hard walking presses, bends and pulls on one body, from the heel to the low back. Calculated from ${cycles}`, ...size, "."];
}

function fillGlance() {
  $("title").textContent = study.title;
  $("lead").append(...leadText());
  $("chain").append(buildChain() ?? make("p", { class: "not-computed" }, make("strong", {}, "Not computed"), ": the load up the chain is not known for this study."));
  $("say").append(...buildGlance());
  $("numbers-body").append(...buildHeadline());
  if (study.quality.some((q) => q.severity === "bad")) $("say").prepend(make("p", { class: "alert" }, ...verdict()));
  else $("verdict").append("Quality: ", ...verdict());
  if (!study.synthetic) return;
  $("synthetic").hidden = false;
  // On paper, at the head of every page.
  document.head.append(make("style", {}, '@page { @top-center { content: "SYNTHETIC recording, not measured on a person"; font: 9px sans-serif; color: #6b5200; } }'));
  $("numbers").querySelector("h2").append(make("span", { class: "badge" }, "SYNTHETIC"));
  for (const mark of document.querySelectorAll(".synthetic-mark")) mark.hidden = false;
}

function fillSections() {
  const sections = [...buildFindings(), ...buildAttribution(), ...buildLinks()];
  $("sections").append(...sections);
  $("quality-body").append(...buildQuality());
  $("methods-body").append(...buildMethods());
  const links = [["glance", "At a glance"], ["walk", "The walk"], ...sections.map((s) => [s.id, s.querySelector("h2").firstChild.textContent]), ["quality", "Quality"], ["methods", "Methods"]];
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

fillGlance();
fillSections();
const player = buildPlayer();
prepareForPrint(player);
let settling = 0;
addEventListener("resize", () => { clearTimeout(settling); settling = setTimeout(resizeCharts, 120); });
document.documentElement.dataset.ready = "true";
