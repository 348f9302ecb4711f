"""The invented people of the demo's practice, what happened with them, and what is to be done. Nobody here exists; no address or number rings anywhere."""

# ruff: noqa: E501  tables of invented people read best one to a line

from __future__ import annotations

from typing import NamedTuple


class Someone(NamedTuple):
    """One invented person. ``face`` is a style of portrait, ``hills``, or nothing; ``days`` since they were first met; ``theos`` are the second person's."""

    name: str
    stage: str
    tags: tuple[str, ...] = ()
    company: str = ""
    job: str = ""
    place: str = ""
    phone: str = ""
    notes: str = ""
    face: str = ""
    cadence: int | None = None
    days: int = 60
    theos: bool = False
    audience: str = "team"


PEOPLE = (
    Someone("Amara Okafor", "core_client", ("Breathwork", "Coaching"), "Nørva", "Product lead", "Lisbon, Portugal", "+351 912 440 187", "Sleeps badly before launches. Box breathing works; counting does not. Prefers mornings, on foot if it is dry.", "bun", 14, 316),
    Someone("Leila Haddad", "new_client", ("Breathwork",), place="Bristol, United Kingdom", phone="+44 7700 900112", notes="Found us through the library talk.", face="scarf", cadence=14, days=12, theos=True),
    Someone("Sofia Marchetti", "core_client", ("Retreat 2026", "Somatic"), "Studio Lume", "Founder", "Bath, United Kingdom", "+44 7700 900118", "Plans a retreat for her own people in June.", "long", 21, 240),
    Someone("Hanna Weiss", "discovery", ("Burn-out",), "Kranich AG", "Head of research", "Berlin, Germany", "+49 30 23125 146", "Wants to hear about four-week options.", "", None, 9),
    Someone("Mateo Fuentes", "new_client", ("Coaching",), place="Málaga, Spain", phone="+34 911 23 0188", face="beard", cadence=14, days=20, theos=True),
    Someone("Claire Dubois", "ambassador", ("Referrals",), "Atelier Dubois", "Owner", "Lyon, France", "+33 1 99 00 15 52", "Sends friends to us. Send her a card in May.", "bob", 30, 420),
    Someone("Yusuf Demir", "discovery", ("Referral",), place="London, United Kingdom", phone="+44 7700 900125", face="", days=6),
    Someone("Grace Mbeki", "core_client", ("Breathwork",), place="Bristol, United Kingdom", phone="+44 7700 900167", face="curly", cadence=14, days=200),
    Someone("Keiko Tanaka", "collaborator", ("Acupuncture",), "Tanaka Acupuncture", "Acupuncturist", "Bristol, United Kingdom", "+44 7700 900194", "We send each other people. Joint workshop in spring.", "bob", None, 380, True),
    Someone("Anika Sharma-Whitfield", "core_client", ("Coaching", "Leadership", "Travel"), "Whitfield & Partners", "Partner", "London, United Kingdom", "+44 7700 900131", "", "long", 14, 180),
    Someone("Tom Brennan", "core_client", ("Somatic", "Sleep"), place="Bristol, United Kingdom", phone="+44 7700 900133", notes="Careful with lunges: the left knee.", face="short", cadence=7, days=150),
    Someone("Daniel Abebe", "curious", ("Newsletter",), place="Leeds, United Kingdom", days=40, theos=True),
    Someone("Nadia Petrova", "curious", ("Workshop lead",), place="Bristol, United Kingdom", phone="+44 7700 900135", face="hills", days=55, theos=True),
    Someone("Priya Raman", "ambassador", ("Referrals", "Yoga"), "Shala Alfama", "Teacher", "Lisbon, Portugal", "+351 912 440 190", "", "long", 30, 400),
    Someone("Owen Hughes", "needs_reconnecting", ("Back pain", "Insurance"), place="Cardiff, United Kingdom", phone="+44 7700 900137", notes="Needs a letter for the insurance each quarter.", cadence=14, days=260),
    Someone("Jonas Lindberg", "needs_reconnecting", ("Runner",), place="Uppsala, Sweden", phone="+46 8 465 004 12", face="beard", cadence=30, days=210),
    Someone("Elena Rossi", "core_client", ("Yoga", "Retreat 2026"), place="Bristol, United Kingdom", phone="+44 7700 900141", face="curly", cadence=14, days=120),
    Someone("James O'Connell", "collaborator", ("Workshop",), "Oak & Ember Studio", "Manager", "Bath, United Kingdom", "+44 7700 900143", "Lends us the big room.", "bald", None, 300),
    Someone("Zofia Żeleńska", "curious", ("Newsletter",), place="Kraków, Poland", phone="+48 22 555 0134", days=48),
    Someone("Jürgen Großmann", "core_client", ("Corporate",), "Kleine Pause GmbH", "Managing director", "Berlin, Germany", "+49 30 23125 147", "Needs an invoice for each session.", "short", 30, 170),
    Someone("Noor El-Amin", "discovery", ("Sleep",), place="Leeds, United Kingdom", notes="Wants to sleep better before the move.", face="scarf", days=15, theos=True),
    Someone("Camille Lefèvre", "ambassador", ("Yoga", "Choir"), place="Lyon, France", phone="+33 1 99 00 15 53", face="bun", cadence=60, days=500),
    Someone("Haruki 佐藤", "new_client", ("Meditation", "Online"), place="京都, Japan", phone="+81 3 5550 0161", face="short", cadence=14, days=25),
    Someone("Bea Whitcombe", "needs_reconnecting", ("Prenatal",), place="Bristol, United Kingdom", phone="+44 7700 900151", notes="Baby is due in March.", face="long", cadence=30, days=190),
    Someone("Sam Calloway", "inactive", (), place="Portland, United States", phone="+1 202 555 0173", notes="Moved away; may come back in spring.", days=600),
    Someone("Oksana Шевчук", "curious", ("Beginner",), place="Львів, Ukraine", face="bob", days=18),
    Someone("Inés Muñoz", "collaborator", ("Retreat 2026",), "Casa Serena", "Host", "Ronda, Spain", "+34 911 23 0189", "Hosts the autumn retreat: twenty beds, vegetarian kitchen.", "hills", None, 260),
    Someone("Dr. Ada Krähe", "discovery", (), place="Freiburg, Germany", notes="Only a first conversation so far.", days=15, audience="private"),
    Someone("Tom Hartley", "core_client", ("Back pain", "Tuesday class"), place="Bristol, United Kingdom", phone="+44 7700 900157", face="beard", cadence=14, days=140),
    Someone("Maria-Theresia von Hohenlohe-Waldenburg-Schillingsfürst", "curious", ("Workshop lead", "Newsletter"), "Kulturstiftung der Stadt Neustadt an der Weinstraße", "Chair", "Neustadt, Germany", days=33),
    Someone("Θεοδώρα Παπαδοπούλου", "new_client", ("Online",), place="Αθήνα, Greece", face="curly", cadence=14, days=22),
    Someone("यशोदा कुलकर्णी", "new_client", ("Meditation", "Online"), place="पुणे, India", days=28, theos=True),
    Someone("ליאור בן־דוד", "discovery", ("Online",), place="חיפה, Israel", days=5),
    Someone("فاطمة الزهراء", "new_client", ("Breathwork",), place="الرباط, Morocco", face="scarf", cadence=14, days=16, theos=True),
    Someone("Nguyễn Thị Minh Khai", "core_client", ("Tuesday class",), place="Bristol, United Kingdom", phone="+44 7700 900159", face="bob", cadence=14, days=130),
    Someone("Björk Aðalsteinsdóttir", "ambassador", ("Retreat 2026", "Choir"), "Seaside Yoga Collective", "Teacher", "Reykjavík, Iceland", face="long", cadence=60, days=340),
    Someone("Łukasz Świątek", "inactive", ("Runner",), place="Gdańsk, Poland", days=520),
    Someone("Aoife Ní Bhriain", "core_client", ("Prenatal", "Tuesday class"), place="Bristol, United Kingdom", phone="+44 7700 900161", face="curly", cadence=14, days=95),
    Someone("Kwame Boateng", "new_client", ("Corporate",), "Harbour Works", "People lead", "Bristol, United Kingdom", "+44 7700 900163", "", "short", 30, 30),
    Someone("Mei-Ling Chow", "collaborator", ("Workshop",), "Tide Rooms", "Osteopath", "Bath, United Kingdom", face="bun", days=280, theos=True),
    Someone("Olumide Adébáyọ̀", "curious", ("Beginner", "Newsletter"), place="Leeds, United Kingdom", face="bald", days=26),
    Someone("Beatriz Nóbrega", "core_client", ("Coaching", "Sleep"), place="Porto, Portugal", phone="+351 912 440 193", face="long", cadence=14, days=110),
    Someone("Henrik Østergaard", "needs_reconnecting", ("Coaching",), "Nordlys", "Architect", "Aarhus, Denmark", "", "", "short", 30, 230),
    Someone("Marisol Quiñones", "core_client", ("Somatic",), place="Bristol, United Kingdom", phone="+44 7700 900165", face="bun", cadence=14, days=100, theos=True),
    Someone("Greta Holm", "inactive", ("Newsletter",), place="Bath, United Kingdom", face="hills", days=700),
    Someone("Chidi Okafor", "curious", ("Referral",), place="London, United Kingdom", phone="+44 7700 900169", face="beard", days=34),
)  # fmt: skip

