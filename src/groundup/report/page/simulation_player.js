// All walks in one picture, at the same percent of the cycle: side by side, or one over the other with a slider that goes
// from walk to walk.

const APART_M = 1.15;
const SLOW_FRAME_MS = 120;
const SLOW_FRAMES = 4;
const FARTHER = { 1: 1, 2: 1.06, 3: 1.12 };

function sceneOf(id) {
  const scene = study.picture.scenes[id];
  return { ...scene, segments: scene.segments.map(({ shape, ...segment }) => ({ ...segment, ...study.picture.shapes[shape] })) };
}

function buildWalks() {
  const cases = shownCases().filter((one) => study.picture.scenes[one.id]);
  if (!cases.length) return sayInstead("No picture: no walk was solved.");
  if (!hasWebGL()) return sayInstead("This browser cannot show the 3D picture (WebGL is missing or switched off). All numbers and charts are complete.");
  const picture = buildPicture($("picture"), sceneOf(cases[0].id));
  const state = { picture, cases: [], at: 6, playing: false, seen: true, last: 0, view: "three" };
  for (const name of ["bones", "muscles", "forces", "markers"]) { picture.world.remove(picture.layers[name].group); delete picture.layers[name]; }
  picture.orbit.addEventListener("change", () => placeNames(state));
  setCases(state, cases);
  prepareControls(state);
  prepareKeys(state);
  new ResizeObserver(() => fitWalks(state)).observe($("stage"));
  new IntersectionObserver(([entry]) => { state.seen = entry.isIntersecting; if (state.seen) tickWalks(state); }).observe($("stage"));
  fitWalks(state);
  lookFrom(state, "three");
  return state;
}

function sayInstead(words) {
  $("picture-message").textContent = words;
  $("picture-message").hidden = false;
  $("player").classList.add("empty");
  for (const id of ["picture", "controls", "legend"]) $(id).hidden = true;
  return null;
}

// Walks of the chosen treatment instead of those before.
function setCases(state, cases) {
  const { picture } = state;
  for (const [name, layer] of Object.entries(picture.layers)) { picture.world.remove(layer.group); delete picture.layers[name]; }
  state.cases = cases.map((one) => {
    const data = sceneOf(one.id);
    const bones = bonesLayer(data);
    const forces = forcesLayer(data);
    bones.group.traverse((part) => { if (part.material) { part.material.color.set(one.look.bone); part.material.transparent = true; } });
    picture.layers[`bones ${one.id}`] = bones;
    picture.layers[`forces ${one.id}`] = forces;
    picture.world.add(bones.group, forces.group);
    return { ...one, bones: bones.group, forces: forces.group, frames: unpack(data.time_s) };
  });
  $("names").replaceChildren(...state.cases.map((one) => make("span", {}, capital(one.label))));
  $("legend-walks").replaceChildren(...state.cases.flatMap((one) => { const mark = make("b", {}, "■"); mark.style.color = `#${one.look.bone.toString(16)}`; return [mark, make("span", {}, ` ${one.label}`)]; }));
  $("mix-first").textContent = state.cases[0].label;
  $("mix-last").textContent = state.cases.at(-1).label;
  $("frame").max = state.cases[0].frames.length - 1;
  arrange(state);
}

const isOver = () => $("manner").value === "over";

// Side by side across the line of sight, so that from every view the first stands left.
function arrange(state) {
  const { picture } = state;
  const sight = new THREE.Vector3(...VIEWS[state.view]);
  const across = new THREE.Vector3(sight.z, 0, -sight.x).normalize();
  state.cases.forEach((one, n) => {
    const place = isOver() ? 0 : APART_M * (n - (state.cases.length - 1) / 2);
    for (const group of [one.bones, one.forces]) group.position.copy(across).multiplyScalar(place);
    one.place = across.clone().multiplyScalar(place);
  });
  $("mixing").hidden = !isOver() || state.cases.length < 2;
  mixWalks(state);
  moveWalks(state, state.at);
}

// One over the other: the slider goes from the first walk over the second to the third.
function mixWalks(state) {
  const last = state.cases.length - 1;
  const at = (Number($("mix").value) / 100) * last;
  state.cases.forEach((one, n) => {
    const share = isOver() ? Math.max(0, 1 - Math.abs(at - n)) : 1;
    one.bones.visible = share > 0;
    one.forces.visible = $("forces").checked && share > 0.45;
    one.bones.traverse((part) => { if (part.material) { part.material.opacity = share; part.material.depthWrite = share > 0.45; } });
  });
  const [a, part] = [Math.min(last, Math.floor(at)), at % 1];
  $("mix").setAttribute("aria-valuetext", part === 0 ? `only ${state.cases[a].label}` : `${Math.round(100 * (1 - part))} % ${state.cases[a].label}, ${Math.round(100 * part)} % ${state.cases[a + 1].label}`);
  render(state.picture);
  placeNames(state);
}

