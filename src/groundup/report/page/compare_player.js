// Both walks in one stage: two pictures of the same size, seen by the same camera at the same percent of the cycle, one
// above the other. The upper one fades, or is cut off where the wipe stands.

const BEFORE_BONE = 0x7fa8d1;
const SLOW_FRAME_MS = 120;
const SLOW_FRAMES = 4;

function buildWalks() {
  const { walks } = study;
  for (const which of ["before", "after"]) for (const place of document.querySelectorAll(`[data-label=${which}]`)) place.textContent = study[which].label;
  if (!walks) return sayInstead(`No picture: ${study.no_walks}.`);
  if (!hasWebGL()) return sayInstead("This browser cannot show the 3D picture (WebGL is missing or switched off). All numbers and charts are complete.");
  const pictures = [buildPicture($("picture-before"), walks.before), buildPicture($("picture-after"), walks.after)];
  paint(pictures[0].layers.bones.group, BEFORE_BONE);
  const state = { pictures, walks, cycle: 0, at: 6, playing: false, seen: true, last: 0 };
  const [lower, upper] = pictures;
  upper.orbit.addEventListener("change", () => follow(upper, lower));
  prepareWalkControls(state);
  prepareWalkKeys(state);
  new ResizeObserver(() => fitWalks(state)).observe($("stage"));
  new IntersectionObserver(([entry]) => { state.seen = entry.isIntersecting; if (state.seen) tickWalks(state); }).observe($("stage"));
  fitWalks(state);
  lookFrom(state, "three");
  moveWalks(state, state.at);
  mixWalks();
  return state;
}

function sayInstead(words) {
  $("picture-message").textContent = words;
  $("picture-message").hidden = false;
  $("player").classList.add("empty");
  for (const id of ["picture-before", "picture-after", "controls", "legend"]) $(id).hidden = true;
  return null;
}

function paint(group, color) {
  group.traverse((part) => part.material?.color.set(color));
}

function follow(upper, lower) {
  lower.camera.position.copy(upper.camera.position);
  lower.orbit.target.copy(upper.orbit.target);
  lower.orbit.update();
  render(lower);
}

function lookFrom(state, view) {
  for (const picture of state.pictures) setView(picture, view);
}

function fitWalks({ pictures }, width = $("stage").clientWidth, height = $("stage").clientHeight) {
  if (width && height) for (const picture of pictures) fitPicture(picture, width, height);
}

function mixWalks() {
  const share = Number($("mix").value);
  const wiped = $("manner").value === "wipe";
  const upper = $("picture-after");
  upper.style.opacity = wiped ? 1 : share / 100;
  // The wipe uncovers the walk after from the right.
  upper.style.clipPath = wiped ? `inset(0 0 0 ${100 - share}%)` : "";
  $("edge").hidden = !wiped || share === 0 || share === 100;
  $("edge").style.left = `${100 - share}%`;
  $("mix").setAttribute("aria-valuetext", share === 0 ? `only ${study.before.label}` : share === 100 ? `only ${study.after.label}` : `${share} % ${study.after.label}`);
}

function setMix(share) {
  $("mix").value = Math.min(100, Math.max(0, share));
  mixWalks();
}

// A browser prints a 3D picture as large as it was on the screen and cuts it off; a flat copy it prints as it should.
function printWalks(state, width, height) {
  playWalks(state, false);
  fitWalks(state, width, height);
  state.pictures.forEach(renderNow);
  const [lower, upper] = [$("picture-before"), $("picture-after")];
  const paper = $("printed");
  [paper.width, paper.height] = [upper.width, upper.height];
  const ctx = paper.getContext("2d");
  const share = Number($("mix").value) / 100;
  ctx.drawImage(lower, 0, 0);
  if ($("manner").value === "wipe") ctx.rect((1 - share) * paper.width, 0, share * paper.width, paper.height);
  if ($("manner").value === "wipe") ctx.clip();
  else ctx.globalAlpha = share;
  ctx.drawImage(upper, 0, 0);
}

const lastFrame = (state) => state.walks.percent.length - 1;

