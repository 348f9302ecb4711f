"""The whole corpus of mails, right and wrong ones: what each says is read out of it, the same each time, and by its head alone too."""

from __future__ import annotations

from pathlib import Path

import pytest

from crm_app.domain.mail import cleaning
from crm_app.domain.mail.automatic import automatic
from crm_app.domain.mail.limits import head_of
from crm_app.domain.mail.reading import read_mails
from crm_app.domain.mail.reading_schemas import ReadMail
from crm_app.domain.mail.work import snippet

CORPUS = Path(__file__).parents[2] / "corpus" / "email"
# File, senders, subject (its first 40 letters), day, the beginning of its first line, attachments by name or kind.
SAID = (
    ("attachment_emails--attachment_content_disposition", "foo@example.com", "testing", "2005-06-06", "This is the first part.", "api.rb"),
    ("attachment_emails--attachment_content_location", "foo@example.com", "testing", "2005-06-06", "This is the first part.", "image/jpeg"),
    ("attachment_emails--attachment_message_rfc822_inline_image", "test@example.com", "test", "2020-04-21", "", "img.png | Testmail.eml"),
    ("attachment_emails--attachment_nonascii_filename", "foo@example.com", "testing", "2005-06-06", "This is the first part.", "ciële.txt"),
    ("attachment_emails--attachment_pdf", "xxxx@xxxx.com", "Another PDF with 🎉 Unicode chars in it 🍿", "2005-05-10", "Just attaching another PDF, he", "broken.pdf"),
    ("attachment_emails--attachment_pdf_lf", "xxxx@xxxx.com", "Another PDF with 🎉 Unicode chars in it 🍿", "2005-05-10", "Just attaching another PDF, he", "broken.pdf"),
    ("attachment_emails--attachment_pdf_non_ascii_lf", "xxxx@xxxx.com", "Another PDF with 🎉 Unicode chars in it 🍿", "2005-05-10", "Just attaching another PDF, he", "broken.pdf"),
    ("attachment_emails--attachment_with_base64_encoded_name", "xxxxxxxxx.xxxxxxx@gmail.com", "Fwd: Signed email causes file attachment", "2005-05-08", "We should not include these fi", "This is a test.pdf"),
    ("attachment_emails--attachment_with_quoted_filename", "jeff@37signals.com", "Eelanalüüsi päring", "2009-05-13", "", "Eelanalüüsi päring.jpg"),
    ("attachment_emails--attachment_with_unquoted_name", "foo@example.com", "testing", "2005-06-06", "This is the first part.", "This is a test.txt"),
    ("error_emails--bad_date_header2", "enews@free-quilting.com", "40% OFF holiday patterns and fabric!", "", "", ""),
    ("error_emails--bad_encoded_subject", "", "TEST", "", "TEST", ""),
    ("error_emails--cant_parse_from", "news@insideapple.apple.com", "Meet the new MacBook Pro family. Now inc", "2009-06-12", "From one solid piece of alumin", ""),
    ("error_emails--content_transfer_encoding_7-bit", "discovercard_newsflash@discover.qrs1.net", "Discover(R) Card News Online - January 2", "2002-01-10", "DISCOVER", ""),
    ("error_emails--content_transfer_encoding_plain", "baocqccyw@hq.lindsayelec.com", "bookkeeping Get in on IGTS asap.", "2005-03-28", "acidness", ""),
    ("error_emails--content_transfer_encoding_qp_with_space", "fyouizjnp@swissonline.ch", "Low or High Blood Pressure? We can help.", "2004-11-07", "If you're in need of a good RX", ""),
    ("error_emails--content_transfer_encoding_text-html", "abhijit.862153drinnan@datavalet.com", "Re: We will help you refinance your home", "2005-05-06", "Hello,", ""),
    ("error_emails--content_transfer_encoding_with_8bits", "announcements@provantage.com", "The Original Advantage #e13011", "2001-12-04", "December 04, 2001", ""),
    ("error_emails--content_transfer_encoding_x_uuencode", "lpeters@pacifier.com", "PGP Comments on RTO West Release of Dec.", "2002-01-10", "Attached are the comments of t", "PGP_Cmts_on_12-14-01_Pkg.doc"),
    ("error_emails--empty_group_lists", "ceciledwards@sbcglobal.net", "Western Union Swift Money Transfer", "2009-12-03", "Attention Beneficiary:", ""),
    ("error_emails--encoding_madness", "no-reply@crm.el-example.org", "eBay Bid - 2008 Ford Super Duty F-350 DR", "2010-09-22", "Body Text", ""),
    ("error_emails--header_fields_with_empty_values", "jorn@prikkprikkprikk.no", "Testmail", "2009-10-30", "--", ""),
    ("error_emails--missing_body", "redacted@attglobal.net", "REDACTED", "2001-11-27", "", ""),
    ("error_emails--missing_content_disposition", "redacted@example.com", "Redacted", "2002-01-22", "", "image/jpg"),
    ("error_emails--multiple_invalid_content_dispositions", "redacted@flashmail.net", "Redacted", "", "foo", ""),
    ("error_emails--multiple_references_with_one_invalid", "redacted@flashmail.net", "Redacted", "", "foo", ""),
    ("error_emails--new_line_in_to_header", "l@gcn-example.com", "[Online Lead] Online Lead #1111111", "2010-10-13", "<?xml version=\"1.0\" encoding=\"", ""),
    ("error_emails--trademark_character_in_subject", "j@yahoo-example.com", "GA.comô has a lead for you", "2010-10-12", "Body Text - not important", ""),
    ("mime_emails--email_with_similar_boundaries", "xxxxxx@xxxxxxxx.xxx", "Xxxxxx", "2012-04-06", "Test", "LOGO.png"),
    ("mime_emails--raw_email11", "xxxxx@xxxxx", "worse when you use them.", "2005-04-27", "XXXXX Xxxxx", "text/enriched"),
    ("mime_emails--raw_email2", "xxxxxxxxx.xxxxxxx@gmail.com", "Fwd: Signed email causes file attachment", "2005-05-08", "We should not include these fi", "smime.p7s"),
    ("mime_emails--raw_email4", "xxx@xxxx.xxx", "Filth", "2005-05-08", "Some text", ""),
    ("mime_emails--raw_email_encoded_stack_level_too_deep", "gmail-noreply@google.com", "Nicolas Fouché has accepted your invitat", "2005-06-28", "Nicolas Fouché has accepted yo", ""),
    ("mime_emails--raw_email_with_binary_encoded", "email_test@me.nowhere", "Testing outlook", "2007-10-21", "", "2013-08-13_19-08-28-1.jpg"),
    ("mime_emails--raw_email_with_mimepart_without_content_type", "mailer-daemon@antivirus.uqam.ca", "Warning: could not send message for past", "2006-10-20", "******************************", "Est-ce toi ?"),
    ("mime_emails--raw_email_with_multipart_mixed_quoted_boundary", "email_test@me.nowhere", "Testing outlook", "2007-10-21", "Just attaching another PDF, he", "broken.pdf"),
    ("mime_emails--raw_email_with_quoted_illegal_boundary", "email_test@me.nowhere", "Testing outlook", "2007-10-21", "Hello", ""),
    ("mime_emails--sig_only_email", "test@test.lindsaar.net", "Re: Testing multipart/signed", "2007-06-04", "This is random text, not what ", "signature.asc"),
    ("multi_charset--japanese", "raasdnil@gmail.com", "まみむめも", "", "かきくえこ", ""),
    ("multi_charset--japanese_attachment", "raasdnil@gmail.com", "testing", "2009-10-16", "testing", "てすと.txt"),
    ("multi_charset--japanese_iso_2022", "raasdnil@gmail.com", "まみむめも", "", "すみません。", ""),
    ("multi_charset--japanese_shift_jis", "xxxxxxx@docomo.ne.jp", "test", "2014-05-28", "あいうえお", ""),
    ("multipart_report_emails--multi_address_bounce1", "mailer-daemon@lvmail01.ll.com", "Undelivered Mail Returned to Sender", "2010-02-24", "This is the mail system at hos", "Test of bounce email"),
    ("multipart_report_emails--multi_address_bounce2", "mailer-daemon@lvmail01.ll.com", "Undelivered Mail Returned to Sender", "2010-02-24", "This is the mail system at hos", "Test of bounce email"),
    ("multipart_report_emails--report_422", "mailer-daemon@tppppp.com.au", "Warning: could not send message for past", "2008-01-16", "******************************", "text/rfc822-headers"),
    ("multipart_report_emails--report_530", "mailer-daemon@tttttt.com.au", "Returned mail: see transcript for detail", "2007-12-23", "The original message was recei", "text/rfc822-headers"),
    ("plain_emails--basic_email_lf", "test@lindsaar.net", "Testing 123", "2008-11-22", "Plain email.", ""),
    ("plain_emails--mix_caps_content_type", "bb@bug.com", "undef method parameter bug", "2010-02-19", "foo bar", ""),
    ("plain_emails--raw_email10", "xxx@xxxx.xxx", "", "2005-05-10", "Test test. Hi. Waving. m", ""),
    ("plain_emails--raw_email5", "xxx@xxxx.xxx", "", "2005-05-10", "Test test. Hi. Waving. m", ""),
    ("plain_emails--raw_email8", "xxxxxxxxx.xxxxxxx@gmail.com", "Fwd: Signed email causes file attachment", "2005-05-08", "We should not include these fi", "01 Quien Te DijŠat. Pitbull.mp3"),
    ("plain_emails--raw_email_bad_time", "yusuf75thu@auracom.net", "[0]: XXXXXXX XXXXX XXXXX !", "", "Filter2: This message has been", ""),
    ("plain_emails--raw_email_incorrect_header", "xxx@xxx.xxx", "Stop adware/spyware once and for all.", "2005-02-23", "You are infected with:", ""),
    ("plain_emails--raw_email_multiple_from", "tim@powerupdev.com concierge@powerupdev.com", "/home/svn/public/minebox revision 214", "2007-10-22", "<p><b>recordkick</b> 2007-10-2", ""),
    ("plain_emails--raw_email_reply", "xxxxxxxx@xxx.org", "Re: Test reply email", "2007-11-18", "Message body", ""),
    ("plain_emails--raw_email_simple", "mikel@nowhere.com", "Testing outlook", "2007-10-21", "Hello Mikel", ""),
    ("plain_emails--raw_email_trailing_dot", "noreply@rubyforge.org", "[skynet-help][60666] How are intermediat", "2008-09-22", "Testing, testing, 123.", ""),
    ("plain_emails--raw_email_with_at_display_name", "test@lindsaar.net jack@lindsar.com", "Testing 123", "2008-11-22", "Plain email.", ""),
    ("plain_emails--raw_email_with_partially_quoted_subject", "jamis@37signals.com", "Re: Test: \"漢字\" mid \"漢字\" tail", "2005-05-02", "대부분의 마찬가지로, 우리는 하나님을 믿습니다.", ""),
    ("rfc2822--example01", "jdoe@machine.example", "Saying Hello", "1997-11-21", "This is a message just to say ", ""),
    ("rfc2822--example03", "john.q.public@example.com", "", "2003-07-01", "Hi everyone.", ""),
    ("rfc2822--example04", "pete@silly.example", "", "", "Testing.", ""),
    ("rfc2822--example06", "mary@example.net", "Re: Saying Hello", "1997-11-21", "This is a reply to your hello.", ""),
    ("rfc2822--example07", "jdoe@machine.example", "Re: Saying Hello", "1997-11-21", "This is a reply to your reply.", ""),
    ("rfc2822--example09", "jdoe@machine.example", "Saying Hello", "1997-11-21", "This is a message just to say ", ""),
    ("rfc2822--example10", "pete@silly.test", "", "", "Testing.", ""),
    ("rfc2822--example12", "jdoe@machine.example", "Saying Hello", "1997-11-21", "This is a message just to say ", ""),
    ("rfc2822--example13", "jdoe@machine.example", "Saying Hello", "", "This is a message just to say ", ""),
    ("rfc6532--utf8_headers", "jdöe@mächine.example", "Säying Hello", "", "body", ""),
)  # fmt: skip
FROM_HEAD = ("message_id", "in_reply_to", "references", "sent_at", "senders", "reply_to", "to", "cc", "bcc", "subject", "marks", "verified")


