"""Which vCard property means what, beyond those that need code."""

from __future__ import annotations

# One text, one field.
PLAIN = {
    "FN": "display_name", "TITLE": "job_title", "NOTE": "notes", "UID": "external_id", "PRONOUNS": "pronouns", "X-PRONOUNS": "pronouns",
    "X-PREFERRED-PRONOUNS": "pronouns",
}  # fmt: skip

# Fields of ours that vCard has no name for.
OWN = {"X-MINDFULCRM-STAGE": "stage", "X-MINDFULCRM-PREFERRED": "preferred_method"}

# These tell about the file or the program that wrote it, not about the person.
TECHNICAL = {
    "PRODID", "REV", "X-ABLABEL", "X-ABADR", "X-ABUID", "X-ABSHOWAS", "X-MS-OL-DESIGN", "X-MS-OL-DEFAULT-POSTAL-ADDRESS",
    "X-COUCHDB-APPLICATION-ANNOTATIONS", "X-EVOLUTION-FILE-AS", "SORT-STRING", "MAILER", "X-ADDRESSBOOKSERVER-KIND", "SOURCE", "PROFILE", "KIND", "CLIENTPIDMAP",
    "X-MOZILLA-HTML", "X-IMAGETYPE", "X-IMAGEHASH", "X-SHARED-PHOTO-DISPLAY-PREF",
}  # fmt: skip

# Which properties say that a card is a group.
GROUP_KINDS = {"KIND", "X-ADDRESSBOOKSERVER-KIND"}

# Networks; the label is the network's name where the property tells it.
SOCIAL = {
    "IMPP": "", "X-SOCIALPROFILE": "", "SOCIALPROFILE": "", "X-MS-IMADDRESS": "Messenger", "X-AIM": "AIM", "X-SKYPE": "Skype",
    "X-SKYPE-USERNAME": "Skype", "X-JABBER": "Jabber", "X-GTALK": "Google Talk", "X-GOOGLE-TALK": "Google Talk", "X-YAHOO": "Yahoo",
    "X-QQ": "QQ", "X-MSN": "MSN", "X-ICQ": "ICQ", "X-TWITTER": "Twitter", "X-FACEBOOK": "Facebook", "X-LINKEDIN": "LinkedIn",
    "X-INSTAGRAM": "Instagram", "X-WHATSAPP": "WhatsApp", "X-SIGNAL": "Signal", "X-TELEGRAM": "Telegram",
}  # fmt: skip

# What unknown-to-us properties are called among a contact's other fields.
EXTRA_NAMES = {
    "ROLE": "Role", "ANNIVERSARY": "Anniversary", "X-ANNIVERSARY": "Anniversary", "X-MS-ANNIVERSARY": "Anniversary",
    "X-EVOLUTION-ANNIVERSARY": "Anniversary", "X-EVOLUTION-SPOUSE": "Spouse", "X-MS-SPOUSE": "Spouse", "X-SPOUSE": "Spouse",
    "X-EVOLUTION-MANAGER": "Manager", "X-MS-MANAGER": "Manager", "X-MANAGER": "Manager", "X-EVOLUTION-ASSISTANT": "Assistant",
    "X-MS-ASSISTANT": "Assistant", "X-ASSISTANT": "Assistant", "X-MS-CHILD": "Children", "X-PHONETIC-FIRST-NAME": "Phonetic first name",
    "X-PHONETIC-LAST-NAME": "Phonetic last name", "X-PHONETIC-MIDDLE-NAME": "Phonetic middle name", "X-MAIDENNAME": "Maiden name",
    "X-ABRELATEDNAMES": "Related person", "RELATED": "Related person", "X-ABDATE": "Date", "GENDER": "Gender", "X-GENDER": "Gender",
    "TZ": "Time zone", "GEO": "Position", "KEY": "Key", "LABEL": "Address label", "FBURL": "Free/busy address", "CALURI": "Calendar",
    "CALADRURI": "Calendar address", "HOBBY": "Hobby", "INTEREST": "Interest", "EXPERTISE": "Expertise", "BIRTHPLACE": "Birthplace",
    "DEATHDATE": "Died on", "CLASS": "Confidentiality", "MEMBER": "Member", "AGENT": "Agent", "XML": "XML",
}  # fmt: skip
