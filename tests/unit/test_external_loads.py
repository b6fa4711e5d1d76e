"""Forces from outside: the XML with its table, bare plates, and every way in which they do not fit."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from groundup.body.recording import AppliedForce, ExternalForces
from groundup.errors import FileError, RecordingError, SetupError
from groundup.io.external_loads import read_external_loads, read_plates, write_external_loads, write_plates
from groundup.io.storage import read_storage

FORCE = """<ExternalForce name="{name}">{disabled}<applied_to_body> {body} </applied_to_body>
<force_expressed_in_body>ground</force_expressed_in_body><point_expressed_in_body>ground</point_expressed_in_body>
<force_identifier>{force}</force_identifier><point_identifier>{point}</point_identifier>
<torque_identifier>{torque}</torque_identifier><data_source_name>{source}</data_source_name></ExternalForce>"""


def one(
    name: str = "right",
    body: str = "calcn_r",
    force: str = "ground_force_v",
    point: str = "ground_force_p",
    torque: str = "ground_torque_",
    source: str = "Unassigned",
    disabled: str = "",
) -> str:
    return FORCE.format(name=name, body=body, force=force, point=point, torque=torque, source=source, disabled=disabled)


def document(*forces: str, datafile: str = "<datafile>grf.mot</datafile>") -> str:
    return (
        '<?xml version="1.0"?><OpenSimDocument Version="30000"><ExternalLoads name="a"><objects>'
        + "".join(forces)
        + f"</objects><groups/>{datafile}</ExternalLoads></OpenSimDocument>"
    )


COLUMNS = [f"ground_force_{kind}{axis}" for kind in "vp" for axis in "xyz"] + [
    f"ground_torque_{axis}" for axis in "xyz"
]
VALUES = np.array([[1.0, 700, 3, 0.1, 0, 0.3, 0, 5, 0], [2.0, 710, 4, 0.2, 0, 0.4, 0, 6, 0]])


def table(columns: list[str], values: np.ndarray) -> str:
    rows = ["\t".join(map(str, [0.01 * i, *row])) for i, row in enumerate(values.tolist())]
    return "\n".join(["version=1", "endheader", "\t".join(["time", *columns]), *rows]) + "\n"


def read(tmp_path: Path, xml: str, columns: list[str] = COLUMNS, values: np.ndarray = VALUES) -> ExternalForces:
    (tmp_path / "grf.mot").write_text(table(columns, values))
    (tmp_path / "loads.xml").write_text(xml)
    return read_external_loads(tmp_path / "loads.xml")


def test_force_point_and_torque(tmp_path: Path) -> None:
    found = read(tmp_path, document(one()))
    (wrench,) = found.wrenches
    assert (wrench.name, wrench.segment, wrench.force_expressed_in) == ("right", "calcn_r", "ground")
    np.testing.assert_array_equal(found.time_s, [0, 0.01])
    np.testing.assert_array_equal(wrench.force_n, VALUES[:, :3])
    np.testing.assert_array_equal(wrench.point_m, VALUES[:, 3:6])
    np.testing.assert_array_equal(wrench.torque_nm, VALUES[:, 6:])


def test_a_plain_root_works_too(tmp_path: Path) -> None:
    plain = f"<ExternalLoads><objects>{one()}</objects><datafile>grf.mot</datafile></ExternalLoads>"
    assert read(tmp_path, plain).wrenches[0].segment == "calcn_r"


def test_an_empty_identifier_is_zero(tmp_path: Path) -> None:
    (wrench,) = read(tmp_path, document(one(torque=""))).wrenches
    assert not wrench.torque_nm.any()
    (wrench,) = read(tmp_path, document(one(force="Unassigned", point=""))).wrenches
    assert not wrench.force_n.any()


def test_without_a_point_the_force_acts_at_the_segment_origin(tmp_path: Path) -> None:
    (wrench,) = read(tmp_path, document(one(point=""))).wrenches
    assert wrench.point_expressed_in == "calcn_r"
    assert not wrench.point_m.any()


@pytest.mark.parametrize("off", ["<isDisabled> true </isDisabled>", "<appliesForce>false</appliesForce>"])
def test_a_disabled_force_is_left_out(tmp_path: Path, off: str) -> None:
    found = read(tmp_path, document(one(), one(name="off", force="nowhere", disabled=off)))
    assert [wrench.name for wrench in found.wrenches] == ["right"]


def test_the_table_may_be_named_by_the_forces(tmp_path: Path) -> None:
    found = read(tmp_path, document(one(source="grf.mot"), datafile=""))
    assert found.wrenches[0].force_n[1, 1] == 710


def test_numbered_columns_and_body_paths(tmp_path: Path) -> None:
    columns = [f"{kind}{axis}" for kind in ("f1_", "p1_", "m1_") for axis in "123"]
    found = read(tmp_path, document(one(body="/bodyset/calcn_r", force="f1", point="p1_", torque="m1")), columns)
    assert found.wrenches[0].segment == "calcn_r"
    np.testing.assert_array_equal(found.wrenches[0].torque_nm, VALUES[:, 6:])


def test_points_may_be_missing_while_nothing_acts(tmp_path: Path) -> None:
    values = VALUES.copy()
    values[0, :3], values[0, 3:6] = 0.0, np.nan
    assert not read(tmp_path, document(one()), values=values).wrenches[0].point_m[0].any()


def changed(column: int, row: slice | int, value: float) -> np.ndarray:
    values = VALUES.copy()
    values[row, column] = value
    return values


@pytest.mark.parametrize(
    ("xml", "values", "kind", "words"),
    [
        pytest.param(
            document(one(force="ground_force_w")),
            VALUES,
            RecordingError,
            r"ExternalForce\[right\]/force_identifier 'ground_force_w' fits no column of grf.mot, expected 3 that "
            r"begin with it. Nearby: ground_force_v.*Correct the identifier",
            id="no column",
        ),
        pytest.param(
            document(one(force="ground_")),
            VALUES,
            RecordingError,
            "force_identifier 'ground_' fits 9 columns of grf.mot .*expected 3 .*Write a longer",
            id="ambiguous",
        ),
        pytest.param(
            document(one()),
            changed(1, slice(None), np.nan),
            RecordingError,
            "column 'ground_force_vy' .force of 'right'. holds no number at all, expected one per row. Export",
            id="all NaN",
        ),
        pytest.param(
            document(one()),
            changed(2, 1, np.nan),
            RecordingError,
            "column 'ground_force_vz' .* has no number at 0.01 s, expected one. 1 of 2 rows",
            id="force gap",
        ),
        pytest.param(
            document(one()),
            changed(3, 0, np.nan),
            RecordingError,
            "column 'ground_force_px' .point of 'right'. has no number at 0 s while the force acts",
            id="point gap",
        ),
        pytest.param(
            document(one()),
            changed(3, slice(None), 900.0),
            RecordingError,
            "the points of 'right' lie 900 m from the origin, expected within 50 m. Units are probably mm. Divide",
            id="millimetres",
        ),
        pytest.param(
            document(one(), datafile=""),
            VALUES,
            SetupError,
            "names no <datafile>, expected a MOT or STO file",
            id="no data",
        ),
        pytest.param(
            document(one(source="a.mot"), one(source="b.mot"), datafile=""),
            VALUES,
            SetupError,
            "from 2 tables .a.mot, b.mot., expected one. Name it in <datafile>",
            id="two tables",
        ),
        pytest.param(document(), VALUES, SetupError, "holds no ExternalForce, expected at least one", id="no force"),
        pytest.param(
            document(one(body="")),
            VALUES,
            SetupError,
            r"line 1: .*ExternalForce\[right\]: has no applied_to_body, expected the name",
            id="no body",
        ),
        pytest.param(
            document(one(force="", torque="")),
            VALUES,
            SetupError,
            "has neither force_identifier nor torque_identifier, expected at least one",
            id="no identifier",
        ),
        pytest.param(
            "<OpenSimDocument><Model/></OpenSimDocument>",
            VALUES,
            SetupError,
            "holds Model, expected ExternalLoads",
            id="tag",
        ),
        pytest.param(
            document(one(), datafile="<datafile>none.mot</datafile>"),
            VALUES,
            FileError,
            "none.mot cannot be read .no such file.",
            id="no table",
        ),
    ],
)
def test_messages(tmp_path: Path, xml: str, values: np.ndarray, kind: type[Exception], words: str) -> None:
    with pytest.raises(kind, match=words) as caught:
        read(tmp_path, xml, values=values)
    assert str(tmp_path) in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("force", "torque", "name"),
    [
        ("ground_force_v{}", "ground_torque_{}", "ground_force"),
        ("1_ground_force_v{}", "1_ground_torque_{}", "1_ground_force"),
        ("R_ground_force_v{}", "R_ground_torque_{}", "R_ground_force"),
        ("ground_force_l_v{}", "ground_torque_l_{}", "ground_force_l"),
        ("ground_force_calcn_r_v{}", "ground_force_calcn_r_m{}", "ground_force_calcn_r"),
        ("ground_force2_v{}", "ground_moment2_m{}", "ground_force_2"),
        ("GROUND_FORCE_V{}", "ground_torque_{}", None),
    ],
)
def test_plates_by_their_usual_names(tmp_path: Path, force: str, torque: str, name: str | None) -> None:
    point = force.replace("_v{}", "_p{}").replace("_V{}", "_P{}")
    columns = [kind.format(axis) for kind in (force, point, torque) for axis in "xyz"]
    (tmp_path / "grf.mot").write_text(table(columns, VALUES))
    (plate,) = read_external_loads(tmp_path / "grf.mot").wrenches
    assert plate.segment is None
    assert name is None or plate.name == name
    np.testing.assert_array_equal(np.hstack([plate.force_n, plate.point_m, plate.torque_nm]), VALUES)


def test_plates_without_torque(tmp_path: Path) -> None:
    (tmp_path / "grf.mot").write_text(table(COLUMNS[:6], VALUES[:, :6]))
    assert not read_plates(tmp_path / "grf.mot").wrenches[0].torque_nm.any()


def test_plates_that_cannot_be_used(tmp_path: Path) -> None:
    (tmp_path / "grf.mot").write_text(table(COLUMNS[:5], VALUES[:, :5]))
    with pytest.raises(RecordingError, match=r"plate 'ground_force' has 2 point columns, expected 3 \(x, y, z\)"):
        read_plates(tmp_path / "grf.mot")
    (tmp_path / "grf.mot").write_text(table(["hip", "knee"], VALUES[:, :2]))
    with pytest.raises(RecordingError, match=r"no column looks like a plate's force.*It holds hip, knee\. Rename"):
        read_plates(tmp_path / "grf.mot")


def two_forces() -> ExternalForces:
    rng = np.random.default_rng(2)
    wrenches = tuple(
        AppliedForce(
            name, segment, *rng.normal(size=(3, 5, 3)), "ground", "pelvis" if segment == "toes_l" else "ground"
        )
        for name, segment in (("right", "calcn_r"), ("left", "toes_l"))
    )
    return ExternalForces(np.arange(5) / 100, wrenches)


def test_written_and_read_back(tmp_path: Path) -> None:
    made = two_forces()
    write_external_loads(made, tmp_path / "out" / "loads.xml")
    found = read_external_loads(tmp_path / "out" / "loads.xml")
    np.testing.assert_array_equal(found.time_s, made.time_s)
    for ours, theirs in zip(found.wrenches, made.wrenches, strict=True):
        assert (ours.name, ours.segment, ours.point_expressed_in) == (
            theirs.name,
            theirs.segment,
            theirs.point_expressed_in,
        )
        for quantity in ("force_n", "point_m", "torque_nm"):
            np.testing.assert_array_equal(getattr(ours, quantity), getattr(theirs, quantity))


def test_the_written_table_can_be_read_alone(tmp_path: Path) -> None:
    made = two_forces()
    write_plates(made, tmp_path / "grf.mot")
    found = read_plates(tmp_path / "grf.mot")
    np.testing.assert_array_equal(found.wrenches[1].torque_nm, made.wrenches[1].torque_nm)
    assert len(read_storage(tmp_path / "grf.mot").columns) == 18


def test_plates_on_no_segment_cannot_be_written(tmp_path: Path) -> None:
    loose = ExternalForces(np.arange(5) / 100, (AppliedForce("one", None, *np.zeros((3, 5, 3))),))
    with pytest.raises(FileError, match=r"'one' acts on no segment\. Assign the plates to feet first"):
        write_external_loads(loose, tmp_path / "loads.xml")


def test_real_files(shared: Path) -> None:
    walk = read_external_loads(shared / "gait2392" / "subject01_walk1_grf.xml")
    assert [wrench.segment for wrench in walk.wrenches] == ["calcn_r", "calcn_l"]
    for file in ("gait2392/subject01_walk1_grf.mot", "arnold2013/subject01/grf.mot", "moco2d/referenceGRF.sto"):
        plates = read_external_loads(shared / file)
        assert len(plates.wrenches) == 2
        for plate in plates.wrenches:
            assert 400 < plate.force_n[:, 1].max() < 1500  # N, one adult's foot
    bare = read_plates(shared / "gait2392" / "subject01_walk1_grf.mot")
    for described, plate in zip(walk.wrenches, bare.wrenches, strict=True):
        np.testing.assert_array_equal(described.force_n, plate.force_n)
        np.testing.assert_array_equal(described.torque_nm, plate.torque_nm)
