// Plain words for names that models use. A name that is not known is shown as it is.

// The name without its side, so that left and right meet in one chart.
function baseName({ name, side }) {
  if (side === "none") return name;
  return name.replace(/(^|_)(r|l|right|left)(?=_|$)/i, "").replace(/^_/, "") || name;
}

// name pattern → plain name, region
const MUSCLES = [
  [/^glmax(\d?)/i, "Gluteus maximus", "Hip"], [/^glut_max(\d?)/i, "Gluteus maximus", "Hip"],
  [/^glmed(\d?)/i, "Gluteus medius", "Hip"], [/^glut_med(\d?)/i, "Gluteus medius", "Hip"],
  [/^glmin(\d?)/i, "Gluteus minimus", "Hip"], [/^glut_min(\d?)/i, "Gluteus minimus", "Hip"],
  [/^addbrev|^add_brev/i, "Adductor brevis", "Hip"], [/^addlong|^add_long/i, "Adductor longus", "Hip"],
  [/^addmag(.*)|^add_mag(\d?)/i, "Adductor magnus", "Hip"], [/^grac/i, "Gracilis", "Hip"], [/^sart|^sar$/i, "Sartorius", "Hip"],
  [/^iliacus/i, "Iliacus", "Hip"], [/^psoas/i, "Psoas", "Hip"], [/^piri|^peri$/i, "Piriformis", "Hip"],
  [/^tfl/i, "Tensor fasciae latae", "Hip"], [/^pect/i, "Pectineus", "Hip"], [/^quad_fem/i, "Quadratus femoris", "Hip"],
  [/^gem/i, "Gemelli", "Hip"],
  [/^recfem|^rect_fem/i, "Rectus femoris", "Knee"], [/^vasint|^vas_int/i, "Vastus intermedius", "Knee"],
  [/^vaslat|^vas_lat/i, "Vastus lateralis", "Knee"], [/^vasmed|^vas_med/i, "Vastus medialis", "Knee"],
  [/^bflh|^bifemlh/i, "Biceps femoris, long head", "Knee"], [/^bfsh|^bifemsh/i, "Biceps femoris, short head", "Knee"],
  [/^semimem/i, "Semimembranosus", "Knee"], [/^semiten/i, "Semitendinosus", "Knee"], [/^hamstrings/i, "Hamstrings", "Knee"],
  [/^vasti/i, "Vasti", "Knee"],
  [/^gaslat|^lat_gas/i, "Gastrocnemius, lateral", "Ankle and foot"], [/^gasmed|^med_gas/i, "Gastrocnemius, medial", "Ankle and foot"],
  [/^gastroc/i, "Gastrocnemius", "Ankle and foot"], [/^soleus/i, "Soleus", "Ankle and foot"],
  [/^tibant|^tib_ant/i, "Tibialis anterior", "Ankle and foot"], [/^tibpost|^tib_post/i, "Tibialis posterior", "Ankle and foot"],
  [/^perlong|^per_long/i, "Peroneus longus", "Ankle and foot"], [/^perbrev|^per_brev/i, "Peroneus brevis", "Ankle and foot"],
  [/^per_tert/i, "Peroneus tertius", "Ankle and foot"],
  [/^edl|^ext_dig/i, "Extensor digitorum longus", "Ankle and foot"], [/^ehl|^ext_hal/i, "Extensor hallucis longus", "Ankle and foot"],
  [/^fdl|^flex_dig/i, "Flexor digitorum longus", "Ankle and foot"], [/^fhl|^flex_hal/i, "Flexor hallucis longus", "Ankle and foot"],
  [/^rect_abd/i, "Rectus abdominis", "Trunk"], [/^ercspn/i, "Erector spinae", "Trunk"], [/^intobl/i, "Internal oblique", "Trunk"],
  [/^extobl/i, "External oblique", "Trunk"], [/^Ps_(.*)/, "Psoas (spine)", "Trunk"], [/^QL_(.*)/, "Quadratus lumborum", "Trunk"],
  [/^MF_(.*)/, "Multifidus", "Trunk"], [/^IL_(.*)/, "Iliocostalis", "Trunk"], [/^LTpT_(.*)/, "Longissimus, thoracic", "Trunk"],
  [/^LTpL_(.*)/, "Longissimus, lumbar", "Trunk"], [/^LD_(.*)/, "Latissimus dorsi", "Trunk"], [/^EO(\d+)/, "External oblique", "Trunk"],
  [/^IO(\d+)/, "Internal oblique", "Trunk"],
];

const REGIONS = ["Ankle and foot", "Knee", "Hip", "Trunk", "Other"];

// Shown first: the muscles that carry most of level walking.
const FIRST_MUSCLES = ["soleus", "gasmed", "med_gas", "tibant", "tib_ant", "vaslat", "vas_lat", "recfem", "rect_fem", "bflh", "bifemlh",
  "glmed1", "glut_med1", "glmax1", "glut_max1", "gastroc", "vasti", "hamstrings"];

function muscle(base) {
  for (const [pattern, name, region] of MUSCLES) {
    const found = pattern.exec(base);
    if (found) return { name: name + part(found), region };
  }
  return { name: base.replaceAll("_", " "), region: "Other" };
}

function part(found) {
  const which = (found.slice(1).find((p) => p) ?? "").replaceAll("_", " ");
  return which ? ` ${which}` : "";
}

// Joint coordinates as models of walking name them.
const TURNINGS = [
  [/^hip_flexion(_moment)?$/, "Hip bending (flexion)"], [/^hip_adduction(_moment)?$/, "Hip sideways (adduction)"], [/^hip_rotation(_moment)?$/, "Hip turning (rotation)"],
  [/^knee_angle(_moment)?$/, "Knee bending (flexion)"], [/^ankle_angle(_moment)?$/, "Ankle bending (dorsiflexion)"],
  [/^subtalar_angle(_moment)?$/, "Rearfoot tilting (subtalar)"], [/^mtp_angle(_moment)?$/, "Toes bending (MTP)"],
  [/^pelvis_tilt(_moment)?$/, "Pelvis, forward and back (tilt)"], [/^pelvis_list(_moment)?$/, "Pelvis, sideways (obliquity)"], [/^pelvis_rotation(_moment)?$/, "Pelvis turning (rotation)"],
  [/^lumbar_extension(_moment)?$/, "Low back bending (extension)"], [/^lumbar_bending(_moment)?$/, "Low back sideways (bending)"], [/^lumbar_rotation(_moment)?$/, "Low back turning (rotation)"],
  [/_Flex_Ext(_moment)?$/i, " forward and back (flexion, extension)"], [/_Lat_Bending(_moment)?$/i, " sideways (bending)"], [/_axial_rotation(_moment)?$/i, " turning (rotation)"],
];

function plainName(base, group) {
  if (group === "muscle_force" || group === "activation") return muscle(base).name;
  const turning = TURNINGS.find(([pattern]) => pattern.test(base));
  if (turning) return `${base.replace(turning[0], turning[1]).replace(/^(L\d)_([LST]\d+) /, "$1/$2 ")}${/_moment$/.test(base) ? ", moment" : ""}`;
  const words = base.replaceAll("_", " ").replace(/\bl(\d) ?([sl])(\d)\b/gi, (_, a, b, c) => `L${a}/${b.toUpperCase()}${c}`);
  return words.charAt(0).toUpperCase() + words.slice(1);
}
