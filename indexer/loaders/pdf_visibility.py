"""Which characters of a PDF page a reader does not see: off the page, too small, transparent, or white on white.

Text without ink (render mode 3) stays: it is how the words of a scanned page are stored, behind its picture. A page is
only drawn where white text asks for it, since white on a dark ground is read like any other.
"""

import ctypes

import pypdfium2
import pypdfium2.raw as pdfium

_LEAST_POINTS = 1.5
_WHITE = 245
_LEAST_ALPHA = 10
_LEAST_CONTRAST = 24
_SCALE = 2.0
_MOST_PIXELS = 2_000
"""Along the longer edge."""


class Sight:
    """What can be seen of one page."""

    def __init__(self, page: pypdfium2.PdfPage, textpage: pypdfium2.PdfTextPage) -> None:
        self._page = page
        self._textpage = textpage
        self._bounds = page.get_bbox()
        self._drawn: tuple[pypdfium2.PdfBitmap, pypdfium2.PdfPosConv] | None = None

    def sees(self, index: int) -> bool:
        """Tell whether the character at `index`, one that is no white space, can be seen."""
        left, bottom, right, top = self._textpage.get_charbox(index)
        page_left, page_bottom, page_right, page_top = self._bounds
        if right < page_left or left > page_right or top < page_bottom or bottom > page_top:
            return False
        loose = self._textpage.get_charbox(index, loose=True)
        if max(loose[3] - loose[1], loose[2] - loose[0]) < _LEAST_POINTS:
            return False
        colour = [ctypes.c_uint() for _ in range(4)]
        if not pdfium.FPDFText_GetFillColor(self._textpage, index, *colour):
            return True
        red, green, blue, alpha = (part.value for part in colour)
        if alpha < _LEAST_ALPHA:
            return False
        return min(red, green, blue) < _WHITE or self._stands_out(left, bottom, right, top)

    def _stands_out(self, left: float, bottom: float, right: float, top: float) -> bool:
        bitmap, place = self._drawing()
        corners = [place.to_bitmap(left, bottom), place.to_bitmap(right, top)]
        (first, last), (upper, lower) = (sorted(axis) for axis in zip(*corners, strict=True))
        pixels = bitmap.buffer
        values = [
            pixels[row * bitmap.stride + column]
            for row in range(max(0, upper), min(bitmap.height, lower + 1))
            for column in range(max(0, first), min(bitmap.width, last + 1))
        ]
        return bool(values) and max(values) - min(values) >= _LEAST_CONTRAST

    def _drawing(self) -> tuple[pypdfium2.PdfBitmap, pypdfium2.PdfPosConv]:
        if self._drawn is None:
            scale = min(_SCALE, _MOST_PIXELS / max(1.0, *self._page.get_size()))
            bitmap = self._page.render(scale=scale, grayscale=True, may_draw_forms=False)
            self._drawn = bitmap, bitmap.get_posconv(self._page)
        return self._drawn
