"""Lines that belong to a site, not to its article: they stay in the document's text and are left out of its paragraphs.

Every pattern must match the whole line, and a line longer than `MAX_CHARS` is never boilerplate, so that a sentence
which only happens to contain "related articles" stays. The list:

- menus and buttons of a page: Show more, Load more, Back to top (button), Skip to content, Print this page, Menu
- pointers to other pages: Related Articles, Read more: …, See also: …, You may also like, Most read
- sharing: Share this (article), Share on Facebook, Follow us on …, Tweet, Copy link, Leave a comment, 12 comments
- advertising and sign-up: Advertisement, Sponsored, Subscribe to our newsletter, Sign up for …, Log in
- consent: Cookie policy, Cookie settings, Accept all cookies, Privacy policy, Terms of use
- imprint: All rights reserved, © 2024 …, Copyright 2024 …, Verified by …, Powered by …

What stands between a title and the first sentence has its own rule, `is_credit_line`: the outlet's name and the date
are fields of the document, shown at every citation, and no paragraphs.
"""

import re

from indexer.line_shapes import folded
from indexer.loaders.dates import is_date_line

MAX_CHARS = 90

_NETWORKS = (
    r"(?:facebook|twitter|x|linkedin|whatsapp|telegram|reddit|pinterest|instagram|youtube"
    r"|threads|mastodon|bluesky|e-?mail)"
)
_PATTERNS = (
    r"(?:show|load|view|see|read) (?:more|less|all)(?: (?:posts|articles|stories|news|comments))?",
    r"(?:back|return|go|scroll) to (?:the )?top(?: button)?",
    r"skip to (?:the )?(?:main )?(?:content|navigation)",
    r"(?:print|save|bookmark|report) (?:this )?(?:page|article|story)",
    r"(?:menu|search|home|close|next|previous|next (?:article|post|page)|previous (?:article|post|page))",
    r"related (?:articles|posts|stories|news|topics|content|links|coverage)",
    r"(?:read (?:more|next|also)|see also|also read|related|more on this(?: story)?)\s*(?:[:：>»→].*)",
    r"you (?:may|might) also like|recommended (?:for you|reading|articles|stories)|more on this story",
    r"most (?:read|popular|viewed|shared)|trending(?: now)?",
    r"latest (?:news|articles|stories|posts)|editors?['’]?s? picks?",
    r"share(?: (?:this|on|via|with)(?: (?:article|post|story|page|this|friends|" + _NETWORKS + r"))*)?",
    r"(?:follow|like|find|join) us(?: on .{1,40})?",
    r"(?:tweet(?: this)?|retweet|pin it|copy (?:the )?link|e-?mail this(?: article| story)?|" + _NETWORKS + r")",
    r"(?:leave|post|add|write) a (?:comment|reply)|(?:no|\d+) (?:comments?|shares?|views?|likes?)(?: yet)?",
    r"advert(?:isement|ising|isment)s?(?: continues? below)?|sponsored(?: (?:content|post|links?))?|promoted content",
    r"(?:subscribe|sign up|register)(?: (?:now|today|here|free))*(?: (?:to|for) (?:our|the|free) [^.!?]{1,50})?",
    r"(?:log ?in|sign in|log ?out|sign out)(?: or (?:register|sign up|subscribe))?|create an account",
    r"cookies?(?: (?:policy|settings?|preferences|notice|consent|banner|declaration))?",
    r"(?:accept|reject|allow|manage|decline)(?: (?:all|only necessary|necessary|non-essential))?(?: cookies)?",
    r"privacy (?:policy|notice|settings)|terms (?:of (?:use|service)|and conditions|& conditions)",
    r"all rights reserved",
    r"(?:©|\(c\)|copyright(?: ©| \(c\))?)\s*(?:\d{4}|[^\s.]+ \d{4})\b.*",
    r"(?:verified|powered) by \S+(?: \S+){0,3}",
)
_LINE = re.compile("|".join(f"(?:{pattern})" for pattern in _PATTERNS), re.IGNORECASE)
_ORNAMENTS = " \t\u00a0«»‹›<>[]()*▲▼↑↓→←•·|-–—.!…:"
_OPENING_ORNAMENTS = _ORNAMENTS.replace("(", "")  # "(c) 2024" starts with one that counts


def is_boilerplate(line: str) -> bool:
    """Whether a whole line is one of the phrases of sites that are listed above, whatever its case and ornaments."""
    if len(line.strip()) > MAX_CHARS:
        return False
    bare = line.strip().rstrip(_ORNAMENTS).lstrip(_OPENING_ORNAMENTS)
    return _LINE.fullmatch(bare) is not None


def is_credit_line(line: str, source: str) -> bool:
    """Whether a line in the opening of a document only repeats what its fields say: its date, or its `source`."""
    if is_date_line(line):
        return True
    return bool(source) and folded(line).removeprefix("source: ").strip(" .,|") == folded(source)
