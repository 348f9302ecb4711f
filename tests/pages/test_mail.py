"""Mail: what stands in which list, a thread that is read, whom it concerns, who sees it, and what is undone."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import text

from crm_app.components.mail_frame import MailFrame
from crm_app.domain.actor import Actor
from crm_app.domain.contacts.schemas import ContactView
from crm_app.domain.mail import pictures
from crm_app.domain.mail import service as mail
from crm_app.domain.mail.models import Verdict
from crm_app.domain.mail.pictures import Pictured
from crm_app.domain.mail.schemas import MailboxUpdate, MailView
from crm_app.domain.unit_of_work import run_service
from tests.connection_rows import change
from tests.pages.conftest import Person, Visit
from tests.post import Post, make_post
from tests.tabs import RunningHouse, Tab

ANA = "ana@mail.example"


@pytest.fixture
def ana(person: Person, alice: Actor) -> ContactView:
    return person(alice, "Ana Silva", points=[{"kind": "email", "value": ANA}])


@pytest.fixture
def post(house: RunningHouse, alice: Actor) -> Post:
    return make_post(alice)


def share(post: Post, shown: str) -> None:
    """Show this much of the mailbox's mail to whoever sees its contacts."""
    view = run_service(post.actor, mail.get_mailbox, post.connection_id)
    run_service(post.actor, mail.update_mailbox, post.connection_id, MailboxUpdate.model_validate({"version": view.version, "shown": shown}))


def test_without_a_mailbox_the_page_says_so_and_leads_to_where_one_is_connected(visit: Visit, alice: Actor, vera: Actor) -> None:
    page = visit(alice, "/mail").sees("No mailbox is connected yet", "Choose a thread")
    assert page.press("Connect a mailbox").path == "/settings/connections?add=imap"
    assert not visit(vera, "/mail").sees("No mailbox is connected yet").has("Connect a mailbox")


def test_a_thread_is_read_and_the_address_says_which(visit: Visit, alice: Actor, post: Post, ana: ContactView) -> None:
    first = post.letter("Sleep journal", ANA, "The counting wakes me up.", hours=50, name="Ana Silva")
    post.letter("Re: Sleep journal", ANA, "Two good weeks!\n\n> The counting wakes me up.", hours=2, name="Ana Silva", answers=(first,), unread=True)
    page = visit(alice, "/mail").sees("Unread. Ana Silva 2", "Two good weeks!", "Synced")
    page.press("Sleep journal").sees("2 messages", "Ana Silva is a contact.", "to you", "<ana@mail.example>", "Quoted text", "Why it is here", "by their address")
    assert page.path.startswith("/mail?thread=")
    page.reload().sees("2 messages", "Two good weeks!")


