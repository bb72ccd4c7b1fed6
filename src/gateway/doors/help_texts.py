"""What the help pages say, by language."""

from collections.abc import Mapping
from typing import Final

TEXTS: Final[Mapping[str, Mapping[str, str]]] = {
    "en": {
        "title": "Help",
        "search": "What are you looking for?",
        "find": "Search",
        "all": "All articles",
        "none": "Nothing was found. Try other words.",
        "empty": "There are no articles yet.",
        "found": "Found: {number}",
        "home": "All help",
        "asked": "Did this help?",
        "yes": "Yes",
        "no": "No",
        "thanks": "Thank you for saying so.",
        "contact": "Write to us",
    },
    "it": {
        "title": "Aiuto",
        "search": "Che cosa cerchi?",
        "find": "Cerca",
        "all": "Tutti gli articoli",
        "none": "Nessun risultato. Prova con altre parole.",
        "empty": "Non ci sono ancora articoli.",
        "found": "Trovati: {number}",
        "home": "Tutti gli aiuti",
        "asked": "Ti è stato utile?",
        "yes": "Sì",
        "no": "No",
        "thanks": "Grazie della risposta.",
        "contact": "Scrivici",
    },
}