@pytest.fixture(scope="module")
def mails(reader) -> dict[str, ReadMail]:
    files = sorted(CORPUS.iterdir())
    answers = read_mails([file.read_bytes() for file in files], sandbox=reader)
    assert [file.stem for file, answer in zip(files, answers, strict=True) if not isinstance(answer, ReadMail)] == []
    return {file.stem: answer for file, answer in zip(files, answers, strict=True) if isinstance(answer, ReadMail)}


def test_no_file_of_the_corpus_is_left_out(mails):
    assert sorted(mails) == [row[0] for row in SAID] and len(mails) == 69


@pytest.mark.parametrize(("name", "senders", "subject", "day", "begins", "attached"), SAID, ids=[row[0] for row in SAID])
def test_what_a_mail_says(mails, name, senders, subject, day, begins, attached):
    mail = mails[name]
    assert " ".join(sender.address for sender in mail.senders) == senders
    assert mail.subject[:40] == subject and (f"{mail.sent_at:%Y-%m-%d}" if mail.sent_at else "") == day
    assert mail.text.startswith(begins) and bool(mail.text) == bool(begins)
    assert " | ".join(one.name or one.kind for one in mail.attachments) == attached


def test_its_head_alone_says_the_same(mails, reader):
    heads = [head_of((CORPUS / f"{name}.eml").read_bytes()) + b"\r\n\r\n" for name in mails]
    for (name, whole), head in zip(mails.items(), read_mails(heads, sandbox=reader), strict=True):
        assert isinstance(head, ReadMail)
        assert {field: getattr(head, field) for field in FROM_HEAD} == {field: getattr(whole, field) for field in FROM_HEAD}, name