def test_of_a_long_thread_the_latest_stands_there_and_all_that_came_before_is_to_be_had(
    visit: Visit, alice: Actor, post: Post, ana: ContactView, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = post.letter("Sleep journal", ANA, "Night 1 of twelve", hours=50)
    for number in range(2, 13):
        post.letter("Re: Sleep journal", ANA, f"Night {number} of twelve", hours=50 - number, answers=(first,))
    monkeypatch.setattr(mail, "MAILS", 10)  # else it takes two hundred letters
    page = visit(alice, "/mail").press("Sleep journal").sees("12 messages", "Night 12 of twelve", "Night 8 of twelve").sees_not("Night 7 of twelve")
    page.press("Show 7 earlier messages").sees("Night 3 of twelve").sees_not("Night 2 of twelve")
    page.press("Show 2 earlier messages").sees("Night 1 of twelve", "12 messages").sees_not("earlier message")
    monkeypatch.setattr(mail, "MOST_MAILS", 11)
    page.reload().press("Show 7 earlier messages").press("Show 2 earlier messages").sees("Night 2 of twelve", "1 earlier message is not shown here.").sees_not("Show 1 earlier")
    short = run_service(alice, mail.get_thread, post.threads()[0][0], 3)
    assert (short.total, short.subject, [one.snippet for one in short.messages]) == (12, "Sleep journal", [f"Night {number} of twelve" for number in (10, 11, 12)])


def test_html_stands_in_its_frame_and_files_are_named(visit: Visit, alice: Actor, post: Post, ana: ContactView) -> None:
    files = ({"part": "2", "name": "journal.pdf", "kind": "application/pdf", "size": 118_300},)
    post.letter("Options", ANA, "Two options", html="<p>Two <b>tables</b></p><img src=\"blocked:https://t.example/x\">", remote=True, attachments=files, verified="spf=fail dkim=none")
    page = visit(alice, "/mail").press("Options").sees("tables", "journal.pdf", "116 kB", "Pictures from elsewhere are not loaded", "The sender could not be confirmed")
    (way,) = page._look(lambda client: [dict(element.props) for element in client.elements.values() if str(element.props.get("href", "")).startswith("/downloads/")])
    assert re.fullmatch(r"/downloads/mail/[0-9a-f-]{36}/2", way["href"]) and (way["target"], way["rel"]) == ("_blank", "noopener"), "fetched when it is opened"


def test_pictures_are_shown_when_they_are_asked_for_and_not_before(house: RunningHouse, visit: Visit, alice: Actor, post: Post, ana: ContactView, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def load(reader: Actor, mail: MailView) -> Pictured:
        html = mail.html or ""
        asked.append(reader.name)
        return Pictured(html.replace("blocked:https://t.example/x", "data:image/webp;base64,AAAA"), 1, 2)

    monkeypatch.setattr(pictures, "load", load)
    post.letter("Options", ANA, "Two options", html='<p>Two</p><img src="blocked:https://t.example/x">', remote=True)
    page = visit(alice, "/mail").press("Options").sees("Pictures from elsewhere are not loaded")
    assert asked == [] and "blocked:https://t.example/x" in _page_of(page)
    page.press("Show pictures").sees("2 pictures are not to be had.")
    assert asked == [alice.name] and not page.has("Show pictures") and "data:image/webp;base64,AAAA" in _page_of(page)
    page.reload().sees("Pictures from elsewhere are not loaded")
    with house.database.owner.begin() as connection:
        connection.execute(text("update user_session set revoked_at = now()"))
    assert page.press("Show pictures").is_signed_out and asked == [alice.name], "not for whoever has been signed out since the page was drawn"


def _page_of(page: Tab) -> str:
    return page._look(lambda client: next(element.values["page"] for element in client.elements.values() if isinstance(element, MailFrame)))


def test_the_boxes_and_the_search_stand_in_the_address(visit: Visit, alice: Actor, post: Post, ana: ContactView) -> None:
    post.letter("Retreat dates", ANA, "June works")
    post.letter("Spring", "ruth@other.example", "Do you take new people?", name="Ruth Adler")
    post.letter("Sale", "news@shop.example", marks={"list-unsubscribe": "<https://shop.example/off>"})
    page = visit(alice, "/mail").sees("Retreat dates").sees_not("Ruth Adler", "news@shop.example")
    page.press("Not matched 1").sees("Ruth Adler").sees_not("Retreat dates")
    assert page.path == "/mail?box=unmatched"
    page.press("Irrelevant").sees("news@shop.example").sees_not("Ruth Adler")
    page.press("People").fill("Search mail", "nothing like it").sees("Nothing found").press("Clear the search").sees("Retreat dates")
    page.fill("Search mail", "retreat").sees("Retreat dates")
    assert page.path == "/mail?q=retreat" and page.reload().value("Search mail") == "retreat"


def test_nonsense_in_the_address_is_left_out(visit: Visit, alice: Actor, post: Post, ana: ContactView) -> None:
    post.letter("Retreat dates", ANA)
    for query in ("box=nonsense&thread=x", "thread=018f0000-0000-7000-8000-000000000001"):
        visit(alice, f"/mail?{query}").sees("Retreat dates", "Choose a thread")


def test_a_thread_is_irrelevant_and_that_is_undone(visit: Visit, alice: Actor, post: Post, ana: ContactView) -> None:
    post.letter("Retreat dates", ANA)
    page = visit(alice, "/mail").press("Retreat dates").press("Mark as irrelevant").sees("Marked as irrelevant", "No mail yet")
    assert page.path == "/mail" and not post.threads()
    page.press("Undo").sees("Undone", "Retreat dates")
    assert len(post.threads()) == 1


def test_a_person_is_linked_and_unlinked_by_hand_with_undo(visit: Visit, alice: Actor, post: Post, ana: ContactView, person: Person) -> None:
    kim = person(alice, "Kim Park")
    post.letter("Retreat dates", ANA)
    page = visit(alice, "/mail").press("Retreat dates").press("Link a person").fill("Link a person", "Kim").press("Kim Park")
    page.sees("Linked to Kim Park", "linked by hand")
    thread = post.threads()[0][0]
    assert kim.id in {one.contact.id for one in run_service(alice, mail.get_thread, thread).contacts}
    page.press("Unlink Kim Park").sees("No longer linked to Kim Park").sees_not("linked by hand")
    page.press("Undo", beside="No longer linked to Kim Park").sees("Undone", "linked by hand")


def test_a_stranger_is_put_to_a_contact(visit: Visit, alice: Actor, post: Post, ana: ContactView) -> None:
    post.letter("Spring", "other@mail.example", "It is me, from another address", name="Ana S.")
    page = visit(alice, "/mail?box=unmatched").press("Subject not kept").sees("It concerns none of your contacts yet.", "other@mail.example", "Its words are not kept here.")
    page.press("Link a person").fill("Link a person", "Ana").press("Ana Silva ana@mail.example").sees("Linked to Ana Silva", "Its words come with the next sync.")
    assert len(post.threads()) == 1


def test_a_stranger_becomes_a_contact_and_that_is_undone(visit: Visit, alice: Actor, post: Post) -> None:
    post.letter("Spring", "ruth@mail.example", "Do you take new people?", name="Ruth Adler")
    page = visit(alice, "/mail?box=unmatched").press("Subject not kept").press("Add Ruth Adler as a contact").sees("Ruth Adler is a contact now", "by their address")
    assert len(post.threads()) == 1
    page.press("Undo").sees("Undone", "It concerns none of your contacts yet.")


def test_what_others_see_is_said_of_one_thread(visit: Visit, alice: Actor, bob: Actor, post: Post, ana: ContactView) -> None:
    post.letter("Retreat dates", ANA, "June works so much better")
    thread = post.threads()[0][0]
    assert not visit(bob, "/mail").has("Retreat dates")
    page = visit(alice, f"/mail?thread={thread}").press("Who sees this: Only you").press("Up to the subject").sees("Seen from now on: up to the subject")
    his = visit(bob, "/mail").sees("Retreat dates").sees_not("June works").press("Retreat dates").sees("From a colleague's mailbox", "Its words are not shared.")
    assert not his.has("Mark as irrelevant") and not his.has("Link a person") and not his.has("Unlink Ana Silva")
    page.press("Who sees this: Up to the subject").press("All of it").sees("Seen from now on: all of it")
    his.sees("June works so much better")


def test_a_viewer_reads_what_is_shared_and_changes_nothing(visit: Visit, alice: Actor, vera: Actor, post: Post, ana: ContactView) -> None:
    share(post, "full")
    post.letter("Retreat dates", ANA, "June works")
    page = visit(vera, "/mail").press("Retreat dates").sees("June works")
    assert not any(page.has(name) for name in ("Mark as irrelevant", "Link a person", "More", "Look for mail now"))


def test_a_colleague_s_private_thread_is_not_found(visit: Visit, alice: Actor, bob: Actor, post: Post, ana: ContactView) -> None:
    post.letter("Retreat dates", ANA)
    page = visit(bob, f"/mail?thread={post.threads()[0][0]}")
    assert "Retreat dates" not in page.html and page.path == "/mail"


def test_mail_that_comes_while_one_reads_appears(visit: Visit, alice: Actor, post: Post, ana: ContactView) -> None:
    first = post.letter("Retreat dates", ANA, "June?")
    page = visit(alice, "/mail").press("Retreat dates").sees("June?")
    post.letter("Re: Retreat dates", ANA, "Or September?", answers=(first,), hours=0.1)
    page.sees("Or September?", "2 messages", "June?")


def test_rules_are_made_where_the_sender_is_seen(visit: Visit, alice: Actor, post: Post, ana: ContactView) -> None:
    post.letter("Retreat dates", ANA)
    visit(alice, "/mail").press("Retreat dates").press("More", beside="Retreat dates").press(f"Never show mail from {ANA}").sees(f"Mail from {ANA} is never shown")
    (rule,) = run_service(alice, mail.list_rules)
    assert (rule.address, rule.verdict) == (ANA, Verdict.NEVER)


def test_a_mailbox_that_refuses_says_so_over_the_mail(house: RunningHouse, visit: Visit, alice: Actor, post: Post) -> None:
    change(house, "connection", state="sign_in_needed", reason="The server refused the sign-in.")
    assert visit(alice, "/mail").press("Sign in again").path == f"/settings/connections/{post.connection_id}?edit=1"


def test_the_timeline_shows_the_first_words_and_the_way_to_the_thread(visit: Visit, alice: Actor, bob: Actor, post: Post, ana: ContactView) -> None:
    post.letter("Retreat dates", ANA, "June works so much better")
    page = visit(alice, f"/contacts/{ana.id}?kind=email").sees("Retreat dates", "June works so much better")
    assert page.press("Open thread").path.startswith("/mail?thread=")
    visit(bob, f"/contacts/{ana.id}").sees_not("June works")


def test_a_mailbox_s_own_page_decides_and_is_undone(visit: Visit, alice: Actor, post: Post) -> None:
    run_service(alice, mail.set_rule, "@shop.example", Verdict.NEVER)
    page = visit(alice, f"/settings/connections/{post.connection_id}").sees("Nobody else sees that there was mail.", "Inbox", "Junk", "never read", "@shop.example")
    page.choose("Others", "Up to the subject").sees("Saved", "none of the words")
    assert run_service(alice, mail.get_mailbox, post.connection_id).shown == "subject"
    page.press("Sync Sent")
    assert [row.synced for row in run_service(alice, mail.get_mailbox, post.connection_id).folders if row.name == "Sent"] == [False]
    page.press("Remove the rule for @shop.example").sees("Removed", "No rule yet.").press("Undo").sees("@shop.example")
    page.press("Add a rule").fill("Address, or @ and a domain", "ruth@other.example").choose("Its mail is", "always shown").press("Add rule").sees("ruth@other.example", "Always shown")
