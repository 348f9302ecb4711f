"""Invented people for benchmarks: names in many scripts, and what one writes about a client of a wellness practice.

Nobody here exists. Addresses end in ``.example`` (RFC 2606), phone numbers lie in ranges that are kept for fiction.
"""

# ruff: noqa: E501  lists of names read best in long lines

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class People:
    """One culture's names, how often they appear, and a phone number's beginning."""

    share: int
    country: str
    dial: str
    family_first: bool
    given: tuple[str, ...]
    family: tuple[str, ...]
    cities: tuple[str, ...]


def _people(share: int, country: str, dial: str, given: str, family: str, cities: str, family_first: bool = False) -> People:
    return People(share, country, dial, family_first, tuple(given.split()), tuple(family.split()), tuple(cities.split("|")))


PEOPLES: tuple[People, ...] = (
    _people(24, "United Kingdom", "+44 7700 900", "Amelia Oliver Isla George Ava Noah Mia Arthur Ivy Leo Freya Oscar Grace Harry Willow Jack Rosie Theo Elsie Finn",
            "Hartley Whitcombe Ashdown Pemberton Larkin Thorne Kingsley Marlowe Bramwell Fairfax Holloway Sutton Prescott Wren Aldridge", "London|Bristol|Leeds|York|Bath"),
    _people(14, "United States", "+1 202 555 01", "Harper Mason Zoey Logan Luna Ethan Aria Caleb Nora Wyatt Hazel Jaden Quinn Riley Skylar Tessa",
            "Calloway Winslow Rutherford Delgado Okafor Brannigan Castellano Dupree Ferris Gallagher Hendricks McAllister", "Austin|Portland|Denver|Boulder|Asheville"),
    _people(12, "Germany", "+49 30 23125", "Lena Jürgen Käthe Björn Anneliese Lukas Mira Sören Frieda Götz Heike Matthias Zoë Jörg",
            "Großmann Müller-Brandt Weißenfels Schönfeld Krähe Lindhorst Vogelsang Böttcher Ehrenfeld Hüttner", "Berlin|München|Köln|Leipzig|Freiburg im Breisgau"),
    _people(8, "France", "+33 1 99 00 ", "Chloé Étienne Anaïs Loïc Hélène Théo Maëlle Gaël Inès Benoît Océane Cédric",
            "Lefèvre Dubois-Martel Beaumont Garçonnet Lacroix Noël Saint-Clair Vasseur Château Fournier", "Paris|Lyon|Besançon|Nîmes|Orléans"),
    _people(7, "Spain", "+34 911 23 ", "Íñigo Lucía Ángel Begoña Martín Nuria Álvaro Inés Joaquín Rocío",
            "Ibáñez Cañizares Muñoz Zúñiga Peñalver Gutiérrez Solís Avilés", "Madrid|Málaga|Cádiz|A Coruña|Logroño"),
    _people(5, "Poland", "+48 22 555 ", "Żaneta Łukasz Zofia Paweł Małgorzata Świętosław Agnieszka Michał Bożena",
            "Wójcik Kowalczyk Żeleński Błaszczak Dąbrowska Śliwa Ćwiklińska", "Warszawa|Kraków|Łódź|Gdańsk|Wrocław"),
    _people(4, "Czechia", "+420 601 555 ", "Žofie Řehoř Kateřina Ondřej Eliška Jiří Tereza", "Dvořák Novotná Šťastný Řezníček Čapková Růžička", "Praha|Brno|Plzeň|Liberec"),
    _people(4, "Türkiye", "+90 212 555 ", "Ayşe Çağlar Gülşen İbrahim Özlem Ömer Şebnem Uğur", "Yıldız Öztürk Çelik Şahin Günaydın Aydoğan", "İstanbul|İzmir|Eskişehir|Muğla"),
    _people(3, "Việt Nam", "+84 24 5555 ", "Hương Đức Thảo Quỳnh Tuấn Ngọc", "Nguyễn Trần Phạm Đặng Huỳnh", "Hà Nội|Đà Nẵng|Huế", True),
    _people(3, "Ukraine", "+380 44 555 ", "Оксана Богдан Соломія Тарас Мар'яна Олег", "Шевчук Коваленко Їжакевич Мельник Гриценко", "Київ|Львів|Одеса"),
    _people(3, "Ελλάδα", "+30 21 0555 ", "Ελένη Γιώργος Δήμητρα Νίκος Άννα", "Παπαδοπούλου Κωνσταντινίδης Οικονόμου Ζαχαρίου", "Αθήνα|Θεσσαλονίκη|Πάτρα"),
    _people(2, "مصر", "+20 2 555 ", "ليلى أحمد نور يوسف سلمى كريم", "المصري الشافعي منصور حداد العطار", "القاهرة|الإسكندرية"),
    _people(2, "ישראל", "+972 3 555 ", "נועה איתן תמר יונתן שירה", "לוי כהנא ברקאי אלון שדה", "תל אביב|חיפה"),
    _people(2, "भारत", "+91 11 5550 ", "अनन्या आरव प्रिया रोहन मीरा", "शर्मा पटेल अय्यर कपूर जोशी", "दिल्ली|मुंबई|पुणे"),
    _people(2, "中国", "+86 10 5555 ", "雨桐 浩然 思远 静怡 子墨", "王 李 欧阳 陈 赵", "北京|上海|成都", True),
    _people(2, "日本", "+81 3 5550 ", "陽菜 蓮 美咲 大翔 さくら", "佐藤 鈴木 高橋 渡辺 小林", "東京|京都|札幌", True),
    _people(1, "대한민국", "+82 2 555 ", "서연 민준 지우 하은 도윤", "김 이 박 최 남궁", "서울|부산", True),
    _people(1, "ไทย", "+66 2 555 ", "กมล ปรีชา สุดา วิชัย", "ศรีสุข ทองดี แก้วใส", "กรุงเทพมหานคร|เชียงใหม่"),
    _people(1, "საქართველო", "+995 32 255 ", "ნინო გიორგი თამარ ლევან", "ბერიძე კაპანაძე ლომიძე", "თბილისი|ბათუმი"),
)  # fmt: skip