def test_what_is_read_can_be_kept_and_shown(mails):
    for name, mail in mails.items():
        kept = mail.model_dump_json()
        kept.encode()
        assert "\\u0000" not in kept and cleaning.clean(mail.html) == mail.html and len(mail.snippet) <= 200, name
        assert mail.text == cleaning.tidy(mail.text) and not mail.problems, name


def test_who_was_no_person_is_known(mails):
    known = {name: automatic(mail.senders[0].address if mail.senders else "", mail.marks) for name, mail in mails.items()}
    assert {name: kind.value for name, kind in known.items() if kind} == {
        "error_emails--encoding_madness": "no_reply",
        "mime_emails--raw_email_encoded_stack_level_too_deep": "no_reply",
        "mime_emails--raw_email_with_mimepart_without_content_type": "bounce",
        "multipart_report_emails--multi_address_bounce1": "bounce", "multipart_report_emails--multi_address_bounce2": "bounce",
        "multipart_report_emails--report_422": "bounce", "multipart_report_emails--report_530": "bounce",
        "plain_emails--raw_email_trailing_dot": "no_reply",
    }  # fmt: skip


def test_attachments_are_where_imap_would_fetch_them(mails):
    places = {name: [(one.part, one.size, one.inline) for one in mail.attachments] for name, mail in mails.items() if mail.attachments}
    assert places["attachment_emails--attachment_message_rfc822_inline_image"] == [("1.2", 370, True), ("2", 1772, False)]
    assert places["attachment_emails--attachment_with_quoted_filename"] == [("1", 1952, False)]
    assert places["multi_charset--japanese_attachment"] == [("2", 33, False)]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Lovely.\n\nOn Saturday 28 November 2026, 10:04 UTC, Leila Haddad wrote:\n> Signed!\n> Leila", "Lovely."),
        ("Am 28.11.26 um 10:04 schrieb Leila:\r\n\r\n> Signed!\r\n\r\nWunderbar.", "Wunderbar."),
        ("Three things:\n- a mat\n- water", "Three things: - a mat - water"),
        ("See what she says:\n> Signed!", "See what she says:"),
    ],
)
def test_the_first_words_are_their_writers_own(text: str, said: str) -> None:
    """What is quoted is left out, with the line that says whose it is, unless that is all there is."""
    assert snippet(text) == said