# who, hours ago, kind, subject, minutes, text, by the second person
ENTRIES = (
    ("Amara Okafor", 2, "meeting", "Session 8 of 12", 50, "Arrived tired after the launch week. Box breathing felt steady by round three. She noticed she no longer dreads Sundays.", False),
    ("Amara Okafor", 8 * 24, "call", "", 12, "Moved the Friday session; agreed to try mornings. Brother Chidi may be interested in the May circle.", False),
    ("Amara Okafor", 16 * 24, "meeting", "Session 7 of 12", 50, "Energy went from four to seven. Homework: 4-7-8 before bed, no screen after ten.", False),
    ("Amara Okafor", 22 * 24, "note", "", None, "Three people came through her since spring. Ask whether she would say a sentence about us.", True),
    ("Amara Okafor", 30 * 24, "meeting", "Session 6 of 12", 55, "First whole week with seven hours of sleep on weekdays.", False),
    ("Amara Okafor", 41 * 24, "message", "", None, "Sent the recording of the evening round.", False),
    ("Amara Okafor", 75 * 24, "class_attendance", "Open class", 60, "", True),
    ("Amara Okafor", 312 * 24, "call", "First call", 25, "Met through Claire. Panic on the plane, work, sleep. We try four sessions first.", False),
    ("Leila Haddad", 1, "message", "", None, "Signed the intake form. Asks for an evening slot.", True), ("Leila Haddad", 5 * 24, "call", "First call", 20, "Panic on the train. We try the slow exhale for a week.", True),
    ("Sofia Marchetti", 18 * 24, "meeting", "Session 14", 50, "Shoulder moves freely again. We added the evening routine.", False),
    ("Hanna Weiss", 5, "call", "First call", 30, "Six months of twelve-hour days. Wants a plan, not a talk.", False), ("Mateo Fuentes", 26, "meeting", "First session", 50, "Came prepared. Wants to stop answering mail in bed.", True),
    ("Claire Dubois", 28, "message", "", None, "Her sister-in-law will write to us.", False), ("Yusuf Demir", 30, "email", "From Claire", None, "Asks what a first conversation costs.", False),
    ("Grace Mbeki", 50, "meeting", "Session 5", 50, "Two minutes of holding without strain.", False), ("Keiko Tanaka", 74, "call", "", 15, "The joint workshop: a Saturday in March.", True),
    ("Anika Sharma-Whitfield", 5 * 24, "meeting", "Session 9", 50, "Second-half goals: two evenings a week without the laptop.", False), ("Tom Brennan", 6 * 24, "class_attendance", "Tuesday class", 60, "Left early, the knee again.", True),
    ("Daniel Abebe", 8 * 24, "email", "Prices", None, "Asked what the six-session package costs.", True), ("Nadia Petrova", 11 * 24, "message", "", None, "Would bring eight people to a spring workshop.", True),
    ("Priya Raman", 21 * 24, "message", "", None, "Coffee in Alfama when you are here.", False),
    ("Jonas Lindberg", 47 * 24, "message", "", None, "Marathon is over. Slept for two days.", False), ("Elena Rossi", 3 * 24, "class_attendance", "Tuesday class", 60, "", True),
    ("Zofia Żeleńska", 13 * 24, "email", "Newsletter", None, "Asked when the workshop is.", False),
    ("Jürgen Großmann", 5 * 24, "meeting", "Workshop for the office", 90, "Twelve people, standing desks, neck pain.", False), ("Noor El-Amin", 50, "call", "Sleep diary", 15, "Five hours on most nights. Agreed on no screens after ten.", True),
    ("Camille Lefèvre", 19 * 24, "message", "Thank you", None, "Two friends of hers want to come.", False), ("Haruki 佐藤", 4 * 24, "meeting", "Online session", 30, "Ten minutes of sitting every morning works well.", True),
    ("Bea Whitcombe", 64 * 24, "meeting", "Prenatal class", 60, "Last session before the break.", False), ("Sam Calloway", 190 * 24, "email", "Goodbye", None, "Moved to Portland.", False),
    ("Inés Muñoz", 7 * 24, "call", "Retreat", 40, "The 20th of September is ours if we confirm by Friday.", False), ("Dr. Ada Krähe", 15 * 24, "note", "", None, "Spoke after the lecture. Nothing agreed yet.", False),
    ("Tom Hartley", 27, "class_attendance", "Tuesday class", 60, "Good hour; no pain.", True), ("Θεοδώρα Παπαδοπούλου", 9 * 24, "meeting", "Online session", 40, "", False), ("यशोदा कुलकर्णी", 10 * 24, "call", "", 20, "", True),
    ("فاطمة الزهراء", 3 * 24, "meeting", "First session", 50, "", True), ("Nguyễn Thị Minh Khai", 6 * 24, "class_attendance", "Tuesday class", 60, "", True), ("Björk Aðalsteinsdóttir", 17 * 24, "message", "", None, "The choir sings in May; are we coming?", False),
    ("Łukasz Świątek", 300 * 24, "email", "", None, "No time this year.", False), ("Aoife Ní Bhriain", 12 * 24, "class_attendance", "Tuesday class", 60, "", True), ("Kwame Boateng", 14 * 24, "meeting", "Lunch at Harbour Works", 60, "Forty people, two floors, one quiet room.", False),
    ("Mei-Ling Chow", 25 * 24, "call", "", 10, "Has space for two of ours.", True), ("Beatriz Nóbrega", 9 * 24, "meeting", "Session 4", 50, "Sleeps through four nights of seven.", False), ("Henrik Østergaard", 52 * 24, "email", "", None, "Starts again after the move.", False),
    ("Marisol Quiñones", 2 * 24, "meeting", "Session 3", 50, "Jaw, shoulders, breath: in that order.", True), ("Chidi Okafor", 20 * 24, "message", "", None, "Amara's brother. Asks about the May circle.", False),
)  # fmt: skip

