"""What the form's own page says, by language."""

import re
from collections.abc import Mapping

TEXTS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "title": "Write to us",
        "name": "Your name",
        "email": "Email address",
        "subject": "Subject",
        "message": "Message",
        "optional": "optional",
        "choose": "Please choose",
        "send": "Send",
        "trap": "Leave this field empty",
        "mistakes": "Something is missing or not right:",
        "again": "Please press Send once more. What you have written is still here.",
        "files_again": "Please choose your files again.",
        "busy": "We cannot take your message at this moment. Please send it again shortly.",
        "elsewhere": "This form can only be sent from the website that it belongs to.",
        "thanks": "Thank you",
        "received": "Your message has arrived. We will answer by email.",
        "is required": "Please fill in this field.",
        "must be a mail address": "Please enter an email address, like ada@example.com.",
        "must be one of the options": "Please choose one of the options.",
        "wrong": "Please check this field.",
    },
    "it": {
        "title": "Scrivici",
        "name": "Nome",
        "email": "Indirizzo email",
        "subject": "Oggetto",
        "message": "Messaggio",
        "optional": "facoltativo",
        "choose": "Scegli una voce",
        "send": "Invia",
        "trap": "Lascia vuoto questo campo",
        "mistakes": "Manca qualcosa o c'è un errore:",
        "again": "Premi ancora una volta Invia. Quello che hai scritto è ancora qui.",
        "files_again": "Scegli di nuovo i file da allegare.",
        "busy": "In questo momento non possiamo ricevere il messaggio. Riprova tra poco.",
        "elsewhere": "Questo modulo si può inviare solo dal sito a cui appartiene.",
        "thanks": "Grazie",
        "received": "Il messaggio è arrivato. Risponderemo via email.",
        "is required": "Compila questo campo.",
        "must be a mail address": "Scrivi un indirizzo email, come ada@example.com.",
        "must be one of the options": "Scegli una delle voci.",
        "wrong": "Controlla questo campo.",
    },
}
DEFAULT = "en"
_LANGUAGE = re.compile(r"[a-z]{2}")


def language_of(wanted: str) -> str:
    """The first language of a list like `Accept-Language` (RFC 9110, 12.5.4) that we speak."""
    for part in wanted.lower()[:500].split(","):
        found = _LANGUAGE.match(part.strip())
        if found and found[0] in TEXTS:
            return found[0]
    return DEFAULT
