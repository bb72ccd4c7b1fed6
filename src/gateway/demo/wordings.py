"""What customers and agents of a generated past say, by language."""

from typing import Final

NAMES: Final = (
    "Ada Rossi", "Bruno Conti", "Carla Neri", "Dieter Braun", "Elena Greco", "Frank Miller",
    "Greta Vogel", "Hugh Baker", "Irene Villa", "Jonas Keller", "Kate Morgan", "Luca Ferri",
)  # fmt: skip
TOPICS: Final = {
    "order": {"en": "my order", "it": "il mio ordine", "de": "meine Bestellung"},
    "refund": {"en": "a refund", "it": "un rimborso", "de": "eine Rückzahlung"},
    "invoice": {"en": "an invoice", "it": "una fattura", "de": "eine Rechnung"},
    "account": {"en": "my account", "it": "il mio profilo", "de": "mein Konto"},
    "delivery_delay": {
        "en": "a late parcel",
        "it": "un pacco in ritardo",
        "de": "ein verspätetes Paket",
    },
}
OPENINGS: Final = {
    "en": ("Hello, I have a question about {topic}.", "It is about {topic}. Can you help me?"),
    "it": ("Buongiorno, scrivo per {topic}.", "Si tratta di questo: {topic}. Potete aiutarmi?"),
    "de": ("Guten Tag, es geht um {topic}.", "Ich habe eine Frage: {topic}. Können Sie helfen?"),
}
ANSWERS: Final = {
    "en": ("Thank you for writing. I have looked into it.", "This is settled now."),
    "it": ("Grazie per averci scritto. Ho verificato.", "Ora è tutto a posto."),
    "de": ("Danke für Ihre Nachricht. Ich habe nachgesehen.", "Das ist jetzt erledigt."),
}
THANKS: Final = {
    "en": ("I see. There is one more thing.", "Thank you, but it still does not work."),
    "it": ("Capisco. Avrei ancora una domanda.", "Grazie, ma non funziona ancora."),
    "de": ("Verstehe. Noch eine Frage.", "Danke, aber es geht noch nicht."),
}
