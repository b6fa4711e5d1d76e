// The 3D picture: bones, muscles, ground forces and markers at any moment between two frames of the scene.

// Viridis, from rest to full activation: brightness alone tells it, so it reads without colour, and it shares no
// colour with the arrows. Its dark end is lifted a little to stand out from the dark ground.
const ACTIVATION = [[0.34, 0.16, 0.5], [0.31, 0.26, 0.56], [0.25, 0.35, 0.56], [0.19, 0.45, 0.56], [0.14, 0.56, 0.55], [0.16, 0.67, 0.51], [0.41, 0.79, 0.37], [0.7, 0.87, 0.2], [0.99, 0.91, 0.14]];
const UNKNOWN = [0.55, 0.58, 0.6];
const FORCE_SCALE_M_PER_N = 1e-3;
const SMALLEST_FORCE_N = 10;
const BONE = 0xe9e1d2;
const NIGHT = 0x131b26;

function activationColor(value, color) {
  if (!Number.isFinite(value)) return color.setRGB(...UNKNOWN, THREE.SRGBColorSpace);
  const at = Math.min(1, Math.max(0, value)) * (ACTIVATION.length - 1);
  const k = Math.min(ACTIVATION.length - 2, Math.floor(at));
  const mix = (c) => ACTIVATION[k][c] + (at - k) * (ACTIVATION[k + 1][c] - ACTIVATION[k][c]);
  return color.setRGB(mix(0), mix(1), mix(2), THREE.SRGBColorSpace);
}

const hasWebGL = () => {
  try {
    return Boolean(document.createElement("canvas").getContext("webgl2"));
  } catch {
    return false;
  }
};

// Values of frame `at` (a fraction between frames) of an array with `size` numbers per frame.
function between(array, size, at, out) {
  const last = array.length / size - 1;
  const a = Math.min(last, Math.floor(at));
  const b = Math.min(last, a + 1);
  const part = at - a;
  for (let k = 0; k < size; k++) {
    const from = array[a * size + k];
    const to = array[b * size + k];
    out[k] = part === 0 || Number.isNaN(to) ? from : from + part * (to - from);
  }
  return out;
}

function buildPicture(canvas, data) {
  const renderer = new THREE.WebGLRenderer({ canvas, antialias: true, preserveDrawingBuffer: true });
  renderer.setPixelRatio(Math.min(2, devicePixelRatio || 1));
  renderer.shadowMap.enabled = true;
  renderer.shadowMap.type = THREE.PCFShadowMap;
  const world = new THREE.Scene();
  world.background = new THREE.Color(NIGHT);
  world.fog = new THREE.Fog(NIGHT, 7, 16);
  const sun = addLights(world);
  addGround(world);
  const layers = { bones: bonesLayer(data), muscles: musclesLayer(data), forces: forcesLayer(data), markers: markersLayer(data) };
  layers.markers.group.visible = false;
  for (const layer of Object.values(layers)) world.add(layer.group);
  const camera = new THREE.PerspectiveCamera(32, 1, 0.05, 60);
  const orbit = new THREE.OrbitControls(camera, canvas);
  Object.assign(orbit, { enableDamping: false, minDistance: 0.4, maxDistance: 12, enablePan: true });
  const walker = followed(data);
  const target = walker(0, new THREE.Vector3());
  const picture = { renderer, world, camera, orbit, layers, sun, walker, target, at: 0 };
  orbit.addEventListener("change", () => render(picture));
  setView(picture, "three");
  return picture;
}

function addLights(world) {
  world.add(new THREE.HemisphereLight(0xe6eeff, 0x6a5f58, 1.9));
  const rim = new THREE.DirectionalLight(0x9fc4ff, 0.7);
  rim.position.set(-3, 2.5, -4);
  const sun = new THREE.DirectionalLight(0xfff3df, 1.7);
  sun.castShadow = true;
  sun.shadow.mapSize.set(2048, 2048);
  Object.assign(sun.shadow.camera, { left: -1.6, right: 1.6, top: 2.2, bottom: -1.2, near: 0.5, far: 12 });
  sun.shadow.radius = 5;
  sun.shadow.bias = -0.0006;
  world.add(rim, sun, sun.target);
  return sun;
}

