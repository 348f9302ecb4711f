"""What the folders of an account are for: by what the server says (RFC 6154), else by the names that mail programs give them."""

from __future__ import annotations

from collections.abc import Sequence

from crm_app.domain.mail.source import RemoteFolder
from crm_app.providers.imap.answers import Listed, read_name

_NONE = frozenset({"\\noselect", "\\nonexistent"})
_VIEWS = frozenset({"\\flagged", "\\important"})
"""Of messages that lie elsewhere."""
_USES = {"\\sent": "sent", "\\archive": "archive", "\\all": "archive", "\\drafts": "drafts", "\\junk": "junk", "\\trash": "trash"}
_NAMES = {
    "sent": "sent; sent items; sent messages; sent mail; gesendet; gesendete objekte; gesendete elemente; enviados; elementos enviados; itens enviados; "
    "envoyés; éléments envoyés; inviati; posta inviata; verzonden; verzonden items; wysłane; skickat; sendt",
    "archive": "archive; archives; archiv; archivo; arquivo; archivio; archief; archiwum",
    "drafts": "drafts; draft; entwürfe; rascunhos; borradores; brouillons; bozze; concepten; szkice; utkast; kladder",
    "junk": "junk; spam; junk email; junk e-mail; bulk mail; spamverdacht; lixo eletrônico; correo no deseado; courrier indésirable; "
    "posta indesiderata; ongewenste e-mail",
    "trash": "trash; deleted items; deleted messages; bin; papierkorb; gelöscht; gelöschte objekte; gelöschte elemente; lixo; itens eliminados; "
    "papelera; elementos eliminados; corbeille; éléments supprimés; cestino; prullenbak; verwijderde items; kosz; papperskorg",
}  # fmt: skip
_BY_NAME = {name.strip(): role for role, names in _NAMES.items() for name in names.split(";")}


def folders_of(found: Sequence[Listed]) -> tuple[RemoteFolder, ...]:
    """The folders that hold messages of their own, each once. What the server calls sent is; names only count for roles that it gives to no folder."""
    said = {role for one in found for attribute, role in _USES.items() if attribute in one.attributes}
    kept = {one.ref: one for one in found if not one.attributes & (_NONE | _VIEWS)}
    return tuple(RemoteFolder(ref, shown(one), _role(one, said)) for ref, one in kept.items())


def shown(folder: Listed) -> str:
    """Its name for people, its levels apart by slashes."""
    name = read_name(folder.ref)
    return name.replace(folder.between, "/") if folder.between else name


def _role(folder: Listed, said: set[str]) -> str:
    if folder.ref == "INBOX":
        return "inbox"
    for attribute, role in _USES.items():
        if attribute in folder.attributes:
            return role
    path = shown(folder).split("/")
    guess = _BY_NAME.get(path[-1].strip().casefold(), "other") if len(path) == 1 or path[0] in ("INBOX", "[Gmail]", "[Google Mail]") else "other"
    return "other" if guess in said else guess
