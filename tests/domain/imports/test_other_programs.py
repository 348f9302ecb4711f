"""Files as other programs write them: the first lines of real exports, with invented people in them."""

from __future__ import annotations

import pytest

from crm_app.domain.imports.cards import ContactCard
from crm_app.domain.imports.headers import about_somebody_else, meaning
from crm_app.domain.imports.names import split_name
from crm_app.domain.imports.reader import read_file
from crm_app.domain.imports.recognise import NotContacts


def read(inline, text: str, region: str = "DE") -> list[ContactCard]:
    return list(read_file(inline, "x", text.encode(), region=region).cards)


def points(card: ContactCard, kind: str) -> list[tuple[str, str]]:
    return [(point.label, point.value) for point in card.points if point.kind == kind]


def test_hubspot(inline):
    (card,) = read(inline, (
        "Record ID,First Name,Last Name,Email,Phone Number,Contact owner,Lifecycle Stage,Company Name,Street Address,State/Region,Country/Region,"
        "Additional email addresses,LinkedIn URL,Date of birth\n"
        "151,Maria,Johnson,maria@hub.example,+1 (555) 010-2233,Ines Carvalho,Lead,Hub,25 First Street,MA,United States,mj@a.example;mj@b.example,"
        "https://www.linkedin.com/in/mariaj,1985-03-15\n"
    ))  # fmt: skip
    assert (card.external_id, card.company, card.street, card.region, card.country) == ("151", "Hub", "25 First Street", "MA", "United States")
    assert [value for _, value in points(card, "email")] == ["maria@hub.example", "mj@a.example", "mj@b.example"]
    assert points(card, "social") == [("LinkedIn", "https://www.linkedin.com/in/mariaj")]
    assert card.extra == {"Contact owner": "Ines Carvalho", "Lifecycle Stage": "Lead"}


def test_airtable_and_notion_write_links_behind_the_names_of_linked_records(inline):
    text = "Name,Email,Company,Tags,Attachments\nWei Chen,wei@c.example,Chen Studio (https://notes.example/Chen-1),\"Client, VIP\",cv.pdf (https://files.example/cv.pdf)\n"
    (card,) = read(inline, text)
    assert (card.given_name, card.family_name, card.company, card.tags) == ("Wei", "Chen", "Chen Studio", ("Client", "VIP"))
    assert card.extra == {"Company link": "https://notes.example/Chen-1", "Attachments": "cv.pdf (https://files.example/cv.pdf)"}


def test_pipedrive_puts_the_kind_of_record_before_every_column(inline):
    text = (
        "Person - ID,Person - Name,Person - Organization,Person - Email - Work,Person - Phone - Work,Person - Phone - Mobile,Person - Owner\n"
        "12,Ana Sousa,Sousa Lda,ana@sousa.example,+351 21 123 4567,+351 912 345 678,Ines\n"
    )
    (card,) = read(inline, text)
    assert (card.display_name, card.company, card.external_id) == ("Ana Sousa", "Sousa Lda", "12")
    assert points(card, "email") == [("work", "ana@sousa.example")]
    assert points(card, "phone") == [("work", "+351 21 123 4567"), ("mobile", "+351 912 345 678")]
    assert card.extra == {"Person - Owner": "Ines"}


def test_salesforce(inline):
    text = (
        "Salutation,First Name,Last Name,Title,Account Name,Mailing Street,Mailing City,Mailing State/Province,Mailing Zip/Postal Code,Mailing Country,Phone,"
        "Asst. Phone,Email,Account Owner,Birthdate\n"
        "Ms.,Priya,Nair,COO,Nair Foods,1 MG Road,Bengaluru,KA,560001,India,+91 80 1234 5678,+91 80 9999 9999,priya@nair.example,Ines,12/31/1980\n"
    )
    (card,) = read(inline, text)
    assert (card.name_prefix, card.job_title, card.company) == ("Ms.", "COO", "Nair Foods")
    assert (card.street, card.city, card.region, card.postal_code, card.country) == ("1 MG Road", "Bengaluru", "KA", "560001", "India")
    assert [value for _, value in points(card, "phone")] == ["+91 80 1234 5678"]
    assert card.extra == {"Asst. Phone": "+91 80 9999 9999", "Account Owner": "Ines"}
    assert card.birthday.iso() == "1980-12-31"


def test_eventbrite_knows_the_guest_from_the_buyer(inline):
    text = (
        "Order #,First Name,Surname,Email,Ticket Type,Attendee #,Buyer First Name,Buyer Email,Home Address 1,Home City,Cell Phone\n"
        "7712345,Nina,Rossi,nina@rossi.example,Early bird,99812,Paolo,paolo@rossi.example,Via Roma 1,Milano,+39 333 123 4567\n"
    )
    (card,) = read(inline, text)
    assert (card.display_name, card.street, card.city) == ("Nina Rossi", "Via Roma 1", "Milano")
    assert points(card, "email") == [("", "nina@rossi.example")]
    assert card.extra["Buyer Email"] == "paolo@rossi.example" and card.extra["Attendee #"] == "99812"


