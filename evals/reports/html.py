"""A report as one page that holds all it needs, to be opened from a file and sent to a colleague."""

import base64
import hashlib
from collections.abc import Iterable
from pathlib import Path

import jinja2
import msgspec

from evals.reports.case_views import SHOWN_HITS, CaseView, case_views, paragraph_texts
from evals.reports.figures import (
    NOTHING,
    baseline_of,
    changes,
    counted,
    duration,
    effort,
    gate,
    key_rows,
    metric_rows,
    stratum_rows,
    stratum_titles,
    telling,
)
from evals.reports.flips import worst_first
from evals.values import Report

_HERE = Path(__file__).parent
_TEMPLATES = jinja2.Environment(
    loader=jinja2.FileSystemLoader(_HERE),
    autoescape=True,
    undefined=jinja2.StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
# Arabic and Chinese stay letters: as \uXXXX they would be twice as long.
_TEMPLATES.policies["json.dumps_kwargs"] = {"ensure_ascii": False}


def render_html(report: Report) -> str:
    """Return the report as a page without any reference to the outside: HTML with inline style, script and data.

    Answers and documents are hostile input. They are escaped; their paragraphs, each once, are JSON without a `<`,
    which the script puts in as text; and the page's policy runs no script but its own.
    """
    views, baseline = case_views(report), baseline_of(report)
    style, script = _read("report.css"), _read("report.js")
    return _TEMPLATES.get_template("report.html").render(
        style=style,
        script=script,
        style_hash=_policy_hash(style),
        script_hash=_policy_hash(script),
        report=report,
        targets=[summary.target for summary in report.summaries],
        gate=gate(report),
        key_rows=key_rows(report),
        stratum_rows=stratum_rows(report),
        metric_rows=metric_rows(report),
        baseline=baseline,
        flips=worst_first(baseline) if baseline else [],
        views=views,
        paragraphs=paragraph_texts(views),
        stratum_titles=stratum_titles(report),
        statuses=_statuses(views),
        settings=msgspec.json.format(msgspec.json.encode(report.provenance.settings), indent=2).decode(),
        changes=changes,
        telling=telling,
        counted=counted,
        duration=duration,
        effort=effort(report),
        nothing=NOTHING,
        shown_hits=SHOWN_HITS,
    )


def _read(name: str) -> str:
    return (_HERE / name).read_text(encoding="utf-8")


def _policy_hash(content: str) -> str:
    """Return the source expression by which a Content Security Policy names an inline element (CSP level 2, 4.2)."""
    digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
    return f"'sha256-{digest}'"


def _statuses(views: Iterable[CaseView]) -> list[str]:
    return sorted({target.status for view in views for target in view.targets if target.status})
