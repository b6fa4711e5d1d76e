// The player: buttons, slider and keys move one moment through the scene.

function buildPlayer() {
  const data = study.scene;
  if (!data || data.segments.length === 0) return sayInstead("The picture was not computed: this study holds no motion to show.");
  if (!hasWebGL()) return sayInstead("This browser cannot show the 3D picture (WebGL is missing or switched off). All numbers and charts below are complete.");
  const picture = buildPicture($("picture"), data);
  const times = unpack(data.time_s);
  const state = { picture, times, at: 0, playing: false, last: 0, seen: true };
  prepareControls(state);
  prepareKeys(state);
  new ResizeObserver(() => fitStage(state)).observe($("stage"));
  new IntersectionObserver(([entry]) => { state.seen = entry.isIntersecting; if (state.seen) tick(state); }).observe($("stage"));
  fitStage(state);
  moveTo(state, firstMoment(data, times));
  if (!matchMedia("(prefers-reduced-motion: reduce)").matches) play(state, true);
  return state;
}

function sayInstead(words) {
  $("picture-message").textContent = words;
  $("picture-message").hidden = false;
  $("player").classList.add("empty");
  for (const id of ["picture", "controls", "legend"]) $(id).hidden = true;
  return null;
}

// Begin where a foot pushes, which says more than the first frame.
function firstMoment(data, times) {
  return Math.round(0.13 * (times.length - 1));
}

function fitStage({ picture }) {
  const { clientWidth, clientHeight } = $("stage");
  if (clientWidth && clientHeight) fitPicture(picture, clientWidth, clientHeight);
}

function prepareControls(state) {
  const { picture, times } = state;
  $("frame").max = times.length - 1;
  $("frame").addEventListener("input", () => { play(state, false); moveTo(state, Number($("frame").value)); });
  $("play").addEventListener("click", () => play(state, !state.playing));
  for (const button of document.querySelectorAll("[data-view]")) button.addEventListener("click", () => setView(picture, button.dataset.view));
  for (const box of document.querySelectorAll("[data-layer]")) {
    const layer = study.scene[box.dataset.layer === "bones" ? "segments" : box.dataset.layer];
    if (layer.length === 0) box.parentElement.hidden = true;
    box.addEventListener("change", () => { picture.layers[box.dataset.layer].group.visible = box.checked; render(picture); });
  }
  if (study.scene.muscles.length === 0) $("legend-activation").hidden = true;
  if (study.scene.forces.length === 0) $("legend-forces").hidden = true;
}

function prepareKeys(state) {
  const last = state.times.length - 1;
  const actions = {
    " ": () => play(state, !state.playing), k: () => play(state, !state.playing),
    ArrowLeft: () => step(state, -1), ArrowRight: () => step(state, 1), Home: () => moveTo(state, 0), End: () => moveTo(state, last),
    "+": () => zoom(state.picture, 0.88), "=": () => zoom(state.picture, 0.88), "-": () => zoom(state.picture, 1.14),
    1: () => setView(state.picture, "side"), 2: () => setView(state.picture, "front"), 3: () => setView(state.picture, "back"), 4: () => setView(state.picture, "three"),
  };
  // On the canvas only: buttons and the slider have keys of their own.
  $("picture").addEventListener("keydown", (event) => {
    const action = event.ctrlKey || event.metaKey || event.altKey ? undefined : actions[event.key];
    if (!action) return;
    event.preventDefault();
    action();
  });
}

function step(state, frames) {
  play(state, false);
  moveTo(state, Math.min(state.times.length - 1, Math.max(0, Math.round(state.at) + frames)));
}

function play(state, on) {
  if (state.playing === on) return;
  state.playing = on;
  $("play").textContent = on ? "Pause" : "Play";
  $("play").setAttribute("aria-label", on ? "Pause" : "Play");
  state.last = performance.now();
  if (on) tick(state);
}

function tick(state) {
  if (!state.playing || !state.seen || state.waiting) return;
  state.waiting = true;
  requestAnimationFrame((now) => {
    state.waiting = false;
    if (!state.playing) return;
    if (now - state.last > SLOW_FRAME_MS) easeOff(state);
    // A hidden tab or a slow machine must not leap; the frame's clock may stand a little before the button's.
    const elapsed = Math.min(0.1, Math.max(0, (now - state.last) / 1000)) * Number($("speed").value);
    state.last = now;
    moveTo(state, frameAt(state.times, timeAt(state.times, state.at) + elapsed));
    tick(state);
  });
}

// Without a graphics card every point of the picture costs: after some slow frames draw fewer points and no shadow.
const SLOW_FRAME_MS = 120;
const SLOW_FRAMES = 4;

function easeOff(state) {
  state.slow = (state.slow ?? 0) + 1;
  if (state.slow !== SLOW_FRAMES) return;
  state.picture.sun.castShadow = false;
  state.picture.renderer.setPixelRatio(0.75);
  fitStage(state);
}

function timeAt(times, at) {
  const k = Math.min(times.length - 1, Math.floor(at));
  return times[k] + (at - k) * ((times[k + 1] ?? times[k]) - times[k]);
}

function frameAt(times, time) {
  const last = times.length - 1;
  if (time >= times[last] || time <= times[0]) return 0;
  let k = 0;
  while (k < last - 1 && times[k + 1] <= time) k++;
  return last === 0 ? 0 : k + (time - times[k]) / (times[k + 1] - times[k]);
}

function moveTo(state, at) {
  state.at = at;
  const frame = Math.floor(at);
  showMoment(state.picture, at);
  $("frame").value = frame;
  $("frame").setAttribute("aria-valuetext", `${format(state.times[frame])} s`);
  $("clock").replaceChildren(number(`scene.time_s.${frame}`, "s"));
  for (const move of timeLines) move(timeAt(state.times, at));
}
