"""Speaking and listening by the browser's own engine. Where it has none, nothing is there."""

from __future__ import annotations

from nicegui.events import GenericEventArguments

from crm_app.components.drawn import Drawn
from crm_app.components.feedback import toast
from crm_app.domain.i18n import _


class _Voice(Drawn, component="vue/voice.js"):
    """See ``vue/voice.js``."""


class ReadAloud(_Voice):
    """A button that says ``words`` aloud, and stops."""

    def __init__(self, words: str, language: str) -> None:
        super().__init__()
        self.put(way="read", words=words, language=language, labels={"start": _("Read aloud"), "stop": _("Stop reading")})


class Listen(_Voice):
    """A button that writes what is said into the text box of the composer around it. Whose ears those are, it says."""

    def __init__(self, language: str) -> None:
        super().__init__()
        who = _("Your browser listens, and may send what it hears to whoever makes it")
        self.put(way="listen", language=language, labels={"start": _("Speak"), "stop": _("Stop listening"), "who": who})
        self.on("refused", _say_why_not)


def _say_why_not(event: GenericEventArguments) -> None:
    if event.args in ("not-allowed", "service-not-allowed", "audio-capture"):
        toast(_("Your browser lets nobody listen here. Allow the microphone for this page, and try again."), kind="bad")
    elif event.args == "network":
        toast(_("Your browser cannot reach whoever listens for it. Look at the connection and try again, or type."), kind="bad")
    else:
        toast(_("Your browser cannot listen in this language. Type instead, or use another browser."), kind="bad")