# who, days from today, title, priority, by the second person
TASKS = (
    ("Amara Okafor", 0, "Prepare session 9 plan", "high", False), ("Amara Okafor", 2, "Share travel-breathing audio", "medium", False), ("Amara Okafor", 7, "Ask about Chidi and the May circle", "low", True),
    ("Leila Haddad", 0, "Offer two slots", "high", True), ("Sofia Marchetti", 1, "Send retreat dates", "medium", False), ("Hanna Weiss", 2, "Follow up on Friday", "medium", False), ("Claire Dubois", 3, "Thank-you note", "low", False),
    ("Yusuf Demir", 1, "Discovery call Thursday 10:00", "high", False), ("Grace Mbeki", 5, "Breath-hold progression", "medium", False), ("Keiko Tanaka", 9, "Plan joint workshop", "medium", True), ("Anika Sharma-Whitfield", 6, "Review goals for second half", "medium", False),
    ("Daniel Abebe", 0, "Answer pricing question", "medium", True), ("Nadia Petrova", 4, "Send spring schedule", "low", True), ("Owen Hughes", -3, "Insurance letter", "urgent", False), ("Jonas Lindberg", -1, "Check-in message", "medium", False),
    ("Jürgen Großmann", -2, "Write the invoice for the workshop", "urgent", False), ("Bea Whitcombe", 0, "Call Bea before the baby comes", "medium", False), ("Inés Muñoz", 2, "Confirm twenty beds", "high", False), ("Tom Brennan", 1, "Look at the knee before class", "medium", True),
)  # fmt: skip

