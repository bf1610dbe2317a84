"""QTI 1.2 as Canvas reads it, for Classic and New Quizzes: each gap is a numerical question, and its copies form a
group, of which a quiz draws one.

Canvas gives full marks for every numerical answer in the file, so known wrong numbers are mentioned only in a
comment."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from hashlib import sha256
from html import escape
from typing import Final
from urllib.parse import quote

from backprop_tutor.files import zipped
from backprop_tutor.publishing.banks.bank import Bank, Image, Item, escaped_line, introduction
from backprop_tutor.publishing.copies import CannotPublish
from backprop_tutor.publishing.gaps import LOST, Accepted, Gap, plain, shares
from backprop_tutor.text import listed

BEGINS: Final = b"PK\x03\x04"
_SMALLEST: Final = 1e-4  # Canvas turns smaller numbers into 0
_HEAD: Final = '<?xml version="1.0" encoding="UTF-8"?>\n'
_IMAGES: Final = "%24IMS-CC-FILEBASE%24/images/"
_QTI: Final = "http://www.imsglobal.org/xsd/ims_qtiasiv1p2"
_PACKAGE: Final = "http://www.imsglobal.org/xsd/imsccv1p1/imscp_v1p1"
_QUIZ: Final = "http://canvas.instructure.com/xsd/cccv1p0"
_RIGHT: Final = '<setvar action="Set" varname="SCORE">100</setvar>'


def write(banks: Sequence[Bank]) -> bytes:
    """The banks as one package with a quiz. Raises CannotPublish for numbers that Canvas turns into 0, and for copies
    with students' own numbers, since Canvas draws a copy for each student."""
    for bank in banks:
        _check(bank)
    title = listed(bank.items[0].copy.exercise.title for bank in banks)
    name = _ident("quiz", *(item.copy.key for bank in banks for item in bank.items))
    points = sum(gap.points for bank in banks for gap in bank.items[0].gaps)
    members: dict[str, str | bytes] = {
        "imsmanifest.xml": _manifest(name, banks),
        f"{name}/{name}.xml": _assessment(name, title, banks),
        f"{name}/assessment_meta.xml": _meta(name, title, points, any(bank.choices for bank in banks)),
    }
    members |= {f"images/{image.name}": image.data for bank in banks for image in _images(bank)}
    return zipped(members)


def _check(bank: Bank) -> None:
    for item in bank.items:
        if item.copy.person is not None:
            raise CannotPublish(
                "Canvas draws questions at random, so students cannot get their own numbers. Give --seeds."
            )
        for gap in item.gaps:
            if 0 < abs(gap.right[0].number) < _SMALLEST:
                raise CannotPublish(
                    f"{item.copy.key}: {gap.name} is {plain(gap.right[0].number)}, which Canvas rounds to 0. Leave it "
                    f"out with --ask, or that seed with --seeds."
                )


def _images(bank: Bank) -> Iterator[Image]:
    return (item.image for item in bank.items if item.image is not None)


def _ident(*parts: str) -> str:
    """An identifier that is the same whenever the bank is made, and that nothing else has."""
    return f"b{sha256('/'.join(parts).encode()).hexdigest()[:31]}"


def _assessment(name: str, title: str, banks: Sequence[Bank]) -> str:
    parts = [
        f"{_HEAD}<!-- {LOST} -->\n<questestinterop xmlns=\"{_QTI}\">",
        f'<assessment ident="{name}" title="{escaped_line(title)}">',
        "<qtimetadata>", _field("cc_maxattempts", "1"), "</qtimetadata>",
        '<section ident="root_section">',
    ]  # fmt: skip
    for bank in banks:
        gaps = bank.items[0].gaps
        for place, (gap, points) in enumerate(zip(gaps, shares(gaps), strict=True)):
            title = escaped_line(f"{bank.id}: {gap.name}")
            parts += [
                f'<section ident="{_ident("group", bank.id, gap.name)}" title="{title}">',
                "<selection_ordering><selection><selection_number>1</selection_number><selection_extension>",
                f"<points_per_item>{points:g}</points_per_item>",
                "</selection_extension></selection></selection_ordering>",
            ]
            for item in bank.items:
                parts += _item(item, item.gaps[place]._replace(points=points), bank.choices)
            parts.append("</section>")
    return "\n".join([*parts, "</section>", "</assessment>", "</questestinterop>\n"])


def _item(item: Item, gap: Gap, choices: bool) -> Iterator[str]:
    ident = _ident("item", item.copy.key, gap.name)
    options = _options(gap) if choices else []
    source = "" if item.image is None else f"{_IMAGES}{quote(item.image.name)}"
    answers = ",".join(_ident(ident, plain(one.number)) for one in options) or _ident(ident, "answer")
    yield f'<item ident="{ident}" title="{escaped_line(f"{item.copy.key} {gap.name}")}">'
    yield "<itemmetadata><qtimetadata>"
    yield _field("question_type", "multiple_choice_question" if options else "numerical_question")
    yield _field("points_possible", f"{gap.points:g}")
    yield _field("original_answer_ids", answers)
    yield _field("assessment_question_identifierref", _ident(ident, "reference"))
    yield "</qtimetadata></itemmetadata>"
    yield f"<presentation>{_material(f'{introduction(item, source)}<p>{escape(gap.whole_text)}</p>')}"
    yield from _choice(ident, gap, options) if options else _numerical(gap)
    yield "</item>"


