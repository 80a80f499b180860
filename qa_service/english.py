"""The few English words whose meaning the pipeline knows. Text in other languages passes with these checks idle.

Everything here is a closed class of the language (function words, numerals, connectives), never a word of some corpus.
"""

# ruff: noqa: SIM905 (words in a running text are easier to read and to keep in order than quoted ones)

FUNCTION_WORDS = frozenset(
    """
    a about above after again against all alongside also am among an and any are around as at back be because been
    before being below beneath beside besides between beyond both but by can could did do does doing down during each
    either else ever every few for from further had has have having he her here hers herself him himself his how
    however i if in into is it its itself just least let like made make makes many may me might mine more most much
    must my myself near neither no nor not now of off on once one only onto or other others ought our ours ourselves
    out over own per please quite rather same shall she should since so some such than that the their theirs them
    themselves then there these they this those though through thus till to too toward towards under until up upon us
    very via was we well were what whatever when where whether which while who whoever whom whose why will with within
    without would yes yet you your yours yourself according said says say tell told report reports reported reportedly
    s t d ll re ve m instead actually already yet still really exactly
    """.split()
)

LIGHT_VERBS = frozenset("go goes come get take give put keep bring become happen occur begin start involve".split())
"""Verbs that say little by themselves: one may stand for another, or for none."""

LETTERS = frozenset("s t d m".split())
"""What is left of a word behind an apostrophe; capitals are letters that name something ("T cells", "vitamin D")."""

ACRONYMS = frozenset("us it who".split())
"""Acronyms that are function words when written small."""

NEGATIONS = frozenset(
    """
    not no never none nobody nothing neither nor without cannot can't won't didn't doesn't don't isn't wasn't aren't
    weren't hasn't haven't hadn't wouldn't couldn't shouldn't
    """.split()
)

CAUSE_FOLLOWS = (
    "because of", "because", "due to", "owing to", "thanks to", "since", "as a result of", "as a consequence of",
    "in order to", "so that", "so as to", "caused by", "resulting from", "resulted from", "on account of",
    "in response to", "in protest at", "in protest against", "for fear of", "prompted by", "triggered by", "blamed on",
    "attributed to", "the reason was", "the reason is", "the reason being", "set off by", "brought about by",
    "the cause was", "the cause is", "put down to", "on the grounds that", "on the grounds of", "on grounds of",
    "citing", "for lack of", "for want of", "stems from", "stemmed from", "blame", "blames", "blamed",
    "died of", "died from", "dies of", "dies from", "die of", "die from",
)  # fmt: skip
"""Connectives with the effect before and the cause after them."""
CAUSE_PRECEDES = (
    "led to", "leads to", "resulted in", "results in", "caused", "causes", "causing", "prompted", "prompting",
    "triggered", "triggering", "as a result", "as a consequence", "therefore", "thus", "hence", "that is why",
    "which is why", "forced", "forcing", "was the reason", "were the reason", "is the reason", "are the reason",
    "to blame for", "the cause of",
)  # fmt: skip
"""Connectives with the cause before and the effect after them."""

HEDGES = frozenset(
    """
    reportedly allegedly apparently supposedly presumably possibly perhaps probably likely unlikely may might alleged
    suspected rumoured rumored believed thought assumed feared seemingly seems seem seemed appears appeared unconfirmed
    estimated expected
    """.split()
)
"""Words that take back part of what a sentence says."""

WISHES = "demand(?:s|ed|ing)?|wants?|wanted|wanting|ask(?:s|ed|ing)? for|call(?:s|ed|ing)? for|seeks?|sought|seeking"
"""How a sentence says that somebody would have it so; a regular expression."""

UNKNOWNS = (
    r"(?:would|did|does|do|could|has|have|had) not (?:\w+ )?(?:say|said|name|named|disclose|disclosed|reveal|revealed"
    r"|tell|told|comment|commented|explain|explained|specify|specified|identify|identified|give|given|know|known)"
    r"|(?:declined|refused|refuses) to (?:say|name|disclose|reveal|tell|comment|explain|specify|identify|give)"
    r"|(?:is|are|was|were|remains?|remained|still) (?:not (?:yet )?known|unknown|unclear|not clear|unnamed|undisclosed"
    r"|not disclosed|unidentified|unexplained)|not been (?:released|disclosed|named|published|identified|explained)"
    r"|without (?:naming|saying|giving|disclosing)|gave no|gives no|give no"
)
"""How a sentence says that what it speaks of is not known or not told; a regular expression."""

