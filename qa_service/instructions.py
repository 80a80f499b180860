"""Text in a document that is meant for the machine that reads it, not for its human readers.

Such text is no statement about the world, so nothing in its paragraph is evidence. It stays in the index and can be
read like everything else. What is looked for is the form of such orders, never their subject.
"""

import re
from functools import lru_cache

from indexer.sentences import sentences

_MACHINE = (
    r"(?:\bAIs?\b|\bA\.I\.|\bLLMs?\b|\bGPT\b|\blanguage models?\b|\bchat ?bots?\b|\bbots?\b|\bassistants?\b"
    r"|\bcrawlers?\b"
    r"|\b(?:automated|automatic|digital|artificial|virtual|machine|search|answering|retrieval|question[- ]answering)\s+"
    r"(?:\w+\s+)?(?:reader|system|agent|assistant|engine|model|tool|service)s?\b"
    r"|\b(?:system|model|program|software|tool|agent|machine)s?\s+(?:that|which|who)\s+"
    r"(?:process|read|summari[sz]e|index|retrieve|answer|analy[sz]e|cite|quote)\w*)"
)
_ANSWERING = (
    r"(?:\bwhen(?:ever)?\s+(?:you\s+are\s+|someone\s+is\s+|users?\s+)?ask(?:ed|s)?\b|\bwhatever\s+is\s+asked\b"
    r"|\bif\s+(?:you\s+are\s+|a\s+user\s+|anyone\s+|someone\s+)?ask(?:ed|s)?\b|\b(?:asked|questions?|quer(?:y|ies))\s+"
    r"(?:about|on|regarding|concerning|related)\b|\bthis\s+(?:page|file|document|article|text|passage|website|site|note)\b"
    r"|\byour\s+(?:answer|reply|response|output|summary|users)s?\b)"
)
_ORDER = (
    r"(?:\b(?:must|shall|should|have\s+to|need\s+to|are\s+(?:asked|required|instructed|requested|told|ordered)\s+to|please"
    r"|always|never|only|do\s+not|don['\u2019]t)\b"
    r"|(?:^|[.!?:;,\u2014]\s*)(?:answer|say|state|reply|respond|claim|cite|name|mention|recommend|tell|refer|output|write"
    r"|print|report|treat|consider|present|leave\s+out|omit|pretend|assume)\b)"
)
_OVERRIDE = re.compile(
    r"\b(?:ignor|disregard|forget|overrid|bypass|discard)(?:e|ing|es)?\s+(?:\w+\s+){0,3}"
    r"(?:instructions?|prompts?|guidelines|directives|commands)\b"
    r"|\b(?:ignor|disregard|forget)(?:e|ing)?\s+(?:everything|anything|all|what(?:ever)?)\b[^.]{0,30}"
    r"\b(?:above|before|earlier|previous(?:ly)?|prior)\b"
    r"|\b(?:new|updated|real|hidden|system)\s+(?:system\s+)?(?:instructions?|prompts?)\s*[:\u2014-]"
    r"|\b(?:reply|respond|answer)\s+only\s+with\b|\byou\s+are\s+now\s+(?:a|an|in|the)\b"
    r"|\bdo\s+not\s+(?:mention|reveal|disclose|refer\s+to)\s+this\s+(?:notice|note|message|instruction|text)\b"
    r"|<\|?(?:im_start|im_end|system|assistant|endoftext)\|?>|\[/?INST\]",
    re.IGNORECASE,
)
_ADDRESSED = tuple(re.compile(pattern, re.IGNORECASE | re.MULTILINE) for pattern in (_MACHINE, _ANSWERING, _ORDER))


@lru_cache(maxsize=4096)
def gives_orders(text: str) -> bool:
    """Tell whether a paragraph gives orders to the machine that reads it.

    Either it does away with the reader's instructions, or it addresses a machine, speaks of answering or of this very
    text, and orders something, all within two sentences. What is written about assistants and models does the first
    two, seldom all three.
    """
    if _OVERRIDE.search(text):
        return True
    spans = sentences(text)
    windows = (text[start : spans[min(place + 1, len(spans) - 1)][1]] for place, (start, _) in enumerate(spans))
    return any(all(pattern.search(window) for pattern in _ADDRESSED) for window in windows)