function addGround(world) {
  const floor = new THREE.Mesh(new THREE.PlaneGeometry(60, 60), new THREE.MeshLambertMaterial({ color: 0x1d2836 }));
  floor.rotation.x = -Math.PI / 2;
  floor.position.y = -0.002;
  floor.receiveShadow = true;
  world.add(floor);
  world.add(gridLines(0.004, 0.5, 0x43566b, 0.001), gridLines(0.009, 1, 0x5d738a, 0.002));
}

// Thin strips on the floor: they stay smooth where drawn lines would flicker.
function gridLines(width, spacing, color, height) {
  const half = 20;
  const count = 2 * Math.round((2 * half) / spacing) + 2;
  const strips = new THREE.InstancedMesh(new THREE.PlaneGeometry(2 * half, width).rotateX(-Math.PI / 2), new THREE.MeshBasicMaterial({ color }), count);
  const turned = new THREE.Quaternion().setFromAxisAngle(new THREE.Vector3(0, 1, 0), Math.PI / 2);
  for (let k = 0; k < count; k++) {
    const across = -half + spacing * Math.floor(k / 2);
    const place = k % 2 ? new THREE.Vector3(across, height, 0) : new THREE.Vector3(0, height, across);
    strips.setMatrixAt(k, new THREE.Matrix4().compose(place, k % 2 ? turned : new THREE.Quaternion(), new THREE.Vector3(1, 1, 1)));
  }
  strips.frustumCulled = false;
  return strips;
}

// The camera goes with the pelvis, or with the first segment.
function followed(data) {
  const segment = data.segments.find((s) => s.name === "pelvis") ?? data.segments[0];
  const pose = segment ? unpack(segment.pose) : null;
  const now = new Float32Array(12);
  return (at, out) => {
    if (!pose) return out.set(0, 0.9, 0);
    between(pose, 12, at, now);
    return out.set(now[3], 0.88, now[11]);
  };
}

// --- bones ---

function bonesLayer(data) {
  const group = new THREE.Group();
  const material = new THREE.MeshLambertMaterial({ color: BONE, side: THREE.DoubleSide });
  const movers = data.segments.map((segment) => {
    const bone = segment.vertices && segment.faces ? meshBone(segment, material) : lineBone(segment, material);
    bone.matrixAutoUpdate = false;
    group.add(bone);
    return { bone, pose: unpack(segment.pose) };
  });
  const now = new Float32Array(12);
  return { group, move: (at) => {
    for (const { bone, pose } of movers) {
      between(pose, 12, at, now);
      bone.matrix.set(...now, 0, 0, 0, 1);
      bone.visible = Number.isFinite(now[3]);
    }
  } };
}

function meshBone(segment, material) {
  const geometry = new THREE.BufferGeometry();
  geometry.setAttribute("position", new THREE.BufferAttribute(unpack(segment.vertices), 3));
  geometry.setIndex(new THREE.BufferAttribute(unpack(segment.faces), 1));
  geometry.computeVertexNormals();
  return shaded(new THREE.Mesh(geometry, material));
}

function shaded(mesh) {
  mesh.castShadow = true;
  mesh.receiveShadow = true;
  return mesh;
}

// A capsule with thicker ends for each line: the rough shape of a long bone.
function lineBone(segment, material) {
  const bone = new THREE.Group();
  const ends = unpack(segment.lines);
  for (let k = 0; k + 5 < ends.length; k += 6) {
    const a = new THREE.Vector3(ends[k], ends[k + 1], ends[k + 2]);
    const b = new THREE.Vector3(ends[k + 3], ends[k + 4], ends[k + 5]);
    const length = a.distanceTo(b);
    const radius = Math.min(0.017, Math.max(0.008, 0.045 * length));
    const shaft = shaded(new THREE.Mesh(new THREE.CapsuleGeometry(radius, length, 6, 16), material));
    shaft.position.copy(a).add(b).multiplyScalar(0.5);
    shaft.quaternion.setFromUnitVectors(new THREE.Vector3(0, 1, 0), b.clone().sub(a).normalize());
    bone.add(shaft, knob(a, radius * 1.5, material), knob(b, radius * 1.5, material));
  }
  return bone;
}

