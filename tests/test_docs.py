"""The documents name what there is: settings, commands, targets, node kinds; and what they point to exists."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

import layers
import pytest
import yaml

from ivr import cli, flow
from ivr.settings import describe

REPOSITORY = Path(__file__).resolve().parents[1]
README = (REPOSITORY / "README.md").read_text("utf-8")
OPERATING = (REPOSITORY / "docs/operating.md").read_text("utf-8")
CONTRIBUTING = (REPOSITORY / "CONTRIBUTING.md").read_text("utf-8")
GUIDES = ["flows/README.md", "prompts/README.md"]
DOCUMENTS = [
    "README.md",
    *GUIDES,
    "CONTRIBUTING.md",
    "docs/architecture.md",
    "docs/glossary.md",
    "docs/operating.md",
]
KNOWS = {
    "node kind": r"^ *from ivr\.flow import .*\b(?:Menu|Answer|Transfer|Office|Farewell)\b|Farewell = |\bfarewell\": ",
    "setting": r"\bkeep_tests\b",
    "speech engine": r"\bgtts\b",
    "simulator verb": r"\bReject\b",
    "language": r'^LANGUAGES? = ["{]|ivr\.content import .*\bLANGUAGE\b|language: str = "ja"|\.language == "ja"',
    "counter": r"\boi-1\b|大井第一",
}
"""What every file that knows an existing one of a kind holds."""
INTERNAL_TARGETS = {"test-setup", "lock", "check", "clean"}
JAPANESE = re.compile(r"[ぁ-ヿ]")


def node_kinds() -> list[str]:
    union = get_args(flow.Node)[0]
    return [get_args(kind.model_fields["kind"].annotation)[0] for kind in get_args(union)]


def targets() -> list[str]:
    listed = re.search(r"^\.PHONY:(.*)$", (REPOSITORY / "Makefile").read_text("utf-8"), re.MULTILINE)
    assert listed
    return [name for name in listed[1].split() if name not in INTERNAL_TARGETS]


@pytest.mark.parametrize("name", [name for name, _, _ in describe()])
def test_every_setting_is_explained_to_those_who_run_it(name: str) -> None:
    assert re.search(rf"^\| *`{name}` *\|", OPERATING, re.MULTILINE)


@pytest.mark.parametrize(("name", "help_en", "help_ja"), [
    (name, en, ja) for (name, _, en), (_, _, ja) in zip(describe("en"), describe("ja"), strict=True)
])  # fmt: skip
def test_a_setting_is_explained_as_the_command_does(name: str, help_en: str, help_ja: str) -> None:
    rows = "\n".join(line for line in OPERATING.splitlines() if line.startswith(f"| `{name}`"))
    assert help_en in rows or help_ja in rows


@pytest.mark.parametrize("document", DOCUMENTS)
def test_no_document_names_a_setting_that_there_is_not(document: str) -> None:
    known = {name for name, _, _ in describe()}
    assert set(re.findall(r"`((?:IVR|TWILIO)_[A-Z_]+)`", (REPOSITORY / document).read_text("utf-8"))) <= known


def test_the_readme_is_a_map_and_its_map_stands_first() -> None:
    lines = README.splitlines()
    assert len(lines) <= 150
    assert lines.index("## Two commands") <= len(lines) / 3
    rooms = {path.name for path in (REPOSITORY / "ivr").iterdir() if path.is_dir() and (path / "__init__.py").exists()}
    table = "\n".join(lines[: lines.index("## Two commands")])
    assert {room for room in rooms if f"`{room}/`" not in table} == set()


def test_the_picture_of_the_layers_is_drawn_from_the_contract() -> None:
    text = layers.DOCUMENT.read_text("utf-8")
    assert layers.drawn(text) == text


def listed(thing: str) -> set[str]:
    """List the files that the guide names for adding a thing; a name that ends with / is a folder."""
    (section,) = re.findall(rf"^## Add an? {thing}$(.*?)(?=^## |\Z)", CONTRIBUTING, re.MULTILINE | re.DOTALL)
    return set(re.findall(r"`([A-Za-z_]+(?:/[\w.-]+)*(?:\.\w+|/))`", section))


@pytest.mark.parametrize("thing", KNOWS)
def test_the_guide_lists_every_file_that_knows_a_kind_of_thing(thing: str) -> None:
    named = listed(thing)
    folders = ("ivr", "prompts/ja", "prompts/readings") if thing == "counter" else ("ivr",)
    files = [path for folder in folders for path in (REPOSITORY / folder).rglob("*") if path.suffix in {".py", ".yaml"}]
    knowing = {
        path.relative_to(REPOSITORY).as_posix()
        for path in files
        if re.search(KNOWS[thing], path.read_text("utf-8"), re.MULTILINE)
    }
    assert knowing
    assert knowing - named == set()


def test_every_file_that_the_guide_names_is_there() -> None:
    things = re.findall(r"^## Add an? (.+)$", CONTRIBUTING, re.MULTILINE)
    assert {*KNOWS, "finding"} == set(things)
    assert {name for thing in things for name in listed(thing) if not (REPOSITORY / name).exists()} == set()


def test_the_glossary_names_what_there_is() -> None:
    text = (REPOSITORY / "docs/glossary.md").read_text("utf-8")
    rows = [line.split("|") for line in text.splitlines() if line.startswith("| ") and "in code" not in line]
    names = {name for row in rows for name in re.findall(r"`([^`]+)`", row[3])}
    sources = [path for folder in ("ivr", "flows", "prompts") for path in (REPOSITORY / folder).rglob("*")]
    words = "\n".join(path.read_text("utf-8") for path in sources if path.suffix in {".py", ".yaml"})
    assert len(rows) >= 55
    assert {name for name in names if not re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", words)} == set()


@pytest.mark.parametrize("name", sorted(cli.COMMANDS))
def test_every_command_is_in_the_readme(name: str) -> None:
    assert re.search(rf"`(?:\.venv/bin/)?ivr (?:[a-z ]*\| )?{name}\b|^\.venv/bin/ivr {name}\b", README, re.MULTILINE)


def test_the_documents_name_no_command_that_there_is_not() -> None:
    for document in DOCUMENTS:
        text = (REPOSITORY / document).read_text("utf-8")
        named = set(re.findall(r"(?:^|`|bin/)ivr ([a-z]+)", text, re.MULTILINE))
        assert named <= set(cli.COMMANDS), document


@pytest.mark.parametrize("target", targets())
def test_every_target_is_in_the_readme(target: str) -> None:
    assert re.search(rf"^(?:\| )?`?make {target}\b", README, re.MULTILINE)


@pytest.mark.parametrize("kind", node_kinds())
def test_every_node_kind_is_explained_where_flows_are_edited(kind: str) -> None:
    assert f"`{kind}`" in README
    assert re.search(rf"^\| `{kind}` \|", (REPOSITORY / "flows/README.md").read_text("utf-8"), re.MULTILINE)


@pytest.mark.parametrize("document", DOCUMENTS)
def test_what_a_document_links_to_exists(document: str) -> None:
    folder = (REPOSITORY / document).parent
    text = (REPOSITORY / document).read_text("utf-8")
    links = re.findall(r"\]\(([^)\s]+)\)", text)
    assert [
        link
        for link in links
        if "://" not in link and not link.startswith("#") and not (folder / link.partition("#")[0]).exists()
    ] == []
    headings = {
        re.sub(r"[^\w\s-]", "", line.lstrip("# ").lower()).replace(" ", "-")
        for line in text.splitlines()
        if line.startswith("#")
    }
    assert [link for link in links if link.startswith("#") and link[1:] not in headings] == []


@pytest.mark.parametrize("document", DOCUMENTS)
def test_the_files_a_document_names_exist(document: str) -> None:
    text = (REPOSITORY / document).read_text("utf-8")
    folder = (REPOSITORY / document).parent
    named = re.findall(r"`((?:\.\./)?[a-z_]+(?:/[\w.-]+)*/?(?:\.(?:py|yaml|xml|md|toml))?)`", text)
    files = {name for name in named if "/" in name or re.search(r"\.(?:py|yaml|xml|md|toml)$", name)}
    places = (folder, REPOSITORY, REPOSITORY / "ivr")
    assert files
    assert sorted(name for name in files if not any((place / name).exists() for place in places)) == []


def test_the_readme_is_written_in_both_languages() -> None:
    english, mark, japanese = (
        README.partition("\n# 日本語") if "\n# 日本語" in README else README.partition("\n## 日本語")
    )
    assert mark
    assert len(JAPANESE.findall(english)) < len(english) / 50
    assert len(JAPANESE.findall(japanese)) > len(japanese) / 10
    for word in ("make run", "make test", "IVR_PUBLIC_URL", "TWILIO_AUTH_TOKEN"):
        assert word in english
        assert word in japanese


@pytest.mark.parametrize("document", GUIDES)
def test_the_guides_for_editors_are_japanese_and_hold_a_worked_change(document: str) -> None:
    text = (REPOSITORY / document).read_text("utf-8")
    assert len(JAPANESE.findall(text)) > len(text) / 5
    assert "## 直してみる" in text
    assert "ivr check" in text
    assert "ivr prompts build" in text
    assert "ivr call" in text


def test_the_worked_change_of_the_flow_can_be_made() -> None:
    text = (REPOSITORY / "flows/README.md").read_text("utf-8")
    node = re.search(r"`helpline.yaml` の `([a-z_]+)` を探し", text)
    line = re.search(r"^ +(\d: \{name: .*\})$", text, re.MULTILINE)
    assert node
    assert line
    ((key, option),) = yaml.safe_load(line[1]).items()
    loaded = flow.load(REPOSITORY)
    options = getattr(loaded.nodes[node[1]], "options", {})
    assert str(key) == str(len([name for name in options if name != "9"]) + 1)
    assert option["goto"] in loaded.nodes
    assert option["says"] in {name for name, _ in loaded.prompts()}
    assert option["name"] not in {old.name for old in options.values()}


def test_the_worked_change_of_the_words_can_be_made() -> None:
    text = (REPOSITORY / "prompts/README.md").read_text("utf-8")
    named = re.search(r"`ja/([a-z]+)\.yaml` の `([a-z_]+)` を直します", text)
    assert named
    words = yaml.safe_load((REPOSITORY / f"prompts/ja/{named[1]}.yaml").read_text("utf-8"))
    assert named[2] in words


def test_every_file_of_flows_and_prompts_is_in_its_guide() -> None:
    for folder in ("flows", "prompts"):
        text = (REPOSITORY / folder / "README.md").read_text("utf-8")
        files = {path.name for path in (REPOSITORY / folder).iterdir()} - {"README.md"}
        assert {name for name in files if f"`{name}" not in text and f"`{name}/" not in text and name != "ja"} == set()


def test_the_licence_and_the_notices_are_there() -> None:
    for name in ("LICENSE", "NOTICE", "CHANGELOG.md", "Procfile"):
        assert (REPOSITORY / name).read_text("utf-8").strip()


def test_the_procfile_runs_commands_that_there_are() -> None:
    rows = dict(line.split(": ", 1) for line in (REPOSITORY / "Procfile").read_text("utf-8").splitlines() if line)
    assert set(rows) == {"release", "web", "worker"}
    assert {command.split()[1] for command in rows.values()} <= set(cli.COMMANDS)