function moveWalks(state, at) {
  state.at = at;
  const frame = Math.round(at);
  for (const picture of state.pictures) showMoment(picture, state.cycle * (lastFrame(state) + 1) + at);
  $("frame").value = frame;
  $("frame").setAttribute("aria-valuetext", `${format(state.walks.percent[frame])} percent of the ${state.walks.sides[state.cycle]} cycle`);
  $("clock").replaceChildren(number(`walks.percent.${frame}`, "%"));
}

function stepWalks(state, frames) {
  playWalks(state, false);
  moveWalks(state, Math.min(lastFrame(state), Math.max(0, Math.round(state.at) + frames)));
}

function prepareWalkControls(state) {
  $("frame").max = lastFrame(state);
  $("frame").addEventListener("input", () => { playWalks(state, false); moveWalks(state, Number($("frame").value)); });
  $("play").addEventListener("click", () => playWalks(state, !state.playing));
  $("mix").addEventListener("input", mixWalks);
  $("manner").addEventListener("change", mixWalks);
  for (const button of document.querySelectorAll("[data-view]")) button.addEventListener("click", () => lookFrom(state, button.dataset.view));
  $("cycle").append(...state.walks.sides.map((side, k) => make("option", { value: k }, `${side} foot`)));
  $("cycle").addEventListener("change", () => { state.cycle = Number($("cycle").value); moveWalks(state, state.at); });
  $("forces").addEventListener("change", () => state.pictures.forEach((picture) => { picture.layers.forces.group.visible = $("forces").checked; render(picture); }));
  if (study.walks.before.forces.length + study.walks.after.forces.length === 0) for (const id of ["forces-label", "legend-forces"]) $(id).hidden = true;
}

function prepareWalkKeys(state) {
  const closer = (factor) => zoom(state.pictures[1], factor);
  const actions = {
    " ": () => playWalks(state, !state.playing), ArrowLeft: () => stepWalks(state, -1), ArrowRight: () => stepWalks(state, 1),
    Home: () => stepWalks(state, -Infinity), End: () => stepWalks(state, Infinity),
    "+": () => closer(0.88), "=": () => closer(0.88), "-": () => closer(1.14), "[": () => setMix(Number($("mix").value) - 10), "]": () => setMix(Number($("mix").value) + 10),
    1: () => lookFrom(state, "side"), 2: () => lookFrom(state, "front"), 3: () => lookFrom(state, "back"), 4: () => lookFrom(state, "three"),
  };
  $("picture-after").addEventListener("keydown", (event) => {
    const action = event.ctrlKey || event.metaKey || event.altKey ? undefined : actions[event.key];
    if (!action) return;
    event.preventDefault();
    action();
  });
}

// Both take as long as the mean of the two: what is compared is the same part of the cycle, not the same second.
function secondsOf({ walks, cycle }) {
  const last = walks.percent.length - 1;
  const spans = ["before", "after"].map((which) => {
    const times = lookUp(`walks.${which}.time_s`);
    return times[cycle * (last + 1) + last] - times[cycle * (last + 1)];
  });
  return (spans[0] + spans[1]) / 2;
}

function playWalks(state, on) {
  if (state.playing === on) return;
  state.playing = on;
  $("play").textContent = on ? "Pause" : "Play";
  state.last = performance.now();
  if (on) tickWalks(state);
}

function tickWalks(state) {
  if (!state.playing || !state.seen || state.waiting) return;
  state.waiting = true;
  requestAnimationFrame((now) => {
    state.waiting = false;
    if (!state.playing) return;
    if (now - state.last > SLOW_FRAME_MS) easeOffWalks(state);
    const elapsed = Math.min(0.1, Math.max(0, (now - state.last) / 1000)) * Number($("speed").value);
    state.last = now;
    const at = state.at + (elapsed / secondsOf(state)) * lastFrame(state);
    moveWalks(state, at > lastFrame(state) ? 0 : at);
    tickWalks(state);
  });
}

// Without a graphics card every point of the picture costs: after some slow frames draw fewer points and no shadow.
function easeOffWalks(state) {
  state.slow = (state.slow ?? 0) + 1;
  if (state.slow !== SLOW_FRAMES) return;
  for (const picture of state.pictures) {
    picture.sun.castShadow = false;
    picture.renderer.setPixelRatio(0.75);
  }
  fitWalks(state);
}
