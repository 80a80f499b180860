"""The forms of orders to a reading machine, as patterns over folded text (see `lookalikes`).

Forms only: verbs of ignoring and answering, words for machines, for instructions and for texts. No subject, no name.
"""

import re

from qa_service.lookalikes import folded


def _compiled(*patterns: str) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{pattern})" for pattern in patterns), re.MULTILINE)


_CLEAR_MACHINE = (
    r"(?:\bais?\b|\ba\.i\.|\bllms?\b|\b\w*gpt\b|\blanguage\s+models?\b|\bchat ?bots?\b|\bbots?\b|\bcrawlers?\b"
    r"|\bcopilots?\b|\bsummari[sz]ers?\b"
    r"|\b(?:automated|automatic|ai-generated)\s+(?:summaries|answers|responses|replies|overviews)\b"
    r"|\b(?:ai|automated|automatic|digital|artificial|virtual|machine|search|answering|retrieval"
    r"|question[- ]answering)\s+"
    r"(?:\w+\s+)?(?:reader|system|agent|assistant|engine|model|tool|service|summari[sz]er)s?\b)"
)
_PROCESSES = r"(?:process|read|summari[sz]|index|retriev|answer|analy[sz]|cit|quot|pars|crawl|scrap)(?:e|es|s|ing)?"
MACHINE = _compiled(
    _CLEAR_MACHINE,
    r"\bassistants?\b",
    rf"\b(?:system|model|program|software|tool|agent|machine)s?\s+(?:that|which|who)\s+{_PROCESSES}\b",
    r"\b(?:system|model|program|software|tool|agent|machine|whoever|whatever|anything|anyone)s?\s+(?:\w+\s+){0,3}?"
    rf"{_PROCESSES}\s+(?:from\s+)?this\b",
    r"\bfor\s+(?:the\s+)?(?:purposes?\s+of\s+)?(?:indexing|retrieval|summari[sz]ation|machine[- ]reading"
    r"|automated\s+\w+)\b",
)
"""A machine is addressed."""

THIS_TEXT = _compiled(
    r"\bthis\s+(?:page|file|document|article|text|passage|website|site|note|line|paragraph|passage|sentence)\b",
    r"\byour\s+(?:answer|reply|response|output|summary|users)s?\b",
    r"\byou\s+are\s+asked\b",
    r"\b(?:any|all|every)\s+(?:summar(?:y|ies)|answers?|repl(?:y|ies))\b",
)
"""It speaks of this very text, or to the one who answers."""
ANSWERING = _compiled(
    THIS_TEXT.pattern,
    r"\bwhen(?:ever)?\s+(?:\w+\s+){0,3}(?:ask(?:ed|s)?|queried|prompted)\b",
    r"\bwhatever\s+is\s+asked\b",
    r"\bif\s+(?:\w+\s+){0,3}(?:ask(?:ed|s)?|queried|prompted)\b",
    r"\b(?:asked|questions?|quer(?:y|ies)|enquir(?:y|ies))\s+(?:about|on|regarding|concerning|related|for)\b",
    r"\b(?:official|approved|authori[sz]ed|canonical|only|correct|right)\s+(?:answer|reply|response)\b",
)
"""It speaks of answering, or of this very text."""

_SPEAK = (
    r"(?:answer|say|state|reply|respond|claim|cite|name|mention|recommend|tell|refer|output|write|print|report\s+that"
    r"|treat|consider|present|leave\s+out|omit|pretend|assume|confirm|insist|repeat|quote|describe|announce|declare|include|add)"
)
_PAYLOAD = r"(?:\b(?:that|with|only|no|nothing|as|to|this|users?)\b|[:\"'\u201c\u2018])"
_MODAL = (
    r"(?:must|shall|should|have\s+to|need\s+to|please|kindly|always|never|only|do\s+not|don['\u2019]t"
    r"|(?:is|are)\s+(?:kindly\s+)?(?:asked|required|instructed|requested|told|ordered|advised|expected)\s+to)"
)
ORDER = _compiled(
    rf"\b{_MODAL}\s+(?:\w+\s+){{0,2}}?{_SPEAK}\b[^.!?\n]{{0,60}}?{_PAYLOAD}",
    rf"\b(?:must|should|shall|please)\s+(?:always|only)\s+{_SPEAK}\b",
    rf"(?:^|[.!?:;,\u2014|]\s*)(?:(?:please|kindly|always|only|simply|just)\s+)*{_SPEAK}\b",
    r"\b(?:must|shall|should|(?:is|are)\s+to)\s+(?:\w+\s+)?be\s+(?:described|treated|presented|reported|regarded)\s+as\b",
    rf"\bwould\s+(?:be\s+grateful|appreciate)\b[^.!?\n]{{0,120}}?\b{_SPEAK}",
    r"\b(?:ensure|make\s+sure)\s+that\s+(?:[\w-]+\s+){0,3}(?:summaries|answers|replies|responses|outputs)\b"
    rf"[^.!?\n]{{0,80}}?\b{_SPEAK}",
    r"\b(?:official|approved|authori[sz]ed|canonical)\s+(?:answer|reply|response)\b",
)
"""It orders something."""