def test_a_form_asks_whole_questions(inline):
    text = (
        '"Timestamp","Your full name","Email Address","What is your phone number?","How did you hear about us?","Date of birth (DD/MM/YYYY)"\n'
        '"2024/03/01 9:12:33 AM GMT+1","Lina Berg","lina@berg.example","+46 70 999 88 77","A friend","07/04/1992"\n'
    )
    (card,) = read(inline, text, region="US")
    assert (card.display_name, card.given_name, card.family_name) == ("Lina Berg", "Lina", "Berg")
    assert card.birthday.iso() == "1992-04-07", "the header says which comes first"
    assert points(card, "phone") == [("", "+46 70 999 88 77")]


def test_thunderbird_writes_a_birthday_in_three_columns_and_an_address_in_two_lines(inline):
    text = (
        "First Name,Last Name,Display Name,Primary Email,Secondary Email,Pager Number,Home Address,Home Address 2,Home City,Home ZipCode,Home Country,"
        "Work Address,Work City,Birth Year,Birth Month,Birth Day\n"
        "Greta,Holm,Greta Holm,g@holm.example,g2@holm.example,,Storgatan 1,Lgh 5,Stockholm,111 22,Sverige,Kajen 3,Malmö,1979,5,6\n"
        "Omar,Said,,o@said.example,,,,,,,,,,,12,24\n"
    )
    greta, omar = read(inline, text)
    assert (greta.street, greta.city, greta.postal_code, greta.country) == ("Storgatan 1\nLgh 5", "Stockholm", "111 22", "Sverige")
    assert greta.extra == {"Address (work)": "Kajen 3\nMalmö"}
    assert (greta.birthday.iso(), omar.birthday.iso()) == ("1979-05-06", "--12-24")


def test_yahoo_heads_its_phones_with_a_place_alone(inline):
    (card,) = read(inline, "First,Middle,Last,Email,Home,Work,Work Post Code,Alternate Email 1\nOla,Ewa,Nowak,o@n.example,+48 22 123 45 67,+48 22 765 43 21,00-001,o2@n.example\n")
    assert (card.given_name, card.middle_name, card.family_name, card.postal_code) == ("Ola", "Ewa", "Nowak", "00-001")
    assert points(card, "phone") == [("home", "+48 22 123 45 67"), ("work", "+48 22 765 43 21")]


def test_mailchimp_quotes_its_tags_and_acuity_its_numbers(inline):
    (card,) = read(inline, 'Email Address,First Name,Phone,TAGS\nt@h.example,Tom,"\'+15550101234","""newsletter"",""vip"""\n')
    assert card.tags == ("newsletter", "vip") and points(card, "phone") == [("", "+15550101234")]


def test_name_and_surname(inline):
    (card,) = read(inline, "Name,Surname,Email\nNina,Rossi,n@r.example\n")
    assert (card.display_name, card.given_name, card.family_name) == ("Nina Rossi", "Nina", "Rossi")
    (card,) = read(inline, "Name,Surname,Email\nNina Maria Rossi,Rossi,n@r.example\n")
    assert (card.display_name, card.family_name) == ("Nina Maria Rossi", "Rossi")


NEXTCLOUD = """BEGIN:VCARD
VERSION:4.0
PRODID:-//Nextcloud Contacts v5.5.3
UID:0e5b1b1c-2f5a-4c53-9a33-2b6f0f6d5d11
FN:Léa Martin
EMAIL;TYPE="WORK,pref":lea@bureau.example
TEL;VALUE=uri;TYPE="cell,voice":tel:+33-6-11-22-33-44
ADR;TYPE=HOME;LABEL="3 rue Neuve":;;3 rue Neuve;Paris;;75001;France
ADR;TYPE=WORK:;;8 quai Nord;Lyon;;69001;France
X-SOCIALPROFILE;TYPE=INSTAGRAM:lea.m
BDAY;VALUE=DATE:19880704
END:VCARD
BEGIN:VCARD
VERSION:4.0
KIND:group
UID:urn:uuid:9b0d3c6e-7d0c-4c36-b4c8-70e2d5a2a3a4
FN:Mardi matin
MEMBER:urn:uuid:0e5b1b1c-2f5a-4c53-9a33-2b6f0f6d5d11
END:VCARD
BEGIN:VCARD
VERSION:3.0
N:Family;;;;
FN:Family
X-ADDRESSBOOKSERVER-KIND:group
X-ADDRESSBOOKSERVER-MEMBER:urn:uuid:0e5b1b1c-2f5a-4c53-9a33-2b6f0f6d5d11
END:VCARD
"""


