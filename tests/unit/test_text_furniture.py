"""Boxes of the page and captions, by what they are; sentences of a story that come close stay in it."""

from __future__ import annotations

import re

import pytest

from stream_apps.text import agencies, captions, furniture
from stream_apps.text.captions import CaptionRule
from stream_apps.text.credits import read_credits
from stream_apps.text.furniture import BoxRule

STORY = (
    "The ferry to Divar island was stopped on Wednesday after a jetty gave way, and buses go by the old bridge.\n"
    "It will run again on Friday once engineers have seen the piles, the river authority said in the evening.\n"
    "Forty people were on board when the jetty gave way, and all of them were brought to the bank by fishermen."
)


@pytest.mark.parametrize("rule", furniture.RULES, ids=lambda rule: rule.name)
def test_a_box_is_told_by_its_rule(rule: BoxRule) -> None:
    assert re.match(r"[\s*_>•▶►→|(\[‘'\"“-]*(?:" + rule.opens + ")", rule.example, re.IGNORECASE)
    for text in (f"{STORY}\n{rule.example}", f"{STORY}\n{rule.example}\n{STORY}"):
        start = len(STORY) + 1
        assert (start, start + len(rule.example)) in read_credits(text).annotations


@pytest.mark.parametrize("rule", furniture.RULES, ids=lambda rule: rule.name)
def test_a_sentence_that_comes_close_stays(rule: BoxRule) -> None:
    assert read_credits(f"{STORY}\n{rule.story}").annotations == ()
    assert read_credits(f"{STORY}\n{rule.story}\n{STORY}").annotations == ()


BOXES = [
    "READ | Why the ferries of Goa are late",
    "ALSO READ | Why the ferries of Goa are late",
    "Also Read| Why the ferries of Goa are late",
    "(ALSO READ: Why the ferries of Goa are late)",
    "Read | Why the ferries of Goa are late",
    "WATCH | The ferry leaves",
    "EXPLAINED | Why ferries are late",
    "Explained: | Why ferries are late",
    "Editorial | Ferries for all",
    "In Pics | Ferries of Goa",
    "See also: Ferries of Goa",
    "Must Read: Ferries of Goa",
    "Trending: Ferries of Goa",
    "Recommended stories:",
    "More from Goa: Ferries",
    "2 min read",
    "Story continues below this ad",
    "Article continues after advertisement",
    "Click here for the latest news",
    "Already a subscriber? Log in",
    "This story is for subscribers only",
    "Get unlimited access to Kosi Times",
    "Sign up for our morning newsletter",
    "The best of Goa, straight to your inbox",
    "Subscribe to The Ferry, our weekly newsletter",
    "Enter your email address",
    "All rights reserved. Reproduction is forbidden.",
    "Copyright 2025 Kosi Times",
    "ADVT.",
    "Published on: June 18, 2025",
    "First published in: Kosi Times",
    "First Published: Jun 18, 2025, 10:00 IST",
    "Last Updated: 18 June 2025",
    "Created On: 18 June 2025",
    "Edited By: Asha Rao",
    "Published By: Asha Rao",
    "Printed and published by Asha Rao on behalf of Kosi Times Private Limited, 4 Dock Road, Supaul",
    "Edited, printed and published by Asha Rao for Kosi Times at Dock Road, Supaul",
    "Regd. Office: 4 Dock Road, Supaul 852131",
    "Registered Office: 4 Dock Road, Supaul",
    "Phone: 06473-000000",
    "Email: desk@kosi.example",
    "For feedback, please write to desk@kosi.example",
    "Share this article",
    "Facebook Twitter WhatsApp",
    "12 shares",
    "Comments",
    "Post a comment",
    "Leave a reply",
    "Have your say in the comments below",
    "Follow us on Instagram",
    "Find us on Facebook",
    "Join our WhatsApp channel",
    "Download our app for Android and iOS",
    "Get the latest news on your phone",
    "Views are personal",
    "Filed Under: ferries",
    "Topics: ferries | Goa",
    "Most Read",
    "Load more",
    "Next Story",
]
SENTENCES = [
    "Read by the clerk in open court, the order took an hour.",
    "Watch towers were built along the river after the flood of 1962.",
    "Editorial staff of the daily were questioned for two hours, police said.",
    "Printed notices were put up at both jetties on Tuesday night.",
    "Published figures show that the ferry carries 4,000 people a day.",
    "Phone lines to the island were cut by the storm.",
    "Registered owners of boats will be paid Rs 4,000 each.",
    "Shares of the ferry company fell 4 per cent on Friday.",
    "Comments by the minister had angered boatmen.",
    "Following the accident, the collector ordered an inquiry.",
    "Subscription to the ferry fund closes on Friday, the bank said.",
    "More boats will be brought from Karwar, he said.",
    "Advertising on ferries brought the corporation Rs 2 crore last year.",
    "Join hands to save the river, he told the crowd, which cheered.",
    "Copyright law does not cover the timetable, the court held.",
    "Also on the ferry were two calves and a motorcycle.",
    "Next on the list is the jetty at Ribandar, an engineer said.",
    "Facebook posts about the ferry were false, police said.",
    "First the jetty gave way, and then the ramp.",
    "Get-togethers on the ferry are banned after dark.",
    "The order to get the island's water back to the US standard took a year.",
    "Views of the river are blocked by the new tower.",
]