REPORT = _compiled(
    r"\b(?:said|told|ruled|wrote|announced|decided|voted|argued|warned|found|proposed|testified|promised|complained)\b",
    r"\b(?:under|according\s+to|by)\s+(?:\w+\s+){0,4}"
    r"(?:law|rules?|act|code|guidelines?|regulations?|bill|policy|standards?|terms|agreement|ministry|company)\b",
    r"\b(?:law|rules?|act|code|guidelines?|regulations?|bill|policy|standards?|terms|agreement)\s+"
    r"(?:\w+\s+)?(?:says?|states?|requires?|demands?|provides?|obliges?|forbids?|prescribes?)\b",
)
"""Somebody's words or rules are reported."""

_PLACE = (
    r"(?:^|[.!?:;,|>*#(\[\"'\u201c\u2018\u201e\u00ab\u2014\u2013-]\s*|\b(?:please|kindly|now|then|must|shall|should|and"
    r"|you|will|simply|just|therefore|to\s+all\s+\w+)\s+"
    r"|(?<!that )(?<!which )(?<!who )\b(?:is|are)\s+"
    r"(?:asked|required|instructed|requested|ordered|directed|advised)\s+to\s+)"
)
"""Where an imperative can stand: not after "told to", "who" or "that", as in reports."""
_IGNORE = (
    r"(?:ignore|disregard|forget|override|bypass|discard|neglect|abandon|set\s+aside|do\s+not\s+follow|don['\u2019]t\s+follow"
    r"|stop\s+following|no\s+longer\s+follow|do\s+not\s+obey|pay\s+no\s+attention\s+to|take\s+no\s+account\s+of)"
)
_EARLIER = (
    r"(?:all|any|every|previous|prior|earlier|preceding|former|above|existing|initial|original|system|your|other|old"
    r"|developer)"
)
_GIVEN = r"(?:instructions?|prompts?|guidelines?|directives?|commands?|orders|rules|guidance|constraints|programming)"
_READ = r"(?:sources?|documents?|passages?|articles?|pages?|results?|contexts?|texts?|information|content)"
_BEFORE = r"(?:above|before|earlier|previous(?:ly)?|prior|so\s+far|until\s+now)"
_BEFORE_HERE = (
    r"(?:(?:above|before|previously|so\s+far|until\s+now)\b|earlier\b(?=\W*(?:$|[.,;:!]|and\b))"
    r"|prior\b(?=\s*[.,;:!]|\s+to\s+this))"
)
_TOLD = r"(?:told|taught|given|read|instructed|shown|learned)"
_STATEMENT = r"(?:answer|say|state|reply|respond|claim|confirm|report|tell)\b"

