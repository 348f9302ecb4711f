"""Invented notes of a practice in three languages, as many different ones as wanted, for the bench of search by meaning."""

from __future__ import annotations

from random import Random

PEOPLE = ("Ana", "Jane", "Tom", "Miguel", "Sophie", "Luc", "Karin", "Jörg", "Amélie", "Priya", "Ben", "Noor", "Elif", "Marta", "Olaf", "Chloé")
FORMS = {
    "en": (
        "{p} slept {how} this week and woke up around {n} at night", "{p} wants to move the session to {day} because of {thing}",
        "We spoke about {thing} and what {p} might try before {day}", "{p} paid the invoice for {n} sessions", "{p} felt {mood} after the breathing exercise",
        "Goal for {p}: {n} minutes of {act} each day", "{p} asked whether we could meet online on {day}", "{p}'s mother has been ill, which makes {act} hard",
        "{p} is {mood} about the new job and worried about {thing}", "First call with {p}, who found us through {thing}", "{p} cancelled {day} at short notice",
        "{p} has a friend who is interested in {act}", "Pain in the lower back is {how} since we began {act}",
    ),
    "de": (
        "{p} hat diese Woche {how} geschlafen und wachte um {n} Uhr auf", "{p} möchte den Termin auf {day} verschieben wegen {thing}",
        "Wir sprachen über {thing} und was {p} bis {day} versuchen kann", "{p} hat die Rechnung über {n} Sitzungen bezahlt",
        "{p} fühlte sich nach der Atemübung {mood}", "Ziel für {p}: täglich {n} Minuten {act}", "Die Mutter von {p} ist krank, darum fällt {act} schwer",
        "{p} ist {mood} wegen der neuen Stelle und sorgt sich um {thing}", "{p} hat {day} kurzfristig abgesagt",
        "Rückenschmerzen sind {how}, seit wir mit {act} begonnen haben",
    ),
    "fr": (
        "{p} a {how} dormi cette semaine et s'est réveillée vers {n} heures", "{p} souhaite déplacer la séance à {day} à cause de {thing}",
        "Nous avons parlé de {thing} et de ce que {p} peut essayer avant {day}", "{p} a payé la facture de {n} séances",
        "{p} se sentait {mood} après l'exercice de respiration", "Objectif de {p} : {n} minutes de {act} par jour",
        "La mère de {p} est malade, {act} devient difficile", "{p} a annulé {day} au dernier moment",
    ),
}  # fmt: skip
WORDS = {
    "en": {
        "how": ("badly", "well", "better", "much worse", "restlessly"), "day": ("Monday", "Tuesday", "Thursday evening", "next Friday", "the weekend"),
        "thing": ("her divorce", "the holidays", "a cold", "childcare", "the mortgage", "stress at work", "her knee operation", "exam nerves", "loneliness"),
        "mood": ("calm", "tired", "hopeful", "angry", "proud", "relieved", "anxious"),
        "act": ("meditation", "running", "yoga", "journaling", "swimming", "strength training", "walking", "fasting", "saying no"),
    },
    "de": {
        "how": ("schlecht", "gut", "besser", "viel schlechter", "unruhig"), "day": ("Montag", "Dienstag", "Donnerstagabend", "nächsten Freitag", "Wochenende"),
        "thing": ("die Scheidung", "die Ferien", "eine Erkältung", "die Kinderbetreuung", "den Kredit", "Stress im Büro", "die Knieoperation", "Einsamkeit"),
        "mood": ("ruhig", "müde", "hoffnungsvoll", "wütend", "stolz", "erleichtert", "ängstlich"),
        "act": ("Meditation", "Laufen", "Yoga", "Tagebuch", "Schwimmen", "Krafttraining", "Spazieren", "Fasten"),
    },
    "fr": {
        "how": ("mal", "bien", "mieux", "très mal"), "day": ("lundi", "mardi", "jeudi soir", "vendredi prochain", "ce week-end"),
        "thing": ("son divorce", "les vacances", "un rhume", "la garde des enfants", "le crédit", "le stress au bureau", "son opération du genou", "la solitude"),
        "mood": ("calme", "fatiguée", "pleine d'espoir", "en colère", "fière", "soulagée", "anxieuse"),
        "act": ("méditation", "course à pied", "yoga", "natation", "musculation", "marche", "jeûne"),
    },
}  # fmt: skip
QUESTIONS = (
    "who sleeps badly", "back pain getting better", "who cancelled at the last moment", "moved because of the children", "trouble with an ill mother",
    "invoice paid", "nervous before the exam", "interested through a friend", "wants to run more", "proud of the new job",
    "wer schläft schlecht", "Termin verschoben wegen Urlaub", "Rechnung bezahlt", "Angst vor der Prüfung", "Rückenschmerzen besser",
    "Streit und Scheidung", "möchte meditieren", "Mutter im Krankenhaus", "kurzfristig abgesagt", "einsam seit dem Umzug",
    "qui dort mal", "séance déplacée", "facture payée", "peur et stress au bureau", "mal de dos",
    "garde des enfants", "sa mère est malade", "annulé au dernier moment", "objectif de natation", "calme après la respiration",
)  # fmt: skip


def make_sentences(count: int) -> list[str]:
    """``count`` different notes of one or two sentences; always the same ones."""
    random, found = Random("meaning"), dict[str, None]()
    while len(found) < count:
        language = random.choice(tuple(FORMS))
        said = []
        for _ in range(random.choice((1, 1, 2))):
            words = {name: random.choice(choices) for name, choices in WORDS[language].items()}
            said.append(random.choice(FORMS[language]).format(p=random.choice(PEOPLE), n=random.randint(2, 45), **words))
        found[". ".join(said) + "."] = None
    return list(found)