PROJECTS = (
    ("Client care", "teal", "What was promised in a session and should not wait for the next one.", (
        "Prepare session 9 plan", "Share travel-breathing audio", "Offer two slots", "Follow up on Friday", "Discovery call Thursday 10:00", "Breath-hold progression",
        "Check-in message", "Call Bea before the baby comes", "Look at the knee before class", "Review goals for second half",
    )),
    ("May circle", "amber", "Twelve places, the second Tuesday of the month.", ("Ask about Chidi and the May circle", "Send spring schedule")),
    ("Practice admin", "slate", "", ("Insurance letter", "Write the invoice for the workshop", "Answer pricing question")),
    ("Retreat in June", "coral", "Four days near Sintra.", ("Send retreat dates", "Confirm twenty beds", "Plan joint workshop")),
)  # fmt: skip
STEPS = {
    "Prepare session 9 plan": ("Re-read the sleep journal", "Pick two short practices", "Write the plan and share it as a PDF"),
    "Plan joint workshop": ("Agree on a weekend", "Draft the outline", "Share the pricing options", "Book the hall"),
}
STARTED = ("Prepare session 9 plan", "Insurance letter", "Confirm twenty beds")
FINISHED = (
    ("Call the accountant about the VAT", "Practice admin"), ("Thank Claire for the referral", "Client care"), ("Prepare session 8 plan", "Client care"),
    ("Order new mats", "Practice admin"), ("Confirm the circle's room", "May circle"),
)  # fmt: skip
AGAIN = (("Confirm the circle's attendance list", "May circle", 0, "FREQ=MONTHLY;BYDAY=2TU"), ("Water the plants of the studio", "Practice admin", 1, "FREQ=WEEKLY;INTERVAL=2"))

# Whose birthday comes in how many days, and which one it is.
BIRTHDAYS = (("Sofia Marchetti", 2, 41), ("Grace Mbeki", 6, None), ("Tom Brennan", 11, 52))
FAVOURITES = ("Amara Okafor", "Camille Lefèvre", "Claire Dubois", "Tom Brennan")