OVERRIDE = _compiled(
    rf"{_PLACE}{_IGNORE}\s+(?:\w+\s+){{0,3}}?(?:{_EARLIER}\s+)(?:\w+[\s,]+){{0,3}}?{_GIVEN}\b",
    rf"{_PLACE}{_IGNORE}\s+(?:\w+\s+){{0,3}}?{_GIVEN}\s+(?:\w+\s+){{0,4}}?(?:{_BEFORE}|you\s+(?:\w+\s+){{0,2}}{_TOLD})\b",
    rf"{_PLACE}{_IGNORE}\s+(?:all\s+|any\s+|the\s+|what\s+)*(?:other|previous|prior|earlier|remaining|retrieved)\s+(?:\w+\s+)?{_READ}\b",
    rf"{_PLACE}{_IGNORE}\s+(?:everything|anything|all|what(?:ever)?)\s+(?:that\s+)?"
    rf"(?:(?:is|was|were|has|have|been|stands|came|comes|written|said|you|are|i|{_TOLD})\s+){{0,4}}{_BEFORE_HERE}",
    rf"{_PLACE}{_IGNORE}\s+(?:everything|anything|all|what(?:ever)?)\s+(?:\w+\s+){{0,5}}?"
    r"(?:told|gave|given|taught)\s+(?:to\s+)?you\b",
    rf"{_PLACE}{_IGNORE}\s+(?:the\s+|this\s+)?(?:\w+['\u2019]s\s+)?(?:question|query|request)\s+and\s+(?:\w+\s+)?{_STATEMENT}",
    rf"\b(?:{_EARLIER}|these|those)\s+(?:\w+\s+)?(?:instructions|prompts|directives|guidelines)\s+"
    r"(?:are|have\s+been|were)\s+(?:now\s+|hereby\s+)?(?:void|cancelled|canceled|revoked|overridden|superseded|suspended)\b"
    rf"[^.]*[.;:,]\s*(?:\w+\s+){{0,3}}{_STATEMENT}",
    # Spanish, Portuguese, Italian, French, German, Russian, Arabic, Chinese, Japanese
    r"\b(?:ignor[aeo](?:d|n|r)?|olvid[ae](?:d|n)?|descart[ae]n?|omit[ae]n?|haga?z?\s+caso\s+omiso\s+de)\s+(?:\w+\s+){0,3}"
    r"(?:instrucciones|indicaciones|ordenes)\s+(?:\w+\s+)?(?:anteriores|previas|precedentes|recibidas)",
    r"\b(?:ignor[ae]m?|esque[c\u00e7][ae]m?|desconsider[ae]m?)\s+(?:\w+\s+){0,3}instrucoes\s+(?:\w+\s+)?(?:anteriores|previas)",
    r"\b(?:ignora(?:te|re)?|dimentica(?:te|re)?)\s+(?:\w+\s+){0,3}(?:istruzioni|indicazioni)\s+(?:\w+\s+)?(?:precedenti|anteriori)",
    r"\b(?:ignore[zr]?|oublie[zr]?|ne\s+ten(?:ez|ir)\s+pas\s+compte\s+des?)\s+(?:\w+\s+){0,3}"
    r"(?:instructions|consignes|directives)\s+(?:\w+\s+)?(?:precedentes|anterieures|ci-dessus|recues)",
    r"\b(?:ignoriere?n?|vergiss|vergessen|missachten?|ubergehen?)\s+(?:\w+\s+){0,3}"
    r"(?:vorherig|bisherig|fruher|vorangegangen|vorig|obig|vorstehend)\w*\s+(?:\w+\s+)?"
    r"(?:anweisung|instruktion|befehl|vorgabe|anordnung)\w*",
    r"(?:игнорируй|проигнорируй|забудь)(?:те)?\s+(?:\w+\s+){0,2}(?:предыдущ|прежн|прошл)\w+\s+(?:\w+\s+)?"
    r"(?:инструкц|указан|команд)\w*",
    r"(?:تجاهل|تجاهلوا|تجاهلي|انس|انسوا|اهمل)\s+(?:\S+\s+){0,2}(?:التعليمات|الاوامر|الارشادات|التوجيهات)\s+(?:السابقة|اعلاه)",
    r"(?:忽略|忽视|无视|無視|忘记|忘記|不要理会)[^。！？]{0,6}(?:之前|以前|先前|以上|上述|此前|前面)[^。！？]{0,6}"
    r"(?:指令|指示|说明|說明|提示|命令)",
    r"(?:以前|これまで|上記|前)の[^。]{0,8}(?:指示|命令|プロンプト)[^。]{0,4}(?:無視|忘れ)",
)
"""It does away with what the reader was told."""
PUT_IN_MOUTH = _compiled(
    rf"\b{_STATEMENT}(?:\s+\w+){{0,6}}?(?:\s+that\b|\s*:|\s+with\b|\s*[\u201c\"\u2018])",
    r"(?:\u56de\u7b54|\u8bf4|responde|respon[dz]|antwort|answer\s+only)",
)
"""It says what is to be answered. A quoted override without that is mentioned rather than used."""