def _numerical(gap: Gap) -> Iterator[str]:
    yield '<response_str ident="response1" rcardinality="Single"><render_fib fibtype="Decimal">'
    yield '<response_label ident="answer1"/></render_fib></response_str></presentation>'
    yield f"<resprocessing>{_OUTCOMES}"
    for one in gap.right:
        yield f'<respcondition continue="No"><conditionvar>{_near(one)}</conditionvar>{_RIGHT}</respcondition>'
    if gap.wrong:
        yield _comment("<other/>", "general_incorrect_fb")
    yield "</resprocessing>"
    if gap.wrong:
        told = [f"<li>{plain(float(f'{one.number:.4g}'))}: {escape(one.said)}</li>" for one in gap.wrong]
        yield _feedback("general_incorrect_fb", f"<p>Did you get one of these?</p><ul>{''.join(told)}</ul>")


def _near(one: Accepted) -> str:
    # Never `vargt`: Canvas takes strict bounds that end in 5 for a precision.
    return (
        f'<or><varequal respident="response1">{plain(one.number)}</varequal><and>'
        f'<vargte respident="response1">{plain(one.least)}</vargte>'
        f'<varlte respident="response1">{plain(one.most)}</varlte></and></or>'
    )


def _options(gap: Gap) -> list[Accepted]:
    """The right number among the wrong ones, sorted by size, so that its place gives nothing away."""
    return sorted([gap.right[0], *gap.wrong], key=lambda one: one.number) if gap.wrong else []


def _choice(ident: str, gap: Gap, options: Sequence[Accepted]) -> Iterator[str]:
    names = {one: _ident(ident, plain(one.number)) for one in options}
    yield '<response_lid ident="response1" rcardinality="Single"><render_choice>'
    for one, name in names.items():
        yield f'<response_label ident="{name}">{_material(f"<p>{one.number:.4g}</p>")}</response_label>'
    yield f"</render_choice></response_lid></presentation><resprocessing>{_OUTCOMES}"
    for one, name in names.items():
        if one.said:
            yield _comment(f'<varequal respident="response1">{name}</varequal>', f"{name}_fb")
    right = f'<varequal respident="response1">{names[gap.right[0]]}</varequal>'
    yield f'<respcondition continue="No"><conditionvar>{right}</conditionvar>{_RIGHT}</respcondition></resprocessing>'
    for one, name in names.items():
        if one.said:
            yield _feedback(f"{name}_fb", f"<p>{escape(one.said)}</p>")


_OUTCOMES: Final = '<outcomes><decvar maxvalue="100" minvalue="0" varname="SCORE" vartype="Decimal"/></outcomes>'


def _comment(when: str, name: str) -> str:
    shown = f'<displayfeedback feedbacktype="Response" linkrefid="{name}"/>'
    return f'<respcondition continue="Yes"><conditionvar>{when}</conditionvar>{shown}</respcondition>'


def _feedback(name: str, html: str) -> str:
    return f'<itemfeedback ident="{name}"><flow_mat>{_material(html)}</flow_mat></itemfeedback>'


def _material(html: str) -> str:
    return f'<material><mattext texttype="text/html">{escape(html, quote=False)}</mattext></material>'


def _field(label: str, entry: str) -> str:
    return (
        f"<qtimetadatafield><fieldlabel>{label}</fieldlabel><fieldentry>{escape(entry)}</fieldentry></qtimetadatafield>"
    )


def _meta(name: str, title: str, points: float, shuffle: bool) -> str:
    """What Canvas needs to know about a quiz; some readers fail if it has no title."""
    return (
        f'{_HEAD}<quiz xmlns="{_QUIZ}" identifier="{name}"><title>{escaped_line(title)}</title>'
        f"<description>{escape(f'<p>{LOST}</p>')}</description>"
        f"<shuffle_answers>{'true' if shuffle else 'false'}</shuffle_answers>"
        f"<quiz_type>assignment</quiz_type><points_possible>{points:g}</points_possible>"
        "<scoring_policy>keep_highest</scoring_policy><allowed_attempts>1</allowed_attempts></quiz>\n"
    )


def _manifest(name: str, banks: Sequence[Bank]) -> str:
    images = [
        f'<resource identifier="{_ident("image", image.name)}" type="webcontent" href="images/{quote(image.name)}">'
        f'<file href="images/{quote(image.name)}"/></resource>'
        for bank in banks
        for image in _images(bank)
    ]
    meta = _ident(name, "meta")
    return "\n".join([
        f'{_HEAD}<manifest xmlns="{_PACKAGE}" identifier="{_ident(name, "manifest")}">',
        "<metadata><schema>IMS Content</schema><schemaversion>1.1.3</schemaversion></metadata><organizations/>",
        f'<resources><resource identifier="{name}" type="imsqti_xmlv1p2"><file href="{name}/{name}.xml"/>',
        f'<dependency identifierref="{meta}"/></resource>',
        f'<resource identifier="{meta}" type="associatedcontent/imscc_xmlv1p1/learning-application-resource" '
        f'href="{name}/assessment_meta.xml"><file href="{name}/assessment_meta.xml"/></resource>',
        *images,
        "</resources></manifest>\n",
    ])  # fmt: skip