UNITS = frozenset(
    """
    percent pct per cent cents mark marks dollar dollars euro euros pound pounds metre metres meter meters kilometre
    kilometres kilometer kilometers km mile miles foot feet inch inches centimetre centimetres cm millimetre millimetres
    mm gram grams kilogram kilograms kg kilo kilos tonne tonnes ton tons litre litres liter liters gallon gallons acre
    acres hectare hectares degree degrees second seconds minute minutes hour hours day days week weeks month months year
    years decade decades century centuries hundred thousand million billion trillion people workers votes points shares
    """.split()
)
"""What a number may count or measure. A number with another one beside it is another figure."""

CORRECTIONS = frozenset(
    "corrects corrected correction wrong wrongly error mistake mistaken erroneously revised revises replaces replaced "
    "final finally recount recounted".split()
)
"""Words of a report that takes the place of an earlier one."""

STATED = "given|gave|spoken|spoke|said|put|reported|promised|announced|named|stated|counted|written|wrote|printed"
"""How a report says what was said before; a regular expression."""

EARLIER = (
    r"(?:earlier|first|previous|initial|original) (?:reports?|figures?|counts?|accounts?|results?|plans?)|at first"
    r"|first (?:reported|announced|thought|planned|said)|originally|initially|previously|formerly"
)
"""How a report points at what was said before; a regular expression."""

CHANGES = (
    r"(?:shr[aiu]nk|f[ae]ll|r[io]se|rais|lower|cut|increas|decreas|reduc|gr[eo]w|correct|revis|amend|chang|lift|dropp?"
    r"|trimm?|widen|climb|went up|gone up|came down|come down)\w*"
)
"""Verbs of change, as a regular expression: what stands behind "from" is no longer so."""

_IRREGULAR = """
    arose arisen arise; awoke awoken awake; beaten beat; became become; began begun begin; bent bend; bit bitten
    bite; bled bleed; blew blown blow; broke broken break; bred breed; brought bring; built build; burnt burn;
    bought buy; caught catch; chose chosen choose; came come; crept creep; dealt deal; dug dig; drew drawn draw;
    drank drunk drink; drove driven drive; ate eaten eat; fell fallen fall; fed feed; fought fight; fled flee; flew
    flown fly; forbade forbidden forbid; forgot forgotten forget; forgave forgiven forgive; froze frozen freeze; got
    gotten get; gave given give; went gone go; grew grown grow; hung hang; heard hear; hid hidden hide; held hold;
    kept keep; knelt kneel; knew known know; led lead; leant lean; learnt learn; lent lend; lost lose; meant mean;
    met meet; paid pay; rode ridden ride; rang rung ring; rose risen rise; ran run; sought seek; sold sell; sent
    send; shook shaken shake; shot shoot; showed shown show; shrank shrunk shrink; sang sung sing; sank sunk sink;
    sat sit; slept sleep; slid slide; spoke spoken speak; spent spend; spun spin; sprang sprung spring; stood stand;
    stole stolen steal; stuck stick; struck strike; swore sworn swear; swept sweep; swam swum swim; swung swing;
    took taken take; taught teach; tore torn tear; thought think; threw thrown throw; understood understand; woke
    woken wake; wore worn wear; won win; withdrew withdrawn withdraw; wrote written write; men man; women woman;
    children child; saw seen see
"""
IRREGULAR: dict[str, str] = {form: group.split()[-1] for group in _IRREGULAR.split(";") for form in group.split()[:-1]}
"""Base forms of irregular verbs and plurals; what may be another word as well ("found", "left") is not among them."""

MONTHS = frozenset("january february march april may june july august september october november december".split())
MONTH_ABBREVIATIONS = dict(
    zip("jan feb mar apr jun jul aug sep sept oct nov dec".split(), "january february march april june july august "
        "september september october november december".split(), strict=True)
)  # fmt: skip
WEEKDAYS = frozenset("monday tuesday wednesday thursday friday saturday sunday".split())
TIME_WORDS = frozenset(
    """
    yesterday today tomorrow tonight morning afternoon evening noon midnight spring summer autumn winter decade century
    year years month months week weeks day days hour hours minute minutes
    """.split()
)

_UNITS = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen"
).split()
_ORDINALS = "first second third fourth fifth sixth seventh eighth ninth tenth".split()
ORDINAL_ENDINGS = ("st", "nd", "rd", "th")
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
NUMERALS: dict[str, str] = (
    {word: str(value) for value, word in enumerate(_UNITS)}
    | {word: str(10 * (index + 2)) for index, word in enumerate(_TENS)}
    | {"dozen": "12", "hundred": "100", "thousand": "1000", "million": "1000000", "billion": "1000000000"}
    | {"once": "1", "twice": "2", "half": "0.5"}
    | {
        word: f"{value}{'st nd rd'.split()[value - 1] if value <= 3 else 'th'}"
        for value, word in enumerate(_ORDINALS, 1)
    }
)
