"""QTI 2.1 for all other systems: a package with one item per copy; imsglobal.org/question/qtiv2p1."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from itertools import count
from typing import Final
from urllib.parse import quote

from backprop_tutor.files import zipped
from backprop_tutor.publishing.banks.bank import Bank, Item, by_heading, introduction, lines_of_gaps
from backprop_tutor.publishing.gaps import LOST, Accepted, Gap, plain, shares

BEGINS: Final = b"PK\x03\x04"
_HEAD: Final = '<?xml version="1.0" encoding="UTF-8"?>\n'
_QTI: Final = "http://www.imsglobal.org/xsd/imsqti_v2p1"
_PACKAGE: Final = "http://www.imsglobal.org/xsd/imscp_v1p1"
_INSTANCE: Final = "http://www.w3.org/2001/XMLSchema-instance"
_WIDTH: Final = 12  # characters of an answer


def write(banks: Sequence[Bank]) -> bytes:
    """The banks as one package."""
    items = [item for bank in banks for item in bank.items]
    members: dict[str, str | bytes] = {"imsmanifest.xml": _manifest(items)}
    members |= {f"items/{item.copy.key}.xml": _item(item) for item in items}
    members |= {f"items/images/{item.image.name}": item.image.data for item in items if item.image is not None}
    return zipped(members)


def _item(item: Item) -> str:
    gaps = list(enumerate(item.gaps, 1))
    whole = sum(gap.points for gap in item.gaps)
    source = "" if item.image is None else f"images/{quote(item.image.name)}"
    parts = [
        f"{_HEAD}<!-- {LOST} -->",
        f'<assessmentItem xmlns="{_QTI}" xmlns:xsi="{_INSTANCE}" '
        f'xsi:schemaLocation="{_QTI} http://www.imsglobal.org/xsd/qti/qtiv2p1/imsqti_v2p1.xsd" '
        f'identifier="{_identifier(item)}" title="{escape(item.title)}" adaptive="false" timeDependent="false">',
        *(_response(number, gap) for number, gap in gaps),
        _outcome("SCORE", "float", "0"),
        _outcome("MAXSCORE", "float", f"{whole:g}"),
        *(_outcome(f"FEEDBACK{number}", "identifier") for number, gap in gaps if gap.wrong),
        "<itemBody>",
        introduction(item, source),
        *_body(item),
        "</itemBody>",
        "<responseProcessing>",
        *(_marking(number, gap, points) for (number, gap), points in zip(gaps, shares(item.gaps), strict=True)),
        "</responseProcessing>",
        *(feedback for number, gap in gaps for feedback in _feedback(number, gap)),
        "</assessmentItem>\n",
    ]
    return "\n".join(parts)


def _identifier(item: Item) -> str:
    """An identifier that QTI accepts: it does not begin with a digit and contains no spaces."""
    return f"q-{quote(item.copy.key, safe='').replace('%', '_')}"


def _response(number: int, gap: Gap) -> str:
    right = f"<correctResponse><value>{plain(gap.right[0].number)}</value></correctResponse>"
    head = f'<responseDeclaration identifier="R{number}" cardinality="single" baseType="float">'
    return f"{head}{right}</responseDeclaration>"


def _outcome(name: str, kind: str, value: str | None = None) -> str:
    begins = "" if value is None else f"<defaultValue><value>{value}</value></defaultValue>"
    head = f'<outcomeDeclaration identifier="{name}" cardinality="single" baseType="{kind}"'
    return f"{head}>{begins}</outcomeDeclaration>" if begins else f"{head}/>"


def _body(item: Item) -> Iterator[str]:
    numbers = count(1)
    for title, gaps in by_heading(item):
        yield f"<h4>{escape(title)}</h4>"
        for line in lines_of_gaps(gaps, lambda _: _entry(next(numbers))):
            yield f"<div>{line}</div>"


def _entry(number: int) -> str:
    return f'<textEntryInteraction responseIdentifier="R{number}" expectedLength="{_WIDTH}"/>'


def _marking(number: int, gap: Gap, points: float) -> str:
    """How a gap is marked; the first match counts. A right number scores, a known wrong one selects the feedback."""
    near = [_near(number, one) for one in gap.right]
    score = f'<sum><variable identifier="SCORE"/><baseValue baseType="float">{points:g}</baseValue></sum>'
    is_right = f"<or>{''.join(near)}</or>" if len(near) > 1 else near[0]
    parts = [f'<responseIf>{is_right}<setOutcomeValue identifier="SCORE">{score}</setOutcomeValue></responseIf>']
    for place, one in enumerate(gap.wrong, 1):
        chosen = f'<baseValue baseType="identifier">F{number}-{place}</baseValue>'
        told = f'<setOutcomeValue identifier="FEEDBACK{number}">{chosen}</setOutcomeValue>'
        parts.append(f"<responseElseIf>{_near(number, one)}{told}</responseElseIf>")
    return f"<responseCondition>{''.join(parts)}</responseCondition>"


def _near(number: int, one: Accepted) -> str:
    # `equal` with a tolerance is valid too, but not every player supports it.
    given = f'<variable identifier="R{number}"/>'
    least, most = (f'<baseValue baseType="float">{plain(bound)}</baseValue>' for bound in (one.least, one.most))
    return f"<and><gte>{given}{least}</gte><lte>{given}{most}</lte></and>"


def _feedback(number: int, gap: Gap) -> Iterator[str]:
    for place, one in enumerate(gap.wrong, 1):
        head = f'<modalFeedback outcomeIdentifier="FEEDBACK{number}" identifier="F{number}-{place}" showHide="show">'
        yield f"{head}<p>{escape(f'{gap.symbol}: {one.said}')}</p></modalFeedback>"


def _manifest(items: Sequence[Item]) -> str:
    resources = []
    for item in items:
        href = f"items/{quote(item.copy.key)}.xml"
        files = [href] + ([] if item.image is None else [f"items/images/{quote(item.image.name)}"])
        inside = "".join(f'<file href="{one}"/>' for one in files)
        name = _identifier(item)
        resources.append(f'<resource identifier="{name}" type="imsqti_item_xmlv2p1" href="{href}">{inside}</resource>')
    return "\n".join([
        f'{_HEAD}<manifest xmlns="{_PACKAGE}" identifier="backprop-tutor">',
        "<metadata><schema>QTIv2.1 Package</schema><schemaversion>1.0.0</schemaversion></metadata><organizations/>",
        "<resources>", *resources, "</resources></manifest>\n",
    ])  # fmt: skip