_ASKED = (
    r"(?:(?:if|when|whenever|should)\s+(?:\w+\s+){0,4}?(?:asks?|asked|[ei]nquires?|wants?\s+to\s+know)|(?:when|whenever|if|in|before)\s+(?:\w+\s+){0,2}?"
    r"(?:answering|summari[sz]ing|paraphrasing|responding|replying|quoting"
    r"|(?:generating|composing|producing|writing|preparing)\s+(?:an?|any|your)\s+(?:answer|reply|response|summary)))"
)
DIRECT = _compiled(
    # templates of chats, and roles in a talk with a machine
    r"<\|[a-z_ ]{2,24}\|>|\[/?inst\]|<</?sys>>|</?(?:start|end)_of_turn>|</?(?:system|assistant|think|instructions?)>"
    r"|</?system[-_ ](?:prompt|message|reminder|instructions?)>"
    r"|</?(?:tool|function)[-_ ](?:call|output|result|response)s?>",
    r"^\W*#{2,}\s*(?:system|instructions?|assistant|response)\s*:",
    r"(?:^|[.!?\u201d\"]\s+)(?:user|human|system)\s*:[\s\S]{0,600}?(?:^|[.!?\u201d\"]\s+)(?:assistant|ai|chatbot|model|bot)\s*:",
    r"(?:^|[.!?|>*#=(\[-]\s*)(?:system|hidden|real|developer)\s+(?:system\s+)?(?:instructions?|prompts?|override|directive)"
    rf"\s*[:\u2014-][\s\S]{{0,120}}?\b(?:you|your|never|always|{_STATEMENT})",
    rf"(?:^|[.!?|>*#=(\[-]\s*)(?:new|updated|revised)\s+(?:system\s+)?(?:instructions?|prompts?)\s*[:\u2014-]"
    rf"[\s\S]{{0,120}}?\b{_STATEMENT}",
    r"(?:^|[.!?|>*#=(\[-]\s*)(?:tool|function)\s+(?:call\s+)?(?:output|result|response)s?\s*[:=(]",
    # another part to play
    r"\byou\s+are\s+(?:now|no\s+longer|from\s+now\s+on)\s+(?:\w+[\s,]+){0,5}"
    r"(?:ai|assistant|chat ?bot|bot|language\s+model|model|mode|dan|persona|oracle|unrestricted|bound)\b",
    rf"{_PLACE}(?:pretend|act|behave|role-?play)\s+(?:\w+\s+){{1,6}}?"
    r"(?:ai|assistant|chat ?bot|bot|language\s+model|dan)\b",
    rf"\bfrom\s+now\s+on,?\s+(?:you\s+)?(?:\w+\s+){{0,2}}(?:{_STATEMENT}|obey\b|speak\s+as\b)",
    rf"\b(?:if|since)\s+you\s+are\s+(?:an?\s+)?(?:\w+\s+){{0,2}}?{_CLEAR_MACHINE}(?:\s+language\s+model)?"
    r"\s*(?:[,.;:]|(?:that|which|who|reading|process\w+|summari\w+)\b)",
    rf"\bas\s+an?\s+(?:\w+\s+){{0,2}}?{_CLEAR_MACHINE}\s+(?:reading|processing|summari[sz]ing|indexing)\s+this\b",
    rf"(?:^|[.!?]\s+)(?:hey|hi|hello|dear|attention)\s+(?:all\s+|any\s+)?{_CLEAR_MACHINE}\s*[,:!]",
    rf"\bfor\s+the\s+attention\s+of\s+(?:\w+\s+){{0,2}}?{_CLEAR_MACHINE}\s*[:,.\u2014\u2013-]",
    r"\[\s*(?:system|assistant|developer)\s*\]",
    rf"\b(?:your\s+)?(?:new|real|actual|true)\s+(?:task|instructions?|goal|objective|job)\s*(?:is\s+to|:)\s*{_STATEMENT}",
    r"\byou\s+are\s+an?\s+(?:helpful|virtual|digital|unrestricted|obedient)\s+(?:\w+\s+)?"
    r"(?:assistant|chat ?bot|ai|model)\b",
    r"\b(?:supersedes?|overrides?|replaces?|cancels?)\s+(?:all\s+|any\s+)?your\s+(?:\w+\s+)?(?:instructions|prompts?|directives|guidelines)\b",
    rf"\b(?:everything|all|whatever|what)\s+(?:that\s+)?you\s+(?:were|have\s+been|are)\s+{_TOLD}\b[^.!?\n]{{0,40}}?\b(?:is|are)\s+(?:now\s+)?"
    r"(?:void|false|wrong|cancelled|canceled|invalid|obsolete)\b",
    # this text before all others
    r"\byour\s+only\s+(?:source|reference|evidence|context)\b",
    rf"\b(?:cite|quote|use|treat)\s+this\s+(?:paragraph|{_READ})\s+as\s+(?:the|your)\s+(?:only|sole)\b",
    r"\b(?:treat|take|accept|regard)\s+(?:this|it|the\s+following)\s+as\s+(?:your|their|its|new|the)\s+(?:\w+\s+)?instructions\b",
    r"\b(?:treat|take|accept|regard)\s+(?:this|it|the\s+following)\s+as\s+(?:the\s+)?(?:\w+\s+)?(?:truth|fact|true|authoritative)\b",
    r"\b(?:rely|draw|base\s+your\s+\w+)\s+(?:only|solely|exclusively)\s+(?:up)?on\s+this\b",
    rf"\b(?:(?:use|trust|cite|quote)\s+(?:only|solely|exclusively)|only\s+(?:use|trust|cite|quote|rely\s+on))\s+this\s+(?:paragraph|{_READ})\b",
    r"\bthis\s+(?:paragraph|passage|sentence|text|note)\s+(?:supersedes|overrides|replaces|takes\s+precedence\s+over)\s+"
    rf"(?:all|any|every)\s+(?:other\s+)?(?:\w+\s+)?(?:{_READ}|{_GIVEN})\b",
    # an answer that is put into the reader's mouth
    r"(?:^|[.!?:|]\s*)(?:respond|answer|reply)\s+as\s+(?:if|though)\b",
    r"\b(?:begin|start|end|preface|prefix|open|close)\s+your\s+(?:answer|reply|response|summary)\s+with\b",
    r"\b(?:answer|respond|reply)(?:\s+to)?\s+(?:all|any|every|each)\s+(?:\w+\s+)?(?:questions?|quer(?:y|ies)|requests?|prompts?)\b"
    r"[^.!?\n]{0,60}?\b(?:with\s*(?:[:\"\u201c]|(?:the|this|these)\s+(?:words?|sentence|statement|phrase))|by\s+(?:saying|stating))",
    r"\byou\s+(?:must|should|shall|will|are\s+to)\s+(?:\w+\s+)?(?:answer|reply|respond|say)\s*(?::|with\s*[:\"\u201c]|[\"\u201c])",
    rf"\b{_ASKED}\b[^.!?\n]{{0,120}}?[,:;]\s*(?:please\s+|kindly\s+|always\s+|only\s+|simply\s+|just\s+|you\s+(?:must|should)\s+)*"
    r"(?:answer|say|state|reply|respond|claim|confirm|tell\s+(?:them|him|her|users?|the\s+user|readers|people))"
    r"(?:\s+(?:only\s+)?(?:that\b|with\b)|\s*[:\u201c\"])",
    rf"\b{_ASKED}\b[^.!?\n]{{0,120}}?[,:;]\s*(?:\w+\s+)?(?:include|add|insert|append)\s+the\s+(?:sentence|words?|line|statement)\b",
    r"\b(?:reply|respond|answer)\s+only\s+with\b",
    r"(?:^|[.!?:|]\s*)(?:please\s+|kindly\s+|always\s+)(?:answer|say|state|reply|respond|claim|confirm)\s+that\b",
    r"(?:^|[.!?:;|]\s*)(?:answer|reply|respond)\s+that\b",
    r"\byour\s+(?:answer|reply|response|output)\s+(?:must|should|shall|will)\s+be\s*[:\"\u201c]",
    r"\b(?:correct|official|right|required|standard)\s+(?:answer|reply|response)\s+(?:to|for)\s+(?:any|all|every|each)\s+"
    r"(?:\w+\s+){0,3}(?:questions?|quer(?:y|ies)|enquir(?:y|ies))\s*(?::|is\b)",
    rf"{_CLEAR_MACHINE}\s*[:,]\s*(?:(?:please|kindly|always|now|only)\s+)*{_SPEAK}\b",
    rf"\b(?:ais?|llms?|chat ?bots?|bots?|language\s+models?)\s+(?:instructions?|directives?|prompts?)"
    rf"\s*[:\u2014\u2013-][^.\n]{{0,80}}?\b{_SPEAK}",
    r"\b(?:answer|reply|response)\s+to\s+(?:any|all|every|each)\s+(?:such\s+)?(?:questions?|quer(?:y|ies)|enquir(?:y|ies))\s+"
    r"(?:about|on|regarding|concerning|as\s+to|of|for)\b[^.!?\n]{0,100}\b(?:is|must|should|shall|will|reads)\b",
    r"\b(?:questions?|quer(?:y|ies)|enquir(?:y|ies))\s+(?:about|on|regarding|concerning|as\s+to)\b[^.!?\n]{0,100}\b(?:must|should|shall"
    r"|is|are)\s+(?:only\s+|always\s+)?(?:to\s+)?be\s+answered\s+(?:only\s+)?(?:as\s+follows|that|with\s*(?::|[\u201c\"]|the\s+words?))",
    r"\bin\s+(?:any|all|every|your)\s+(?:summar(?:y|ies)|answers?|repl(?:y|ies)|responses?)\b[^.!?\n]{0,100}"
    r"\b(?:must|should|shall|please|only|never|always|is\s+to|are\s+to)\b",
    # words about this very order
    r"\b(?:do\s+not|don['\u2019]t|never)\s+(?:mention|reveal|disclose|refer\s+to|quote)\s+(?:this|these)\s+"
    r"(?:notices?|notes?|messages?|instructions?|text|paragraph)\b",
    rf"\b(?:note|notice|message|attention|instructions?|information|remark|reminder|hint)s?\s+(?:to|for)\s+(?:\w+\s+){{0,3}}?"
    rf"{_CLEAR_MACHINE}(?:\s+(?:that|which|who|reading|summari\w+|process\w+|index\w+|crawl\w+|of\s+this|and)\b[^.:\n]{{0,60}}?)?(?:\s*[:\u2014\u2013]|\s-\s)",
    rf"(?:^|[.!?]\s+)(?:to|attention)\s+(?:(?:all|any|every|the)\s+)?(?:{_CLEAR_MACHINE}|assistants?\b(?=\s+\w+ing\b))(?:\s+\w+ing\b[^.:\n]{{0,60}})?\s*:",
    rf"\b(?:other|earlier|previous)\s+{_READ}\b[^.!?\n]{{0,60}}\b(?:must|should|shall|may|are\s+to)\s+"
    r"(?:be\s+(?:ignored|disregarded)|not\s+be\s+(?:cited|quoted|trusted|mentioned))\b",
)
"""It needs no more than itself to be an order."""


TOLD_TO_SAY = _compiled(
    rf"(?:{_CLEAR_MACHINE}|\bassistants\b)(?:\s+\w+){{0,6}}?\s+(?:must|shall|should|(?:is|are)\s+(?:required|asked|requested"
    rf"|instructed|expected)\s+to)\s+(?!not\b|be\b)(?:\w+\s+){{0,6}}?{_SPEAK}\s+that\s+(?!(?:it|they|its|their|he|she|this\s+is)\b)",
    rf"\bit\s+is\s+(?:imperative|essential|important|vital|required|necessary)\s+that\s+(?:\w+\s+){{0,2}}?{_CLEAR_MACHINE}"
    rf"\s+(?:\w+\s+)?{_SPEAK}\b",
)
"""A machine is to say something of the world, and not of itself; unless it is reported."""


def _refold(pattern: re.Pattern[str]) -> re.Pattern[str]:
    """Fold the letters of a pattern; what regular expressions are made of is ASCII, and in capitals only as `\\W`."""
    pieces = re.split(r"(\\.)", pattern.pattern)
    return re.compile("".join(piece if piece.startswith("\\") else folded(piece) for piece in pieces), re.MULTILINE)


OVERRIDE = _refold(OVERRIDE)
