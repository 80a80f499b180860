"""Which lines belong to a site and not to its article."""

import pytest

from indexer.boilerplate import MAX_CHARS, is_boilerplate, is_credit_line


@pytest.mark.parametrize(
    "line",
    [
        "Show More",
        "show more »",
        "Load more posts",
        "Related Articles",
        "RELATED ARTICLES:",
        "Back to top button",
        "↑ Back to top",
        "Verified by MonsterInsights",
        "Powered by WordPress",
        "Share this",
        "Share this article",
        "Share on Facebook",
        "Follow us on Mastodon",
        "Read more: How the bridge was built",
        "See also: The flood of 2023",
        "Advertisement",
        "— Advertisement —",
        "ADVERTISEMENT CONTINUES BELOW",
        "Subscribe to our newsletter",
        "Sign up for our daily briefing!",
        "Cookie policy",
        "Cookie settings",
        "Accept all cookies",
        "Privacy Policy",
        "Skip to content",
        "12 comments",
        "Leave a comment",
        "All rights reserved.",
        "© 2024 The Callan Courier",
        "(c) 2024 The Callan Courier. All rights reserved.",
        "Copyright 2024 The Callan Courier",
        "Most read",
        "  Show More\t",
    ],
)
def test_a_phrase_of_a_site_is_boilerplate(line: str) -> None:
    assert is_boilerplate(line)


@pytest.mark.parametrize(
    "line",
    [
        "",
        "   ",
        "The paper withdrew the report and all related articles.",
        "Related articles of the treaty were struck out by the court.",
        "Show more patience, the mayor told the drivers.",
        "The advertisement cost 400 marks.",
        "Share prices fell by a tenth.",
        "Cookies are baked at dawn.",
        "She asked readers to subscribe to the newsletter.",
        "The count was verified by three judges, who took an hour over it.",
        "Copyright law was the subject of the trial.",
        "Home rule was granted in 1993.",
        "The search goes on.",
        "Read more slowly, she advised.",
        "12 comments were received by the council.",
        "Following us on the road was a white van.",
    ],
)
def test_a_sentence_that_holds_such_words_is_content(line: str) -> None:
    assert not is_boilerplate(line)


def test_a_line_longer_than_the_limit_is_never_boilerplate() -> None:
    line = "Read more: " + "x" * MAX_CHARS

    assert not is_boilerplate(line)


def test_credits_are_the_source_and_lines_of_nothing_but_a_date() -> None:
    assert is_credit_line("The Samphire Herald", "The Samphire Herald")
    assert is_credit_line("Source: the samphire herald.", "The Samphire Herald")
    assert is_credit_line("Published: 8 February 2025", "")
    assert is_credit_line("ZELNY, 10 March 2024", "")
    assert not is_credit_line("The Samphire Herald reported it on 8 February 2025.", "The Samphire Herald")
    assert not is_credit_line("", "")