COMPANIES = (
    "Stillwater Yoga", "Harbour Breathwork", "Oak & Ember Studio", "Kleine Pause GmbH", "Atelier Souffle", "Casa Serena", "North Loop Pilates",
    "Quiet Mind Collective", "Ringing Bowl", "Sunday Stretch Club", "Blue Heron Therapies", "Meridian Bodywork", "The Slow Room", "Lantern Coaching",
    "Zahrada Klidu", "Dobry Oddech", "Moss & Stone Retreats", "Tide Line Wellness", "Wildflower Doulas", "Green Door Physio",
)  # fmt: skip
JOBS = ("Teacher", "Nurse", "Software developer", "Baker", "Architect", "Midwife", "Carpenter", "Musician", "Student", "Lawyer", "Gardener", "Photographer", "")
TAGS = (
    "yoga", "breathwork", "retreat 2026", "newsletter", "prenatal", "corporate", "beginner", "back pain", "sleep", "mentor", "vegan", "referral",
    "Tuesday class", "Thursday class", "workshop", "online", "gift card", "sliding scale", "Ayurveda", "meditation", "coaching", "sauna", "running", "choir",
)  # fmt: skip
NOTES = (
    "", "", "", "Prefers mornings.", "Knee injury from skiing, careful with lunges.", "Wants to sleep better before the move.", "Found us through the library talk.",
    "Interested in the autumn retreat.", "Loves singing bowls.", "Needs an invoice for each session.", "Allergic to lavender oil.", "Two children, evenings only.",
    "Bringt eine eigene Matte mit.", "Préfère les séances en français.", "Quiere probar la respiración guiada.",
)  # fmt: skip
OPENINGS = (
    "Talked about", "First session on", "Follow-up on", "Asked about", "Long conversation about", "Short call about", "Wrote about", "Practised",
    "Reviewed", "Shared a worry about", "Booked a session for", "Celebrated progress with",
)  # fmt: skip
TOPICS = (
    "sleep and evening routine", "the shoulder after the fall", "breathing through panic", "the retreat in September", "standing desk and neck pain", "grief and walking",
    "prenatal stretching", "return to running", "stress before exams", "a corporate workshop", "the new class pass", "nutrition in winter", "letting go of perfection",
    "balance and old age", "a gift card for a sister", "the singing bowl evening", "migraine triggers", "burnout and boundaries", "posture at the piano", "the waiting list",
)  # fmt: skip
CLOSINGS = (
    "Feels lighter.", "Will try it for a week.", "Wants to come again on Tuesday.", "Sent the recording afterwards.", "Needs a quiet corner next time.",
    "Asked for a reminder.", "Moved the next appointment.", "Paid by invoice.", "Recommended a friend.", "Tired but hopeful.", "",
)  # fmt: skip
TASK_TITLES = (
    "Send the breathing exercise", "Call back about the retreat", "Write the invoice", "Ask how the knee is", "Book the small room", "Send the sleep diary",
    "Confirm Tuesday", "Prepare the workshop outline", "Share the playlist", "Check in after the move", "Post the gift card", "Renew the class pass",
)  # fmt: skip
PLANTED = "Bartholomew Quillfeather"
