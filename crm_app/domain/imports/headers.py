"""What a column's header means: our own, Google's numbered ones, and the words of seven languages."""

from __future__ import annotations

import re
from typing import NamedTuple

from crm_app.domain.imports.labels import FAX_WORDS, LABEL_OF_WORD
from crm_app.domain.text import fold


class Meaning(NamedTuple):
    """A field of ``mapping.FIELDS``, the label of the point or address, and the number that ties columns of one group together."""

    field: str
    label: str = ""
    group: int = 0


# Words as ``_plain`` leaves them: lower case, without accents, signs and numbers.
_WORDS: dict[str, str] = {
    "display_name": "contact full name|fullname|participant name|attendee name|vor und nachname|name vorname|nachname vorname|first and last name|"
    "name first last|first name and last name|apellidos y nombre|nom prenom|nom et prenom|prenom nom|prenom et nom|voor en achternaam|name|full name|"
    "display name|contact name|contact|client|client name|customer|customer name|student|student name|attendee|participant|member|member name|person|"
    "vollstandiger name|anzeigename|kunde|kundin|teilnehmer|teilnehmerin|nom complet|nom affiche|client e|nombre completo|nombre y apellidos|cliente|"
    "nome completo|nome e cognome|nome visualizzato|volledige naam|naam|weergavenaam|klant",
    "given_name": "first name|firstname|given name|givenname|forename|first|vorname|prenom|nombre|primer nombre|nombre de pila|primeiro nome|nome proprio|"
    "nome|voornaam",
    "middle_name": "middle|middle names|mittelname|middle name|additional name|second name|middle initial|weitere vornamen|zweiter vorname|deuxieme prenom|"
    "autres prenoms|segundo nombre|nome do meio|segundo nome|secondo nome|tweede voornaam|tussenvoegsel",
    "family_name": "last name|lastname|surname|family name|familyname|last|nachname|familienname|zuname|nom|nom de famille|apellido|apellidos|"
    "primer apellido|sobrenome|apelido|ultimo nome|cognome|achternaam|familienaam",
    "name_prefix": "name prefix|prefix|salutation|honorific|anrede|civilite|tratamiento|prefijo|tratamento|prefixo|titolo|aanhef|voorvoegsel",
    "name_suffix": "name suffix|suffix|namenszusatz|suffixe|sufijo|sufixo|suffisso|achtervoegsel",
    "nickname": "nickname|nick name|known as|preferred name|spitzname|rufname|surnom|pseudo|apodo|alias|soprannome|bijnaam|roepnaam",
    "pronouns": "pronouns|gender pronouns|pronomen|pronoms|pronombres|pronomes|pronomi|voornaamwoorden",
    "email": "emails|e mails|email addresses|mails|contact email|contact e mail|email|e mail|email address|e mail address|mail|mailadresse|e mail adresse|"
    "emailadresse|courriel|adresse e mail|adresse electronique|adresse mail|adresse de messagerie|correo|correo electronico|direccion de correo electronico|"
    "endereco de email|endereco de e mail|correio eletronico|indirizzo email|indirizzo e mail|posta elettronica|e mailadres|emailadres",
    "phone": "phones|phone numbers|contact phone|contact number|pager number|whatsapp number|whats app|phone|telephone|tel|phone number|telephone number|"
    "mobile|mobile phone|mobile number|cell|cell phone|cellphone|telefon|telefonnummer|rufnummer|handy|handynummer|mobiltelefon|mobilnummer|mobil|"
    "numero de telephone|portable|telephone portable|mobile phone number|telephone mobile|telefono|movil|telefono movil|celular|numero de telefono|telefone|"
    "telemovel|numero de telefone|cellulare|telefono cellulare|numero di telefono|telefoonnummer|telefoon|mobiel|mobiele telefoon|mobiel nummer|whatsapp|"
    "fax|fax number|faxnummer|telefax|pager|assistants phone|callback|radio phone",
    "website": "website|web site|web page|webpage|url|homepage|home page|internet|webseite|internetseite|site web|site internet|pagina web|sitio web|site|"
    "pagina da web|sito web|sito|webpagina",
    "social": "linkedin|linkedin url|linkedin profile|profile url|twitter|facebook|instagram|skype|tiktok|mastodon|telegram|signal|im|instant messaging",
    "company": "account name|company organization|company organisation|workplace|place of work|firmen name|current company|company|organization|"
    "organisation|company name|organization name|organisation name|employer|business|firma|unternehmen|firmenname|arbeitgeber|societe|entreprise|empresa|"
    "compania|organizacion|organizacao|azienda|societa|ditta|bedrijf|bedrijfsnaam|organisatie",
    "job_title": "current position|job role|berufs bezeichnung|job title|jobtitle|title|position|role|occupation|job|profession|organization title|"
    "berufsbezeichnung|beruf|stelle|funktion|poste|fonction|titre|cargo|puesto|profesion|profissao|qualifica|professione|posizione|functie|beroep",
    "street": "street|street address|address|address line|addr|postal address|mailing address|strasse|strasse und hausnummer|adresse|anschrift|rue|"
    "adresse postale|calle|direccion|domicilio|rua|endereco|morada|via|indirizzo|straat|adres|street line",
    "city": "city|town|locality|suburb|ort|stadt|wohnort|ville|localite|ciudad|localidad|poblacion|cidade|citta|comune|plaats|woonplaats|stad",
    "region": "state|region|province|county|state province|state region|bundesland|kanton|etat|departement|provincia|estado|distrito|regione|provincie|"
    "district",
    "postal_code": "zipcode|post code|postal code zip|zip postcode|postleitzahl plz|postal code|zip|zip code|postcode|zip postal code|plz|postleitzahl|"
    "code postal|codigo postal|cp|cep|cap|codice postale",
    "country": "country|country region|land|land region|staat|pays|pays region|pais|pais region|paese|nazione",
    "birthday": "birth day and month|birthdate year|your birthday|naissance|birthday date|birthday|birth date|birthdate|date of birth|dob|born|geburtstag|"
    "geburtsdatum|anniversaire|date de naissance|cumpleanos|fecha de nacimiento|aniversario|data de nascimento|nascimento|compleanno|data di nascita|"
    "verjaardag|geboortedatum",
    "notes": "additional notes|anything else|message|other information|notes|note|comments|comment|remarks|description|memo|notizen|notiz|bemerkung|"
    "bemerkungen|anmerkung|anmerkungen|kommentar|remarques|commentaire|commentaires|notas|nota|comentarios|observaciones|observacoes|comentario|"
    "osservazioni|commenti|notities|notitie|opmerkingen|opmerking",
    "tags": "segments|segment|lists|list membership|contact tags|interests|tags|tag|labels|label|categories|category|groups|group|group membership|"
    "kategorien|kategorie|schlagworter|gruppen|gruppe|etiquettes|etiquette|groupes|groupe|etiquetas|etiqueta|categorias|categoria|grupos|grupo|etichette|"
    "etichetta|categorie|gruppi|gruppo|labels groepen|groepen|groep",
    "language": "language|preferred language|sprache|langue|idioma|lingua|taal",
    "external_id": "id|record id|recordid|contact no|unique id|row id|kontaktnummer|external id|contact id|customer id|client id|member id|uid|kundennummer|"
    "kundennr|mitgliedsnummer|numero client|numero de cliente",
}  # fmt: skip
MEANINGS: dict[str, str] = {word: field for field, words in _WORDS.items() for word in words.split("|")}