// Each name above its walker's head.
function placeNames(state) {
  const { picture } = state;
  const { clientWidth: width, clientHeight: height } = $("stage");
  const marks = [...$("names").children];
  state.cases.forEach((one, n) => {
    if (!one.place || !marks[n]) return;
    const head = picture.target.clone().add(one.place).setY(1.86).project(picture.camera);
    marks[n].hidden = isOver();
    marks[n].style.left = `${((head.x + 1) / 2) * width}px`;
    marks[n].style.top = `${Math.max(4, ((1 - head.y) / 2) * height - 34)}px`;
    marks[n].style.color = `#${one.look.bone.toString(16)}`;
  });
}

function lookFrom(state, view) {
  state.view = view;
  setView(state.picture, view);
  const far = isOver() ? 1 : FARTHER[state.cases.length] ?? 1.35;
  zoom(state.picture, far);
  arrange(state);
}

function fitWalks(state, width = $("stage").clientWidth, height = $("stage").clientHeight) {
  if (width && height) fitPicture(state.picture, width, height);
  placeNames(state);
}

// A browser prints a 3D picture as large as it was on the screen and cuts it off; a flat copy it prints as it should.
function printWalks(state, width, height) {
  playWalks(state, false);
  fitWalks(state, width, height);
  renderNow(state.picture);
  const [from, paper] = [$("picture"), $("printed")];
  [paper.width, paper.height] = [from.width, from.height];
  paper.getContext("2d").drawImage(from, 0, 0);
}

const lastFrame = (state) => state.cases[0].frames.length - 1;

function moveWalks(state, at) {
  state.at = at;
  showMoment(state.picture, at);
  const percent = Math.round((100 * at) / lastFrame(state));
  $("frame").value = Math.round(at);
  $("frame").setAttribute("aria-valuetext", `${percent} percent of the ${study.picture.side} cycle`);
  $("clock").textContent = `${percent} %`;
}

function stepWalks(state, frames) {
  playWalks(state, false);
  moveWalks(state, Math.min(lastFrame(state), Math.max(0, Math.round(state.at) + frames)));
}

function setMix(state, share) {
  $("mix").value = Math.min(100, Math.max(0, share));
  mixWalks(state);
}

function prepareControls(state) {
  $("frame").addEventListener("input", () => { playWalks(state, false); moveWalks(state, Number($("frame").value)); });
  $("play").addEventListener("click", () => playWalks(state, !state.playing));
  $("mix").addEventListener("input", () => mixWalks(state));
  $("manner").addEventListener("change", () => lookFrom(state, state.view));
  for (const button of document.querySelectorAll("[data-view]")) button.addEventListener("click", () => lookFrom(state, button.dataset.view));
  $("forces").addEventListener("change", () => mixWalks(state));
  if (state.cases.every((one) => one.forces.children.length === 0)) for (const id of ["forces-label", "legend-forces"]) $(id).hidden = true;
}

function prepareKeys(state) {
  const closer = (factor) => zoom(state.picture, factor);
  const actions = {
    " ": () => playWalks(state, !state.playing), ArrowLeft: () => stepWalks(state, -1), ArrowRight: () => stepWalks(state, 1),
    Home: () => stepWalks(state, -Infinity), End: () => stepWalks(state, Infinity),
    "+": () => closer(0.88), "=": () => closer(0.88), "-": () => closer(1.14), "[": () => setMix(state, Number($("mix").value) - 10), "]": () => setMix(state, Number($("mix").value) + 10),
    1: () => lookFrom(state, "side"), 2: () => lookFrom(state, "front"), 3: () => lookFrom(state, "back"), 4: () => lookFrom(state, "three"),
  };
  $("picture").addEventListener("keydown", (event) => {
    const action = event.ctrlKey || event.metaKey || event.altKey ? undefined : actions[event.key];
    if (!action) return;
    event.preventDefault();
    action();
  });
}

// All take as long as their mean: what is compared is the same part of the cycle, not the same second.
function secondsOf({ cases }) {
  return cases.reduce((sum, one) => sum + one.frames.at(-1) - one.frames[0], 0) / cases.length;
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
  state.picture.sun.castShadow = false;
  state.picture.renderer.setPixelRatio(0.75);
  fitWalks(state);
}
