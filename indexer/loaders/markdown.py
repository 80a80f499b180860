"""Markdown: front matter for title, source, date and address; the rest as a reader sees it, without its syntax.

CommonMark with tables and strikethrough, by markdown-it-py. Front matter is read with YAML's base loader: every value
is a string, so that `date: 2024-13-45` or `title: no` is data and not an error or a boolean.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import frontmatter
import yaml  # type: ignore[import-untyped]
from frontmatter.default_handlers import YAMLHandler
from lxml import etree, html  # type: ignore[import-untyped]
from markdown_it import MarkdownIt
from markdown_it.tree import SyntaxTreeNode

from indexer.errors import LoadError
from indexer.loaders.dates import parse_date
from indexer.loaders.decode import decode
from indexer.loaders.faults import reading
from indexer.loaders.hidden import drop_hidden, hides
from indexer.loaders.parsed import Composer, Parsed, table_row

_TAG = re.compile(r"<(?P<end>/?)(?P<name>[a-z][\w-]*)(?P<attributes>(?:\"[^\"]*\"|'[^']*'|[^'\"<>])*)>", re.IGNORECASE)
_VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr"}
_BLOCKS = {"bullet_list", "ordered_list", "table", "fence", "code_block"}
_FRONT_MATTER = re.compile(r"\s*-{3,}[ \t]*\n(?P<yaml>(?:.*?\n)?)-{3,}[ \t]*(?:\n|\Z)", re.DOTALL)


class _PlainYaml(YAMLHandler):
    def split(self, text: str) -> tuple[str, str]:
        match = _FRONT_MATTER.match(text)
        if match is None:
            raise ValueError("no front matter")
        return match["yaml"], text[match.end() :]

    def load(self, fm: str, **options: object) -> Any:  # noqa: ANN401 - as the method that it overrides
        return super().load(fm, **{**options, "Loader": yaml.BaseLoader})


def parse_markdown(content: bytes, place: str) -> Parsed:
    """Reads a Markdown file. Raises LoadError when it is no text, or its front matter is no YAML (naming the line)."""
    fields, body = _front_matter(decode(content, place), place)
    with reading(place, "Markdown"):
        composer = _rendered(body)
    headings = composer.heading_spans
    first_heading = composer.text[slice(*headings[0])] if headings else ""
    return Parsed(
        text=composer.text,
        title=_field(fields, "title", "headline") or first_heading,
        source=_field(fields, "source", "site", "site_name", "sitename", "publisher", "outlet", "author", "authors"),
        published_at=parse_date(_field(fields, "published", "published_at", "date", "publication_date")),
        url=_field(fields, "url", "link", "canonical_url", "canonical") or None,
        heading_spans=headings,
        block_spans=composer.block_spans,
    )


def _front_matter(text: str, place: str) -> tuple[Mapping[str, object], str]:
    """The fields and what follows them; a text between two rules that holds no fields is content."""
    match = _FRONT_MATTER.match(text)
    if match is None:
        return {}, text
    try:
        fields, body = frontmatter.parse(text, handler=_PlainYaml())
    except yaml.YAMLError as fault:
        mark = getattr(fault, "problem_mark", None)
        before = text[: match.start("yaml")].count("\n")
        where = f" in line {before + mark.line + 1}" if mark is not None else ""
        problem = getattr(fault, "problem", None) or "not YAML"
        raise LoadError(place, f"wrong front matter{where}: {problem}; quote values that hold a colon") from fault
    except (RecursionError, TypeError, ValueError) as fault:
        raise LoadError(place, f"wrong front matter: {type(fault).__name__}; use one `key: value` a line") from fault
    return (fields, body) if fields or not match["yaml"].strip() else ({}, text)


def _field(fields: Mapping[str, object], *names: str) -> str:
    values = {str(key).strip().lower(): value for key, value in fields.items()}
    for name in names:
        value = values.get(name)
        parts = value if isinstance(value, list) else [value]
        text = ", ".join(" ".join(part.split()) for part in parts if isinstance(part, str) and part.strip())
        if text:
            return text
    return ""


def _rendered(body: str) -> Composer:
    composer = Composer()
    parser = MarkdownIt("commonmark").enable(["table", "strikethrough"])
    _add_blocks(SyntaxTreeNode(parser.parse(body)), composer)
    return composer


def _add_blocks(parent: SyntaxTreeNode, composer: Composer) -> None:
    for node in _seen(parent.children):
        if node.type == "heading":
            composer.heading(_inline(node))
        elif node.type in _BLOCKS:
            composer.block("\n".join(_lines(node)))
        elif node.type == "blockquote":
            _add_blocks(node, composer)
        else:
            composer.paragraph("\n".join(_lines(node)))


def _lines(node: SyntaxTreeNode) -> list[str]:
    """A block as the lines that a reader sees."""
    if node.type in {"bullet_list", "ordered_list"}:
        return _list_lines(node)
    if node.type == "table":
        rows = [row for part in node.children for row in part.children]
        return [table_row([_inline(cell) for cell in row.children]) for row in rows]
    if node.type in {"fence", "code_block", "html_block", "hr"}:
        return _verbatim(node).split("\n")
    if node.type in {"blockquote", "list_item"}:
        return [line for child in node.children for line in _lines(child)]
    return _inline(node).split("\n")


def _verbatim(node: SyntaxTreeNode) -> str:
    if node.type == "hr":
        return ""
    return _without_tags(node.content) if node.type == "html_block" else node.content.rstrip("\n")


def _list_lines(node: SyntaxTreeNode) -> list[str]:
    first = int(node.attrs.get("start", 1)) if node.type == "ordered_list" else 0
    lines: list[str] = []
    for position, item in enumerate(node.children):
        marker = f"{first + position}." if node.type == "ordered_list" else "-"
        content = _lines(item) or [""]
        lines.append(f"{marker} {content[0]}".rstrip())
        lines.extend(f"  {line}" for line in content[1:])
    return lines


def _inline(node: SyntaxTreeNode) -> str:
    """The text of inline content: no emphasis marks, no link targets; an image is its description."""
    if node.type in {"text", "code_inline", "text_special"}:
        return node.content
    if node.type == "softbreak":
        return " "
    if node.type == "hardbreak":
        return "\n"
    if node.type == "html_inline":
        return "\n" if re.match(r"<br\b", node.content, re.IGNORECASE) else ""
    return "".join(_inline(child) for child in _seen(node.children))


def _seen(nodes: Sequence[SyntaxTreeNode]) -> Iterator[SyntaxTreeNode]:
    """The nodes that do not stand between the tags of an HTML element that hides its content."""
    hiding: list[str] = []
    for node in nodes:
        was_hidden = bool(hiding)
        if node.type in {"html_block", "html_inline"}:
            for tag in _TAG.finditer(re.sub(r"<!--.*?(?:-->|\Z)", "", node.content, flags=re.DOTALL)):
                _follow(tag, hiding)
        if not (was_hidden or (hiding and node.type == "html_inline")):
            yield node


def _follow(tag: re.Match[str], hiding: list[str]) -> None:
    """Keep `hiding`, the names of the open elements from the outermost hidden one on."""
    name = tag["name"].lower()
    if tag["end"]:
        if name in hiding:
            del hiding[len(hiding) - 1 - hiding[::-1].index(name) :]
    elif name not in _VOID and not tag["attributes"].endswith("/") and (hiding or _hides(name, tag["attributes"])):
        hiding.append(name)


def _hides(name: str, attributes: str) -> bool:
    try:
        element = html.fragment_fromstring(f"<div {attributes}></div>")
    except (etree.LxmlError, ValueError):
        return False
    element.tag = name
    return hides(element)


def _without_tags(source: str) -> str:
    try:
        root = html.fragment_fromstring(source, create_parent="div")
    except (etree.LxmlError, ValueError):
        return ""
    drop_hidden(root)
    for element in root.xpath("//script | //style"):
        element.drop_tree()
    return str(root.text_content()).strip()
