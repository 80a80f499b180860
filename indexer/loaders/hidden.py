"""Which HTML elements a reader does not see, by what the element itself says. Style sheets are not evaluated."""

import re

from lxml import etree  # type: ignore[import-untyped]

_PAGE = {"html", "body", "head"}
_HIDING = re.compile(
    r"(?:^|;)(?:display:none|visibility:(?:hidden|collapse)|mso-hide:all|opacity:0(?:\.0+)?%?(?=$|[;!])"
    r"|font-size:(?:0(?:\.0\d*)?(?:px|pt|em|rem|%)?|1(?:px|pt))(?=$|[;!])"
    r"|text-indent:-\d{3,}|(?:left|right|top|margin-left):-\d{4,}|clip:rect\(0|clip-path:inset\((?:50|100)%"
    r"|color:transparent|color:rgba\([^)]*,0(?:\.0+)?\)|transform:scale\(0)"
)
_NO_SIZE = re.compile(r"(?:^|;)(?:max-)?(?:height|width):[01](?:px|pt)?(?=$|[;!])")
_COLOUR = re.compile(r"(?:^|;)color:([^;!]+)")
_BACKGROUND = re.compile(r"(?:^|;)background(?:-color)?:([^;!]+)")
_WHITE = re.compile(r"white|#f{3,4}|#f{6}(?:f{2})?|rgba?\(255,255,255(?:,1(?:\.0+)?)?\)|hsl\(\d+,\d+%,100%\)")


def hides(element: etree._Element) -> bool:
    """Tell whether the element's own attributes keep it and what is in it from being seen."""
    if not isinstance(element.tag, str):
        return True  # comments and processing instructions
    if element.tag in _PAGE:
        return False  # hidden until a script has run
    if element.tag in {"template", "noscript"} or element.get("hidden") not in {None, "until-found"}:
        return True
    if (element.get("aria-hidden") or "").strip().lower() == "true":
        return True
    style = _style(element)
    return bool(_HIDING.search(style)) or (bool(_NO_SIZE.search(style)) and "overflow:hidden" in style)


def drop_hidden(root: etree._Element) -> None:
    """Take out of the tree what a reader does not see; the text behind an element stays."""
    has_sheets = bool(root.xpath("//style | //link[contains(@rel, 'stylesheet')]"))
    for element in list(root.iter()):
        parent = element.getparent()
        if parent is not None and (hides(element) or _melts(element, has_sheets)):
            _drop(element, parent)


def _drop(element: etree._Element, parent: etree._Element) -> None:
    tail = element.tail or ""
    before = element.getprevious()
    if before is not None:
        before.tail = (before.tail or "") + tail
    else:
        parent.text = (parent.text or "") + tail
    element.tail = None
    parent.remove(element)


def _melts(element: etree._Element, has_sheets: bool) -> bool:
    """Tell whether its text has the colour of its background, as far as the page itself says what that is."""
    stated = _COLOUR.search(_style(element))
    colour = _plain(stated[1] if stated else (element.get("color") or "") if element.tag == "font" else "")
    if not colour:
        return False
    for around in (element, *element.iterancestors()):
        background = _BACKGROUND.search(_style(around))
        stated_background = background[1] if background else around.get("bgcolor")
        if stated_background:
            return _plain(stated_background) == colour
    return colour == "white" and not has_sheets


def _style(element: etree._Element) -> str:
    return re.sub(r"\s+", "", element.get("style") or "").lower()


def _plain(colour: str) -> str:
    name = re.sub(r"\s+", "", colour).lower()
    return "white" if _WHITE.fullmatch(name) else name
