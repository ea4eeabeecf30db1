"""Whatever is observed is shown as text: no command, control character or markup comes through."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from matrix.model.text import (
    BRIEF,
    Markdown,
    brief,
    cut,
    log_line,
    log_lines,
    markdown,
    shown,
    table_cell,
    thread,
)

RENDERER = MarkdownIt("commonmark").enable("table")
PIECES = (
    *("# ", "- ", "1. ", "> ", "---", "    ", "\n", "\r", "\t", "`", "``", "```", "*", "_", "__"),
    *("<b>", "<!--", "&lt;", "![a](b)", "[a](b)", "[a]: b", "[cp38]", "|", "\\", "\\|", "~~"),
    *("https://x.y", "www.x.y", "@name", "a@b.c", ":smile:", "$x$", "::error::x", "##[group]"),
    *("\x1b[31m", "\x85", "\u2028", "\u202e", "\udcff", "é", "word", "0.57.0", "(SIGSEGV)", ""),
)
HOSTILE = st.lists(st.sampled_from(PIECES) | st.text(max_size=3), max_size=8).map("".join)
USUAL = (
    "hit",
    "crashed in warm (SIGSEGV)",
    "0.48.0 .. 0.56.4 (9 of 24): hit [cp38, cp39]; raised in build (TypingError) [cp311]",
    "cache/even_odd_lazy@remedy, 0.57.0-cp311: not_installable",
    "wrong in cold; claimed: hit; value -1 where interpreted gave 55",
)


def tokens(text: str) -> list[Token]:
    """Return what a renderer finds in Markdown, what is within lines among it."""
    return [one for block in RENDERER.parse(text) for one in (block, *(block.children or ()))]


@given(HOSTILE)
@example("a\\|b")
@example("1. one")
@example("` ``")
def test_in_markdown_it_is_text_or_code_and_nothing_else(text: str) -> None:
    found = tokens(f"- {markdown(text)}")
    assert {one.type for one in found} <= {
        *("bullet_list_open", "bullet_list_close", "list_item_open", "list_item_close"),
        *("paragraph_open", "paragraph_close", "inline", "text", "code_inline"),
    }
    shown = "".join(one.content for one in found if one.type in ("text", "code_inline"))
    assert shown.strip() == log_text(text).strip()


def log_text(text: str) -> str:
    """Return text with its control characters written out, as every medium shows them."""
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)


@given(st.lists(HOSTILE, min_size=2, max_size=4))
def test_in_a_table_it_is_one_cell(cells: list[str]) -> None:
    row = "| " + " | ".join(map(table_cell, cells)) + " |"
    heading = "|" + " a |" * len(cells) + "\n|" + "---|" * len(cells)
    found = tokens(f"{heading}\n{row}")
    assert [one.type for one in found].count("td_open") == len(cells)
    assert not {one.type for one in found} & {"html_inline", "image", "link_open", "em_open"}


@pytest.mark.parametrize("text", USUAL)
def test_what_is_usual_reads_as_it_is(text: str) -> None:
    assert markdown(text) == table_cell(text) == log_line(text) == text


@pytest.mark.parametrize("text", ["a https://x.y", "see www.x.y", "to a@b.c", "@name", ":smile:"])
def test_what_github_alone_takes_for_more_is_code(text: str) -> None:
    assert markdown(text) == f"`{text}`"


def test_what_is_markdown_already_stays_so() -> None:
    assert markdown(Markdown("**a**")) == "**a**"


@given(HOSTILE)
def test_in_a_log_it_is_one_line_without_command_or_control_character(text: str) -> None:
    line = log_line(text)
    assert line.isprintable()
    assert not line.lstrip().startswith("::")
    assert "##[" not in line
    assert "##vso[" not in line


def test_a_log_keeps_the_lines_of_the_suite_itself() -> None:
    assert log_lines("one\n  ::error::two\n\x1b[2Kthree") == (
        "one\n  \\::error::two\n\\x1b[2Kthree"
    )


@given(HOSTILE)
def test_on_a_page_it_has_its_lines_and_no_control_character(text: str) -> None:
    made = shown({text: [text, 1]})
    ((key, (value, number)),) = made.items()
    assert key == value
    assert value.replace("\n", "").replace("\t", "").isprintable()
    assert value.split("\n")[0].split("\t")[0] == log_text(
        text.split("\n", maxsplit=1)[0].split("\t", maxsplit=1)[0]
    )
    assert number == 1


def test_a_value_is_brief_and_says_how_much_is_left_out() -> None:
    assert brief([1, "a"]) == "[1, 'a']"
    huge = brief("x" * 20_000_000)
    assert huge == "'" + "x" * (BRIEF - 1) + " [... 19999802 characters left out]"
    assert cut("abc", 3) == "abc"
    assert cut("abcd", 3) == "abc [... 1 characters left out]"


def test_a_value_that_python_cannot_write_is_said_to_be_one() -> None:
    assert brief(10**5000) == "a value that cannot be written down"
    deep: list[object] = []
    for _ in range(100_000):
        deep = [deep]
    assert brief(deep) == "a value that cannot be written down"


def test_a_thread_is_a_link_and_whatever_else_is_in_its_place_is_code() -> None:
    address = "https://github.com/numba/numba/issues/6061"
    kinds = {token.type: token for token in tokens(f"- ({thread(address)})")}
    assert kinds["link_open"].attrs["href"] == address
    assert "[numba#6061](" in thread(address)
    for other in (f"{address})[x](y", "https://github.com/a/b/pull/1\n", "https://h.org/<b>", ""):
        assert thread(other) == markdown(other)
