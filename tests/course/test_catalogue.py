"""Where exercises come from: every folder, the nearer one first; clashes and broken files are reported and stop
nothing."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from platformdirs import user_data_path

from backprop_tutor.authoring.report import Report
from backprop_tutor.authoring.validate import File, files
from backprop_tutor.course.catalogue import UnknownExercise, catalogue, entries, exercise_files, find, path_of, paths
from backprop_tutor.course.catalogue import home as users_folder
from backprop_tutor.errors import TutorError
from backprop_tutor.files import Unreadable

TEXT = "title: {}\ngraph: f = x*y\ninputs: {{x: 2, y: 3}}\nlevel: {}\n"


def write(path: Path, title: str = "Mine", level: int = 1) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(TEXT.format(title, level))
    return path


@pytest.fixture
def places(tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Path]:
    """A folder of each origin, nearest first."""
    found = {"--exercises": tmp_path / "a", "BACKPROP_TUTOR_EXERCISES": tmp_path / "b", "your own": home / "exercises"}
    for folder in found.values():
        folder.mkdir(parents=True)
    monkeypatch.setenv("BACKPROP_TUTOR_EXERCISES", os.pathsep.join([str(tmp_path / "absent"), "", str(tmp_path / "b")]))
    return found


def test_each_folder_is_searched_and_named(places: dict[str, Path]) -> None:
    for number, folder in enumerate(places.values()):
        write(folder / "chapter" / f"mine-{number}.yaml")
    found, clashes = entries([str(places["--exercises"])])
    assert clashes == []
    assert [found[f"mine-{number}"].origin for number in range(3)] == list(places)
    assert found["relu"].origin == "built in"


def test_the_nearer_of_two_with_one_id_is_used_and_that_is_told(places: dict[str, Path]) -> None:
    written = [write(folder / "relu.yaml", origin) for origin, folder in places.items()]
    named = [str(places["--exercises"])]
    found, clashes = entries(named)
    assert found["relu"].path == written[0]
    assert find("relu", named).title == "--exercises"
    assert [clash.hidden.path for clash in clashes][:2] == written[1:]
    assert len(clashes) == 3
    assert all(str(clash.used.path) in str(clash) and clash.hidden.origin in str(clash) for clash in clashes)


def test_one_folder_named_twice_is_no_clash(places: dict[str, Path]) -> None:
    write(places["BACKPROP_TUTOR_EXERCISES"] / "mine.yaml")
    folder = str(places["BACKPROP_TUTOR_EXERCISES"])
    assert entries([folder, folder])[1] == []


def test_of_two_folders_named_the_first_is_the_nearer(tmp_path: Path) -> None:
    for folder in ("a", "b"):
        write(tmp_path / folder / "mine.yaml", folder)
    assert find("mine", [str(tmp_path / "b"), str(tmp_path / "a")]).title == "b"


def test_a_broken_file_stops_nothing(places: dict[str, Path]) -> None:
    folder = places["your own"]
    write(folder / "good.yaml")
    (folder / "bad.yaml").write_text("title: [")
    (folder / "notes.txt").write_text("no exercise")
    (folder / "utf16.yml").write_bytes("title: T".encode("utf-16"))
    broken: list[TutorError] = []
    ids = {exercise.id for exercise in catalogue((), broken)}
    assert {"good", "relu"} <= ids
    assert not {"bad", "utf16", "notes"} & ids
    assert len(broken) == 2
    assert any("bad.yaml" in str(error) for error in broken)


def test_hidden_folders_and_links_in_circles_are_left_out(places: dict[str, Path]) -> None:
    folder = places["your own"]
    write(folder / ".git" / "hidden.yaml")
    write(folder / "seen.yaml")
    (folder / "circle").symlink_to(folder, target_is_directory=True)
    assert "seen" in paths()
    assert "hidden" not in paths()


@pytest.mark.parametrize("beside", ["._mine.yaml", ".#mine.yaml", "mine.yaml~", "#mine.yaml#", ".mine.yaml.swp"])
def test_what_editors_and_systems_put_beside_a_file_is_no_exercise(places: dict[str, Path], beside: str) -> None:
    folder = places["your own"]
    mine = write(folder / "mine.yaml")
    (folder / beside).symlink_to("nowhere@host.1") if beside.startswith(".#") else write(folder / beside)
    assert list(exercise_files(folder)) == [mine]
    assert list(files([folder])) == [File(mine, is_named=False)]


def test_another_disk_is_left_out_and_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    near, far = write(tmp_path / "near" / "a.yaml"), write(tmp_path / "far" / "b.yaml")
    monkeypatch.setattr("backprop_tutor.files._disk", lambda path: 2 if path == far.parent else 1)
    looked: list[Path] = []
    report, found = files([tmp_path], looked.append)
    assert (found, looked) == (File(near, is_named=False), [tmp_path, near.parent])
    assert isinstance(report, Report)
    assert report.file == str(far.parent)
    assert "on another disk" in report.warnings[0].message
    assert list(exercise_files(tmp_path)) == [near]


@pytest.mark.parametrize("length", [256, 5000])
def test_a_name_that_is_too_long_for_a_file_is_told(length: int, tmp_path: Path) -> None:
    name = "x" * length
    with pytest.raises(Unreadable, match="there is no such folder"):
        entries([name])
    with pytest.raises(Unreadable, match="file name too long"):
        find(f"./{name}.yaml")
    (report,) = files([Path(name)])
    assert isinstance(report, Report)
    assert "no such file or folder" in report.errors[0].message


def test_the_path_goes_from_easy_to_hard_and_ends_with_what_has_no_level(places: dict[str, Path]) -> None:
    folder = places["your own"]
    for level in (5, 1, 3):
        write(folder / f"level-{level}.yaml", level=level)
    (folder / "none.yaml").write_text(TEXT.format("None", 1).replace("level: 1\n", ""))
    found = catalogue()
    assert [exercise.id for exercise in found if str(folder) in exercise.path] == [
        "level-1",
        "level-3",
        "level-5",
        "none",
    ]
    assert found[-1].id == "none"


def test_a_named_folder_that_is_none_is_told(tmp_path: Path) -> None:
    with pytest.raises(Unreadable, match="there is no such folder"):
        entries([str(tmp_path / "absent")])


@pytest.mark.parametrize("id_", sorted(paths()))
def test_an_id_with_a_slip_is_given_back(id_: str) -> None:
    with pytest.raises(UnknownExercise) as caught:
        find(f"{id_}x")
    assert id_ in caught.value.near


def test_the_path_of_an_id_is_the_one_that_the_whole_catalogue_gives(places: dict[str, Path]) -> None:
    for number, folder in enumerate(places.values()):
        for name in ("relu", "same", f"own.{number}"):
            write(folder / f"chapter-{3 - number}" / f"{name}.yaml")
        write(folder / "chapter-2" / "same.yml")
        write(folder / ".hidden" / "secret.yaml")
    named = [str(places["--exercises"])]
    found = paths(named)
    assert {"relu", "same", "own.2", "sigmoid"} <= set(found)
    assert [path_of(id_, named) for id_ in found] == list(found.values())
    with pytest.raises(UnknownExercise, match="there is no exercise secret"):
        path_of("secret", named)
    with pytest.raises(Unreadable, match="no such folder"):
        path_of("relu", [str(places["--exercises"] / "none")])


@pytest.mark.parametrize(
    ("typed", "id_"),
    [
        ("relu", "relu"), ("Sigmoid", "sigmoid"), ("RELU-GATE", "relu-gate"), ("sig", "sigmoid"), ("forks", "forks"),
        ("19", "relu"), ("1", "add-gate"), ("45", "two-outputs"), ("sigmoid-", "sigmoid-gate"), ("Gau", "gaussian"),
    ],
)  # fmt: skip
def test_an_exercise_is_named_in_any_case_by_its_number_or_by_its_beginning(typed: str, id_: str) -> None:
    assert find(typed).id == id_


@pytest.mark.parametrize(
    ("typed", "near"),
    [("re", "reciprocal, relu, relu-gate or residual"), ("rleu", "relu"), ("0", ""), ("64", ""), ("1" * 5000, "")],
)  # fmt: skip
def test_where_several_are_meant_or_none_the_near_ones_are_named(typed: str, near: str) -> None:
    with pytest.raises(UnknownExercise) as caught:
        find(typed)
    meant = str(caught.value).partition("Did you mean ")[2].partition("?")[0]
    assert set(meant.replace(" or ", ", ").split(", ")) == set(near.replace(" or ", ", ").split(", "))


def test_an_exercise_of_ones_own_may_be_called_by_a_number(tmp_path: Path) -> None:
    write(tmp_path / "19.yaml", "My nineteenth")
    assert find("19", [str(tmp_path)]).title == "My nineteenth"


@pytest.mark.parametrize("home", ["/home/ada", "relative", "", None])
@pytest.mark.parametrize("base", ["/data/share", "/data/", "relative", "", None])
def test_the_users_folder_is_where_platformdirs_has_it(
    base: str | None, home: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("BACKPROP_TUTOR_HOME", raising=False)
    for name, value in {"XDG_DATA_HOME": base, "HOME": home}.items():
        if value is None:
            monkeypatch.delenv(name, raising=False)
        else:
            monkeypatch.setenv(name, value)
    assert users_folder() == user_data_path("backprop-tutor", appauthor=False)
