"""What surveys say, by language; a workspace may have questions of its own."""

from collections.abc import Mapping
from typing import Final

from channels.records import record


@record
class Phrases:
    """`questions` and `ends` (what the least and the most mean) are by the survey's kind."""

    questions: Mapping[str, str]
    ends: Mapping[str, tuple[str, str]]
    answer: str
    title: str
    comment: str
    optional: str
    send: str
    missing: str
    thanks: str
    again: str
    over: str
    review: str


PHRASES: Final[Mapping[str, Phrases]] = {
    "en": Phrases(
        questions={
            "csat": "How satisfied are you with how we handled your matter?",
            "nps": "How likely are you to recommend us to a friend or colleague?",
            "ces": "How easy was it to get your matter solved?",
        },
        ends={
            "csat": ("very dissatisfied", "very satisfied"),
            "nps": ("not at all", "very likely"),
            "ces": ("very hard", "very easy"),
        },
        answer="Answer with one click:",
        title="Your opinion",
        comment="What should we know?",
        optional="optional",
        send="Send",
        missing="Please choose one of the numbers.",
        thanks="Thank you for your answer.",
        again="Change my answer",
        over="This survey is over. Thank you for your interest.",
        review="Would you tell others, too?",
    ),
    "it": Phrases(
        questions={
            "csat": "Quanto sei soddisfatto di come abbiamo gestito la tua richiesta?",
            "nps": "Quanto è probabile che ci consigli a un amico o collega?",
            "ces": "Quanto è stato facile risolvere la tua richiesta?",
        },
        ends={
            "csat": ("per niente soddisfatto", "molto soddisfatto"),
            "nps": ("per niente", "molto probabile"),
            "ces": ("molto difficile", "molto facile"),
        },
        answer="Rispondi con un clic:",
        title="La tua opinione",
        comment="Che cosa dovremmo sapere?",
        optional="facoltativo",
        send="Invia",
        missing="Scegli uno dei numeri.",
        thanks="Grazie della risposta.",
        again="Cambia la mia risposta",
        over="Il sondaggio è chiuso. Grazie dell'interesse.",
        review="Vuoi dirlo anche ad altri?",
    ),
    "de": Phrases(
        questions={
            "csat": "Wie zufrieden sind Sie damit, wie wir Ihr Anliegen bearbeitet haben?",
            "nps": "Wie wahrscheinlich ist es, dass Sie uns weiterempfehlen?",
            "ces": "Wie einfach war es, Ihr Anliegen zu lösen?",
        },
        ends={
            "csat": ("sehr unzufrieden", "sehr zufrieden"),
            "nps": ("gar nicht", "sehr wahrscheinlich"),
            "ces": ("sehr schwierig", "sehr einfach"),
        },
        answer="Antworten Sie mit einem Klick:",
        title="Ihre Meinung",
        comment="Was sollten wir wissen?",
        optional="freiwillig",
        send="Senden",
        missing="Bitte wählen Sie eine der Zahlen.",
        thanks="Vielen Dank für Ihre Antwort.",
        again="Meine Antwort ändern",
        over="Diese Umfrage ist beendet. Vielen Dank für Ihr Interesse.",
        review="Möchten Sie es auch anderen sagen?",
    ),
    "fr": Phrases(
        questions={
            "csat": "Êtes-vous satisfait de la façon dont nous avons traité votre demande ?",
            "nps": "Quelle est la probabilité que vous nous recommandiez à un proche ?",
            "ces": "A-t-il été facile de résoudre votre demande ?",
        },
        ends={
            "csat": ("très insatisfait", "très satisfait"),
            "nps": ("pas du tout", "très probable"),
            "ces": ("très difficile", "très facile"),
        },
        answer="Répondez en un clic :",
        title="Votre avis",
        comment="Que devrions-nous savoir ?",
        optional="facultatif",
        send="Envoyer",
        missing="Choisissez un des nombres.",
        thanks="Merci de votre réponse.",
        again="Modifier ma réponse",
        over="Cette enquête est terminée. Merci de votre intérêt.",
        review="Voulez-vous le dire à d'autres ?",
    ),
    "es": Phrases(
        questions={
            "csat": "¿Qué tan satisfecho está con la atención que recibió?",
            "nps": "¿Qué probabilidad hay de que nos recomiende a un amigo o colega?",
            "ces": "¿Fue fácil resolver su consulta?",
        },
        ends={
            "csat": ("muy insatisfecho", "muy satisfecho"),
            "nps": ("nada probable", "muy probable"),
            "ces": ("muy difícil", "muy fácil"),
        },
        answer="Responda con un clic:",
        title="Su opinión",
        comment="¿Qué deberíamos saber?",
        optional="opcional",
        send="Enviar",
        missing="Elija uno de los números.",
        thanks="Gracias por su respuesta.",
        again="Cambiar mi respuesta",
        over="Esta encuesta ha terminado. Gracias por su interés.",
        review="¿Quiere contárselo también a otros?",
    ),
}


def spoken(language: str | None) -> str:
    """The language of ours that is closest to a customer's."""
    base = (language or "").partition("-")[0]
    return base if base in PHRASES else "en"


def question_of(kind: str, own: Mapping[str, str], language: str) -> str:
    """In the workspace's words where it has some for the language."""
    return own.get(language) or PHRASES[language].questions[kind]