# The header of our own CSV: exactly these, so that a re-import is exact.
OWN_HEADER: dict[str, str] = {
    "ID": "external_id", "Name": "display_name", "First name": "given_name", "Middle name": "middle_name", "Last name": "family_name",
    "Prefix": "name_prefix", "Suffix": "name_suffix", "Nickname": "nickname", "Pronouns": "pronouns", "Company": "company",
    "Job title": "job_title", "E-mail": "email", "E-mail labels": "email_label", "Phone": "phone", "Phone labels": "phone_label",
    "Website": "website", "Website labels": "website_label", "Profile": "social", "Profile labels": "social_label", "Street": "street",
    "City": "city", "Region": "region", "Postal code": "postal_code", "Country": "country", "Birthday": "birthday", "Language": "language",
    "Tags": "tags", "Stage": "stage", "Favourite": "favourite", "Preferred method": "preferred_method", "Notes": "notes",
    "Other fields": "own_extra",
}  # fmt: skip

_GOOGLE = re.compile(r"(E-mail|Phone|Address|Organization|Website|Relation|Event|Custom Field|IM|External ID|Calendar Link|Jot) (\d+) - (.+)")
_GOOGLE_FIELDS: dict[tuple[str, str], str] = {
    ("E-mail", "Value"): "email", ("E-mail", "Label"): "email_label", ("Phone", "Value"): "phone", ("Phone", "Label"): "phone_label",
    ("Website", "Value"): "website", ("Website", "Label"): "website_label", ("IM", "Value"): "social", ("IM", "Label"): "social_label",
    ("IM", "Service"): "social_label", ("Address", "Label"): "address_label", ("Address", "Formatted"): "address_formatted",
    ("Address", "Street"): "street", ("Address", "City"): "city", ("Address", "PO Box"): "address_box", ("Address", "Region"): "region",
    ("Address", "Postal Code"): "postal_code", ("Address", "Country"): "country", ("Address", "Extended Address"): "address_extended",
    ("Organization", "Name"): "company", ("Organization", "Title"): "job_title", ("Custom Field", "Label"): "extra_label",
    ("Custom Field", "Value"): "extra_value", ("Relation", "Label"): "extra_label", ("Relation", "Value"): "extra_value",
    ("Event", "Label"): "extra_label", ("Event", "Value"): "extra_value",
}  # fmt: skip
_GROUP_BASE = {"Custom Field": 0, "Relation": 1000, "Event": 2000}
_LABELLED = {"email", "phone", "website", "street", "city", "region", "postal_code", "country"}
_ADDRESS = {"street", "city", "region", "postal_code", "country"}
_PLACES = {"mailing", "billing", "shipping", "delivery"}  # they tell addresses apart, and nothing else
_JOINERS = {"de", "du", "da", "do", "del", "di", "le", "la", "the", "of", "van"}
# Words round a header that say nothing of their own: "Your full name", "What is your phone number?", "Alternate Email 1".
_FILLERS = {
    "your", "you", "my", "what", "whats", "is", "please", "enter", "the", "a", "an", "s", "alternate", "alternative", "additional", "secondary", "second",
    "third", "current", "person", "preferred", "best", "valid", "deine", "ihre", "dein", "ihr", "votre", "tu", "su",
}  # fmt: skip
# Someone else than the person of the row: their address must never become the person's.
_SOMEBODY_ELSE = {
    "owner", "buyer", "payer", "manager", "managers", "assistant", "assistants", "asst", "spouse", "partner", "emergency", "parent", "guardian", "mother",
    "father", "child", "children", "referrer", "referred", "referral", "recruiter", "supervisor", "doctor", "gp", "therapist", "coach", "teacher", "instructor",
    "creator", "created", "creer", "modified", "besitzer", "notfall", "urgence", "emergencia",
}  # fmt: skip
_PREFIX = re.compile(r"^(?:person|people|contact|client|customer|lead|member|attendee|student|kontakt|kunde)\s*(?:[-–:>/]|\.(?=\w))\s*(.+)$", re.IGNORECASE)
_HINT = re.compile(r"\s*[(\[{].*$")
_NUMBERED = re.compile(r"#|№|\b(?:no|nr|num|number|count|id)\b\.?", re.IGNORECASE)
_BIRTH = {"birth year": "birth_year", "birth month": "birth_month", "birth day": "birth_day", "year of birth": "birth_year"}


