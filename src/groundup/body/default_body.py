"""The body that comes with groundup, and bone surfaces to draw it and other models with.

The figures are published ones: the full-body model of Beaucage-Gauvreau et al. [1]_, with the legs of Rajagopal et
al. [2]_ and the lumbar spine of Christophy et al. [3]_, as distributed under the BSD 3-clause licence in the pose2sim
package. ``tools/make_default_body.py`` remakes the tables from there; ``data/default/LICENSE`` travels with them.

Legs have a patella that follows the knee, subtalar and toe joints; five lumbar vertebrae share their motion in the
published proportions; 318 muscles; six contact spheres under each foot, named by the region they stand for: ``heel``,
``midfoot``, ``forefoot_medial``, ``forefoot_lateral``, ``toes_medial``, ``toes_lateral``, each with ``_r`` or ``_l``.

Changed from what is distributed: the names of those spheres; the markers; the arms, spread there, hang by default; and
the slack lengths of leg tendons. The distributed model carries the leg muscles of [2]_ on hips and ankles that lie up
to 3 cm elsewhere, so that at rest the fibres of soleus were 1.7 times their optimal length; here the tendons take up
the difference and fibres are as long as in [2]_.

References
----------
.. [1] Beaucage-Gauvreau et al., 2019, doi:10.1080/10255842.2018.1564819
.. [2] Rajagopal et al., 2016, doi:10.1109/TBME.2016.2586891
.. [3] Christophy et al., 2012, doi:10.1007/s10237-011-0290-6
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from groundup.body.functions import Floats
from groundup.body.model import Body
from groundup.body.tables import read_body

DATA = Path(__file__).parent / "data"
MESH_FILE = DATA / "bones.npz"

MESH_ALIASES = {
    "r_femur": "femur_r",
    "l_femur": "femur_l",
    "r_tibia": "tibia_r",
    "l_tibia": "tibia_l",
    "fibula": "fibula_r",
    "r_fibula": "fibula_r",
    "l_fibula": "fibula_l",
    "talus": "talus_rv",
    "r_talus": "talus_rv",
    "l_talus": "talus_lv",
    "r_foot": "foot",
    "r_bofoot": "bofoot",
    "pelvis": "r_pelvis",
    "hat_ribs": "hat_ribs_scap",
}
"""Other names for the same bones in models distributed with OpenSim."""


def default_body() -> Body:
    """Load the body that comes with groundup: an adult of 84 kg with 318 muscles and a marker set on landmarks."""
    return read_body(DATA / "default")


def default_meshes() -> dict[str, tuple[Floats, np.ndarray]]:
    """Load bone surfaces by the name their files have in OpenSim models, without ``.vtp``.

    Returns
    -------
    meshes : dict of (vertices, faces)
        Vertices, float32, shape (n, 3), m, in the frame of the original file, before a model's scale and pose;
        faces, shape (m, 3), indices of their corners. Aliases share the arrays of the bone they stand for.

    Notes
    -----
    Surfaces are thinned for drawing and rounded to a 65535th of their longest side (0.01 mm for a femur).
    """
    with np.load(MESH_FILE) as stored:
        arrays = {key: stored[key] for key in stored.files}
    meshes = {}
    vertex_end, face_end = np.cumsum(arrays["n_vertices"]), np.cumsum(arrays["n_faces"])
    names = str(arrays["names"]).split()
    for i, name in enumerate(names):
        steps = arrays["vertices"][vertex_end[i] - arrays["n_vertices"][i] : vertex_end[i]]
        vertices = arrays["center"][i] + arrays["step"][i] * steps.astype(np.float32)
        meshes[name] = (vertices, arrays["faces"][face_end[i] - arrays["n_faces"][i] : face_end[i]])
    return meshes | {alias: meshes[name] for alias, name in MESH_ALIASES.items()}