function knob(at, radius, material) {
  const ball = shaded(new THREE.Mesh(new THREE.SphereGeometry(radius, 20, 14), material));
  ball.position.copy(at);
  return ball;
}

// --- muscles ---

const UP = new Object();

function musclesLayer(data) {
  UP.y ??= new THREE.Vector3(0, 1, 0);
  const muscles = data.muscles.map((m) => ({ points: unpack(m.points), count: m.points.shape[1], activation: unpack(m.activation) }));
  const pieces = muscles.reduce((sum, m) => sum + m.count - 1, 0);
  const balls = muscles.reduce((sum, m) => sum + m.count, 0);
  const material = new THREE.MeshLambertMaterial();
  const tubes = instanced(new THREE.CylinderGeometry(1, 1, 1, 8, 1, true), material, pieces);
  const joints = instanced(new THREE.SphereGeometry(1, 8, 6), material, balls);
  const group = new THREE.Group();
  group.add(tubes, joints);
  // Many thin strands where a model splits a muscle into many.
  const thickness = muscles.length > 150 ? 0.0032 : muscles.length > 60 ? 0.0045 : 0.0065;
  return { group, move: (at) => moveMuscles(muscles, tubes, joints, thickness, at) };
}

function instanced(geometry, material, count) {
  const mesh = new THREE.InstancedMesh(geometry, material, Math.max(1, count));
  mesh.count = count;
  mesh.castShadow = true;
  mesh.frustumCulled = false;
  return mesh;
}

function moveMuscles(muscles, tubes, joints, thickness, at) {
  const [a, b, middle, along, size] = Array.from({ length: 5 }, () => new THREE.Vector3());
  const turn = new THREE.Quaternion();
  const matrix = new THREE.Matrix4();
  const color = new THREE.Color();
  const one = new Float32Array(1);
  let piece = 0;
  let ball = 0;
  for (const { points, count, activation } of muscles) {
    const now = between(points, 3 * count, at, new Float32Array(3 * count));
    const active = between(activation, 1, at, one)[0];
    const radius = thickness * (1 + 0.9 * (Number.isFinite(active) ? Math.min(1, Math.max(0, active)) : 0));
    activationColor(active, color);
    for (let k = 0; k < count; k++) {
      b.fromArray(now, 3 * k);
      if (k > 0) {
        along.subVectors(b, a);
        const length = along.length();
        turn.setFromUnitVectors(UP.y, length > 0 ? along.divideScalar(length) : UP.y);
        tubes.setMatrixAt(piece, matrix.compose(middle.addVectors(a, b).multiplyScalar(0.5), turn, size.set(radius, length, radius)));
        tubes.setColorAt(piece++, color);
      }
      joints.setMatrixAt(ball, matrix.compose(b, turn.identity(), size.setScalar(radius)));
      joints.setColorAt(ball++, color);
      a.copy(b);
    }
  }
  for (const mesh of [tubes, joints]) {
    mesh.instanceMatrix.needsUpdate = true;
    if (mesh.instanceColor) mesh.instanceColor.needsUpdate = true;
  }
}

// --- forces and markers ---

function forcesLayer(data) {
  const group = new THREE.Group();
  const arrows = data.forces.map((f) => {
    const arrow = buildArrow(SIDES[f.side].color);
    group.add(arrow.whole);
    return { ...arrow, point: unpack(f.point), force: unpack(f.force) };
  });
  return { group, move: (at) => arrows.forEach((arrow) => moveArrow(arrow, at)) };
}

