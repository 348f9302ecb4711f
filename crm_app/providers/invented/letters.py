"""What the people of the demo write to each other by mail. Nobody here exists, and no address leads anywhere."""

# ruff: noqa: E501  letters read best as they are written

from __future__ import annotations

from typing import NamedTuple


class Letter(NamedTuple):
    """One mail: how many hours before the mailbox was invented (less than none: after), from whom (empty: from the practice), its words, what came along
    as (name, kind, size), and whether it waits to be read.
    """

    hours: float
    sender: str
    text: str
    files: tuple[tuple[str, str, int], ...] = ()
    unread: bool = False
    html: str = ""


# Subject, with whom, its letters from the first to the last.
THREADS: tuple[tuple[str, str, tuple[Letter, ...]], ...] = (
    ("Intake form & mornings", "Leila Haddad", (
        Letter(26, "", "Dear Leila,\n\nhere is the intake form, two pages. Take your time with the second one; leave out whatever you would rather say in person.\n\nWarmly,\nMara", (("intake-form.pdf", "application/pdf", 84_200),)),
        Letter(1.2, "Leila Haddad", "Signed! Any mornings free next week? I can do Tuesday or Thursday before ten, and Friday all day.\n\nThe second page was easier than I thought.\n\nLeila", (("intake-form-signed.pdf", "application/pdf", 96_410),), True),
    )),
    ("Retreat dates", "Sofia Marchetti", (
        Letter(146, "Sofia Marchetti", "Hi Mara,\n\nWe talked about May, but half the group has school things until the end of it. Would June work for you, or is the house gone by then?\n\nSofia"),
        Letter(122, "", "Completely understand. I can look at June: is a weekend better, or Thursday to Saturday?\n\nMara"),
        Letter(4, "Sofia Marchetti", "Hi Mara,\n\nJune works so much better for us: could you hold the 12th to the 14th? We are nine now, and two people are vegan. If the house near Ronda is free, everyone would love that one (https://casa-serena.example/house).\n\nAlso, thank you for Tuesday. I slept through the night for the first time in months.\n\nWarmly,\nSofia", (), True),
    )),
    ("Letter for insurance", "Owen Hughes", (
        Letter(23 * 24, "Owen Hughes", "Hello Mara, the insurance asks for the quarterly letter again, the old one was for last year. Could you write one?\n\nOwen"),
        Letter(22 * 24, "", "Of course. I will have it with you by the end of next week.\n\nMara"),
        Letter(50, "Owen Hughes", "Just checking in on the letter. They gave me until the end of the month, and the portal takes three days to look at anything.\n\nSorry to be a nuisance.\n\nOwen\n\nOn Monday, Mara Lindqvist wrote:\n> Of course. I will have it with you by the end of next week.\n>\n> Mara", (), True),
    )),
    ("Question about packages", "Daniel Abebe", (
        Letter(52, "Daniel Abebe", "Hi Mara, I came across your work through the newsletter.\n\nWhat would six sessions come to, and is there anything for people who can only do evenings?\n\nThanks,\nDaniel", (), True),
    )),
    ("Sleep journal", "Amara Okafor", (
        Letter(14 * 24, "", "Hi Amara, here is the journal we spoke of. Three lines each evening are plenty.\n\nMara", (("sleep-journal.pdf", "application/pdf", 41_000),)),
        Letter(8 * 24, "Amara Okafor", "Started on Sunday. The counting still wakes me up, so I left it out.\n\nA."),
        Letter(7 * 24, "", "Good that you left it out. Box breathing before, nothing after.\n\nMara"),
        Letter(6 * 24, "Amara Okafor", "Two good weeks! Attached the journal. One question: is it fine to skip the evening round when I travel? I am in Copenhagen until Thursday.\n\nAmara", (("journal-april.pdf", "application/pdf", 118_300),)),
    )),
    ("Workshop pricing", "Keiko Tanaka", (
        Letter(9 * 24, "Keiko Tanaka", "Mara, shall we say one price for the whole day, or let people choose half?\n\nKeiko"),
        Letter(8.5 * 24, "", "Half days make the room feel unfinished. But some of mine cannot do a whole one.\n\nMara"),
        Letter(6.5 * 24, "Keiko Tanaka", "", (), False, "<p>I sketched three options. The second feels most honest to me:</p><table border=\"1\" cellpadding=\"6\"><tr><th>Option</th><th>Whole day</th><th>Half day</th></tr><tr><td>One</td><td>€ 90</td><td>€ 60</td></tr><tr><td><b>Two</b></td><td><b>€ 85</b></td><td><b>€ 45</b></td></tr><tr><td>Three</td><td>€ 80</td><td>none</td></tr></table><p><img src=\"cid:room@stillwater.example\" alt=\"The room, drawn\" width=\"320\" height=\"200\"></p><p>What do you think?<br>Keiko</p><blockquote>Half days make the room feel unfinished. But some of mine cannot do a whole one.</blockquote>"),
    )),
    ("Meet Yusuf", "Claire Dubois", (
        Letter(9.2 * 24, "Claire Dubois", "Yusuf, meet Mara: she helped me through the hardest winter. Mara, Yusuf is a friend of my brother's and sleeps as badly as I did.\n\nI will let you two take it from here.\n\nClaire"),
        Letter(9 * 24, "", "Thank you, Claire. Yusuf, how about a short call first? It costs nothing and commits you to nothing.\n\nMara"),
    )),
    ("Invoice 2026-041 paid", "Mateo Fuentes", (Letter(9.5 * 24, "Mateo Fuentes", "Thank you, paid this morning. Looking forward to Monday.\n\nMateo"),)),
    ("April package", "Beatriz Nóbrega", (
        Letter(11 * 24, "Beatriz Nóbrega", "Could we split the invoice over two months like last time?\n\nBeatriz"),
        Letter(10.8 * 24, "", "Yes, with pleasure. The first half is on its way.\n\nMara", (("invoice-2026-044.pdf", "application/pdf", 52_700),)),
    )),
    ("Erstgespräch", "Hanna Weiss", (
        Letter(34, "Hanna Weiss", "Guten Tag Frau Lindqvist,\n\nich habe von Ihrem Vier-Wochen-Angebot gehört und würde gern mehr wissen. Am liebsten telefonisch, nach 18 Uhr.\n\nFreundliche Grüße\nHanna Weiss"),
        Letter(30, "", "Liebe Frau Weiss,\n\nsehr gern. Passt Ihnen Mittwoch um halb sieben?\n\nMara Lindqvist"),
    )),
    ("The big room on the 12th", "James O'Connell", (
        Letter(4.2 * 24, "James O'Connell", "It is yours from nine to nine. Keys as always with the café next door.\n\nJames", (("floor-plan.png", "image/png", 310_000),)),
    )),
    ("Two places for friends", "Priya Raman", (
        Letter(15 * 24, "Priya Raman", "Two of my Thursday people ask about breathwork. May I give them your address?\n\nPriya"),
        Letter(14.6 * 24, "", "Please do. And coffee in Alfama in May?\n\nMara"),
    )),
    # These have not come yet when the mailbox is invented.
    ("Thursday", "Grace Mbeki", (
        Letter(-0.5, "Grace Mbeki", "Hi Mara, may I come ten minutes later on Thursday? The tram is being repaired all week.\n\nGrace", (), True),
    )),
    ("A question before we start", "Yusuf Demir", (
        Letter(-26, "Yusuf Demir", "Dear Mara,\n\nClaire says that I need not prepare anything. Is that so? I like to prepare.\n\nYusuf", (), True),
    )),
    ("Photos of the garden", "Sofia Marchetti", (
        Letter(-75, "Sofia Marchetti", "The house wrote back: the garden is ours from Friday on. I will send pictures as soon as I have been there.\n\nSofia", (), True),
    )),
    ("June group", "Amara Okafor", (
        Letter(-170, "Amara Okafor", "Back from Copenhagen, and I skipped nothing in the end. Is there still a place in the June group?\n\nAmara", (), True),
    )),
)
# Subject, name, address, hours ago, words: people who are nobody's contact yet.
STRANGERS = (
    ("Recommended by a colleague", "Ruth Adler", "ruth.adler@mail.example", 20, "Dear Mara, a colleague of mine speaks so warmly of you. Do you take new people in spring?\n\nRuth Adler"),
    ("Talk at the library", "Marcus Bell", "m.bell@library.example", 70, "Dear Ms Lindqvist, would you speak about breathing and sleep on one of our Thursday evenings? We pay a small fee and have good biscuits.\n\nMarcus Bell, Central Library"),
    ("New bank details", "Sofia Marchetti", "sofia.marchetti@rnail.example", 40, "Dear Mara, I have changed banks. Please send the deposit back to the new account today.\n\nSofia"),
    ("Lost scarf", "Ingrid Moe", "ingrid.moe@mail.example", 130, "Hello, I think I left a green scarf in the small room on Tuesday. Has anybody found it?\n\nIngrid"),
)
# Subject, name, address, hours ago, and the line of its head by which it is known for what it is.
MACHINES = (
    ("This week in wellness", "Wellness Weekly", "news@weekly.example", 16, "list-unsubscribe"), ("Your statement is ready", "Harbour Bank", "no-reply@bank.example", 60, ""),
    ("New sign-in to your account", "Example Hosting", "notifications@hosting.example", 88, "auto-submitted"), ("Studio Tuesday: mats on sale", "Mat & Bolster", "offers@mats.example", 100, "list-unsubscribe"),
)