def meaning(header: str) -> Meaning | None:
    """What a header says, or None when it says nothing that we know."""
    text = header.strip()
    if match := _GOOGLE.fullmatch(text):
        kind, number, part = match[1], int(match[2]), match[3].replace("Type", "Label")
        field = _GOOGLE_FIELDS.get((kind, part))
        return Meaning(field, "", _GROUP_BASE.get(kind, 0) + number) if field else None
    if match := _PREFIX.match(text):
        return meaning(match[1])
    return _in_words(text) or (_in_words(short) if (short := _HINT.sub("", text)) != text else None)


def about_somebody_else(header: str) -> bool:
    """Whether a column tells of another person than the row: "Buyer Email", "Emergency phone"."""
    return bool(set(_plain(header)[0].split()) & _SOMEBODY_ELSE)


def _in_words(text: str) -> Meaning | None:
    words, group = _plain(text)
    if words in _BIRTH:
        return Meaning(_BIRTH[words])
    field = MEANINGS.get(words)
    if field == "display_name" and _NUMBERED.search(text):
        return None  # "Attendee #" is a number, not a name
    if field:
        return Meaning(field, _implied_label(field, words), group)
    if about_somebody_else(text):
        return None
    rest = [word for word in words.split() if word not in _FILLERS]
    if rest != words.split() and (field := MEANINGS.get(" ".join(rest))):
        return Meaning(field, _implied_label(field, " ".join(rest)), group)
    return _with_label(rest, group)


def _plain(header: str) -> tuple[str, int]:
    folded = fold(header)
    number = re.search(r"(?<!\d)(\d{1,2})(?!\d)", folded)
    return " ".join(re.findall(r"[^\W\d_]+", folded)), int(number[1]) if number else 0


def _implied_label(field: str, words: str) -> str:
    """``Mobile`` is a phone with that label; ``LinkedIn`` a profile with that one."""
    if field == "phone":
        return _phone_label(words.split())
    if field == "social":
        return {"linkedin": "LinkedIn", "tiktok": "TikTok"}.get(words.split()[0], words.split()[0].capitalize()) if words != "profile url" else ""
    return ""


def _phone_label(words: list[str]) -> str:
    label = next((LABEL_OF_WORD[word] for word in words if word in LABEL_OF_WORD), "")
    return f"{label} fax".strip() if FAX_WORDS & set(words) or "faxnummer" in words else label


def _with_label(words: list[str], group: int) -> Meaning | None:
    """``Business Street``, ``Telefon privat``, ``E-mail (work)``: a known word for a place, and the rest a known header."""
    labels = [word for word in words if word in LABEL_OF_WORD or word in _PLACES]
    rest = [word for word in words if word not in labels and word not in _JOINERS]
    field = MEANINGS.get(" ".join(rest))
    if not labels or field not in _LABELLED or (labels[0] in _PLACES and field not in _ADDRESS):
        return None
    label = _phone_label(words) if field == "phone" else LABEL_OF_WORD.get(labels[0], labels[0])
    return Meaning(field, label, group)