function buildArrow(color) {
  const material = new THREE.MeshLambertMaterial({ color, emissive: color, emissiveIntensity: 0.55 });
  const shaft = new THREE.Mesh(new THREE.CylinderGeometry(0.011, 0.011, 1, 16), material);
  const head = new THREE.Mesh(new THREE.ConeGeometry(0.032, 0.085, 20), material);
  const whole = new THREE.Group();
  whole.add(shaft, head);
  return { whole, shaft, head };
}

function moveArrow({ whole, shaft, head, point, force }, at) {
  // A foot lands and lifts between two frames: there the nearer frame counts, not a mix with "no force at the origin".
  const a = Math.floor(at);
  const loaded = (k) => Math.hypot(force[3 * k], force[3 * k + 1], force[3 * k + 2]) > SMALLEST_FORCE_N;
  const moment = a === at || (loaded(a) && loaded(a + 1)) ? at : Math.round(at);
  const f = new THREE.Vector3().fromArray(between(force, 3, moment, [0, 0, 0]));
  const length = f.length() * FORCE_SCALE_M_PER_N;
  whole.visible = f.length() > SMALLEST_FORCE_N;
  if (!whole.visible) return;
  whole.position.fromArray(between(point, 3, moment, [0, 0, 0]));
  whole.quaternion.setFromUnitVectors(UP.y, f.normalize());
  const shaftLength = Math.max(0.001, length - 0.085);
  shaft.scale.y = shaftLength;
  shaft.position.y = shaftLength / 2;
  head.position.y = shaftLength + 0.0425;
}

function markersLayer(data) {
  const group = new THREE.Group();
  const balls = instanced(new THREE.SphereGeometry(0.011, 14, 10), new THREE.MeshLambertMaterial({ color: 0x7fe3d4, emissive: 0x1f6d63 }), data.markers.length);
  group.add(balls);
  const places = data.markers.map((m) => unpack(m.position));
  const matrix = new THREE.Matrix4();
  return { group, move: (at) => {
    places.forEach((place, k) => {
      const [x, y, z] = between(place, 3, at, [0, 0, 0]);
      balls.setMatrixAt(k, Number.isFinite(x) ? matrix.makeTranslation(x, y, z) : matrix.makeScale(0, 0, 0));
    });
    balls.instanceMatrix.needsUpdate = true;
  } };
}

// --- camera ---

const VIEWS = { side: [0, 0.1, 3.7], front: [3.7, 0.2, 0], back: [-3.7, 0.2, 0], three: [2.1, 0.5, 2.95] };

function setView(picture, name) {
  picture.orbit.target.copy(picture.target);
  picture.camera.position.copy(picture.target).add(new THREE.Vector3(...VIEWS[name]));
  picture.orbit.update();
  render(picture);
}

function zoom(picture, factor) {
  const offset = picture.camera.position.clone().sub(picture.orbit.target).multiplyScalar(factor);
  picture.camera.position.copy(picture.orbit.target).add(offset);
  picture.orbit.update();
  render(picture);
}

function showMoment(picture, at) {
  const before = picture.target.clone();
  picture.walker(at, picture.target);
  const step = picture.target.clone().sub(before);
  picture.camera.position.add(step);
  picture.orbit.target.add(step);
  picture.sun.position.copy(picture.target).add(new THREE.Vector3(2.2, 4.2, 2.6));
  picture.sun.target.position.copy(picture.target);
  for (const layer of Object.values(picture.layers)) layer.move(at);
  picture.at = at;
  picture.orbit.update();
  render(picture);
}

// Draw before the browser next shows the page: many changes at once cost one drawing.
function render(picture) {
  if (picture.waiting) return;
  picture.waiting = true;
  requestAnimationFrame(() => renderNow(picture));
}

function renderNow(picture) {
  picture.waiting = false;
  picture.renderer.render(picture.world, picture.camera);
}

function fitPicture(picture, width, height) {
  picture.renderer.setSize(width, height, false);
  picture.camera.aspect = width / height;
  // A narrow window would cut the walker's arms off: look from wider then.
  picture.camera.fov = width / height < 0.8 ? 44 : 32;
  picture.camera.updateProjectionMatrix();
  render(picture);
}