@pytest.mark.parametrize("box", BOXES)
def test_a_box_is_marked_on_the_first_day(box: str) -> None:
    start = len(STORY) + 1
    assert (start, start + len(box)) in read_credits(f"{STORY}\n{box}").annotations


@pytest.mark.parametrize("sentence", SENTENCES)
def test_a_sentence_of_the_story_is_never_marked(sentence: str) -> None:
    assert read_credits(f"{STORY}\n{sentence}").annotations == ()
    assert read_credits(f"{STORY}\n{sentence}\n{STORY}").annotations == ()


@pytest.mark.parametrize("rule", captions.RULES, ids=lambda rule: rule.name)
def test_a_caption_is_told_by_how_it_opens(rule: CaptionRule) -> None:
    assert re.match(rule.opens, rule.example, re.IGNORECASE)
    start = len(STORY) + 1
    text = f"{STORY}\n{rule.example}\n{STORY}"
    assert (start, start + len(rule.example)) in read_credits(text).annotations


@pytest.mark.parametrize(
    "sentence",
    [
        "In this village of boatmen, a picture of the saint hangs in every house.",
        "In a statement, the river authority said that the jetty was old.",
        "The photographer was among those brought to the bank.",
        "Pictures of the jetty were shown in the assembly, and members asked who had built it.",
        "The film and/or its songs were not to be shown, the board had ruled.",
        "He joined Herald/Times group as a clerk in 1962.",
        "The video was shot on the ferry, police said.",
    ],
)
def test_a_sentence_about_pictures_stays(sentence: str) -> None:
    assert read_credits(f"{STORY}\n{sentence}\n{STORY}").annotations == ()


@pytest.mark.parametrize(
    ("paragraph", "credit"),
    [
        ("The ferry at Nimati, June 3. (Asha Rao/Reuters)", "(Asha Rao/Reuters)"),
        ("The ferry at Nimati. REUTERS/Asha Rao/Files", "REUTERS/Asha Rao/Files"),
        ("The ferry at Nimati. Photograph: POOL/Reuters", "Photograph: POOL/Reuters"),
        ("The ferry at Nimati. (Asha Rao/Herald via AP)", "(Asha Rao/Herald via AP)"),
        ("The ferry at Nimati. (PTI06_18_2025_000006A)", "(PTI06_18_2025_000006A)"),
        ("The ferry at Nimati. (AP, File)", "(AP, File)"),
    ],
)
def test_the_pictures_credit_alone_is_taken_from_a_paragraph(paragraph: str, credit: str) -> None:
    piece = captions.peeled(paragraph, agencies.load())
    assert piece is not None
    assert paragraph[piece.start : piece.end] == credit


@pytest.mark.parametrize(
    "paragraph",
    ["He left the bank. (PTI/ANI)", "He left the bank. PTI JMS/CHS", "He left. IANS ad/svn", "He left. (ANI)"],
)
def test_a_sign_off_is_no_pictures_credit(paragraph: str) -> None:
    assert captions.peeled(paragraph, agencies.load()) is None


def test_a_caption_in_the_middle_is_marked_with_its_credit() -> None:
    caption = "Minister K. Raman at the new jetty in Panaji. (PTI)"
    start = len(STORY) + 1
    assert (start, start + len(caption)) in read_credits(f"{STORY}\n{caption}\n{STORY}").annotations
    long = STORY.replace("\n", " ") + " (PTI)"
    assert read_credits(f"{STORY}\n{long}\n{STORY}").annotations == ((start + len(long) - 5, start + len(long)),)