def test_nextcloud_and_apple_write_groups_among_the_people(inline):
    parsed = read_file(inline, "x", NEXTCLOUD.encode(), region="FR")
    (card,) = parsed.cards
    assert (card.display_name, card.city, card.extra) == ("Léa Martin", "Paris", {"Address (work)": "8 quai Nord\nLyon\n69001\nFrance"})
    assert points(card, "phone") == [("mobile", "+33-6-11-22-33-44")]
    assert [(problem.line, problem.reason, problem.lost) for problem in parsed.problems] == [
        (13, "“Mardi matin” is a group and not a person: it was left out.", True), (20, "“Family” is a group and not a person: it was left out.", True),
    ]  # fmt: skip


@pytest.mark.parametrize("start", ["", "version: 1\n\n", "# Address book\nversion: 1\n"])
def test_ldif_is_refused_with_what_to_do(inline, start):
    text = f"{start}dn: cn=Greta Holm,mail=greta@holm.example\nobjectclass: person\ncn: Greta Holm\nmail: greta@holm.example\n"
    with pytest.raises(NotContacts, match="This is an LDIF address book, as Thunderbird writes it. Export it once more, as vCard or comma separated"):
        read_file(inline, "x.ldif", text.encode())
    assert len(read(inline, "dn,Name\n1,Greta Holm\n")) == 1


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("Amira Khan", "given=Amira family=Khan"), ("  Zoë   Müller ", "given=Zoë family=Müller"), ("Олена Коваль", "given=Олена family=Коваль"),
        ("Dr. Anna van der Berg", "prefix=Dr. given=Anna family=van der Berg"), ("Carlos de la Cruz", "given=Carlos family=de la Cruz"),
        ("Weber, Anna Maria", "given=Anna middle=Maria family=Weber"), ("Müller-Lüdenscheidt, Dr. Erwin", "prefix=Dr. given=Erwin family=Müller-Lüdenscheidt"),
        ("John F. Kennedy", "given=John middle=F. family=Kennedy"), ("Jane Doe, PhD", "given=Jane family=Doe suffix=PhD"), ("Abdul al-Rashid", "given=Abdul family=al-Rashid"),
        ("Jose Garcia Marquez", ""), ("van der Berg Pieter", ""), ("Cher", ""), ("Dr. Weber", ""), ("佐藤 美咲", ""), ("Studio Lotus", ""), ("Lotus GmbH", ""),
        ("Ann & Bob Lee", ""), ("Ann and Bob Lee", ""), ("Unknown Walk-in", ""), ("R2 D2", ""), ("Smith, Jones, Brown", ""), ("", ""), ("Anna B.", ""), (",", ""),
    ],
    ids=lambda value: value or "nothing",
)  # fmt: skip
def test_a_name_is_taken_apart_only_where_that_is_certain(name, parts):
    order = ("name_prefix", "given_name", "middle_name", "family_name", "name_suffix")
    found = split_name(name)
    assert " ".join(f"{field.removesuffix('_name').removeprefix('name_')}={found[field]}" for field in order if field in found) == parts


def test_parts_of_their_own_are_never_overruled(inline):
    (card,) = read(inline, "Full name,First name,Email\nAmira Khan,,a@k.example\n")
    assert (card.display_name, card.given_name) == ("Amira Khan", "")
    (card,) = read(inline, "Name,Company,Email\nRoot Growth,Root Growth,a@k.example\n")
    assert (card.display_name, card.given_name) == ("Root Growth", "")


@pytest.mark.parametrize("header", ["Emergency contact phone", "Parent email", "Referred by (email)", "Contact owner", "Spouse's mobile", "Coach"])
def test_somebody_else_is_not_the_person_of_the_row(inline, header):
    assert about_somebody_else(header) and meaning(header) is None
    (card,) = read(inline, f"Name,{header}\nAmira Khan,x@other.example\n")
    assert card.points == () and card.extra == {header: "x@other.example"}


def test_several_values_in_one_cell_and_commas_that_are_none(inline):
    (card,) = read(inline, 'Name,Email,Phone\nAmira Khan,"a@k.example, b@k.example","+49 30 901820; +49 171 1234567"\n')
    assert len(points(card, "email")) == 2 and len(points(card, "phone")) == 2
    (card,) = read(inline, 'Name,Email,Phone\nAmira Khan,"a@k.example, maybe","+49 30 901820, ext. 5"\n')
    assert points(card, "email") == [] and card.extra["E-mail"] == "a@k.example, maybe"
    assert [value for _, value in points(card, "phone")] == ["+49 30 901820, ext. 5"]
