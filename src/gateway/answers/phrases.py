"""How one says in a language how long it takes, and when a team opens."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Final

HOUR: Final = timedelta(hours=1)
DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Phrases:
    """One language. Durations take `n`, sentences `wait` or `when`; days begin with Monday."""

    days: tuple[str, ...]
    minutes: str
    hour: str
    hours: str
    day: str
    several_days: str
    within: str
    by: str
    closed: str
    subject: str

    def duration(self, wait: timedelta) -> str:
        """Say a duration of whole days, whole hours, or minutes."""
        if wait >= DAY:
            number = wait // DAY
            return (self.day if number == 1 else self.several_days).format(n=number)
        if wait >= HOUR:
            number = wait // HOUR
            return (self.hour if number == 1 else self.hours).format(n=number)
        return self.minutes.format(n=wait // timedelta(minutes=1))

    def moment(self, local: datetime, now: datetime) -> str:
        """Say a time on the wall: the day of the week, and the date where that could be another."""
        clock = f"{self.days[local.weekday()]} {local.hour}:{local.minute:02}"
        return clock if local - now < 6 * DAY else f"{clock} ({local.date().isoformat()})"


ENGLISH: Final = Phrases(
    days=("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
    minutes="about {n} minutes",
    hour="about an hour",
    hours="about {n} hours",
    day="about a day",
    several_days="about {n} days",
    within="Most messages are looked at within {wait}.",
    by="We expect to look at it by {when}.",
    closed="We are closed until {when}.",
    subject="Your message",
)

PHRASES: Final[Mapping[str, Phrases]] = MappingProxyType(
    {
        "en": ENGLISH,
        "it": Phrases(
            days=("lunedì", "martedì", "mercoledì", "giovedì", "venerdì", "sabato", "domenica"),
            minutes="circa {n} minuti",
            hour="circa un'ora",
            hours="circa {n} ore",
            day="circa un giorno",
            several_days="circa {n} giorni",
            within="La maggior parte dei messaggi viene letta entro {wait}.",
            by="Contiamo di leggerlo entro {when}.",
            closed="Siamo chiusi fino a {when}.",
            subject="Il Suo messaggio",
        ),
        "de": Phrases(
            days=(
                *("Montag", "Dienstag", "Mittwoch", "Donnerstag"),
                *("Freitag", "Samstag", "Sonntag"),
            ),
            minutes="etwa {n} Minuten",
            hour="etwa einer Stunde",
            hours="etwa {n} Stunden",
            day="etwa einem Tag",
            several_days="etwa {n} Tagen",
            within="Die meisten Nachrichten sehen wir innerhalb von {wait} an.",
            by="Voraussichtlich sehen wir sie uns bis {when} an.",
            closed="Wir haben bis {when} geschlossen.",
            subject="Ihre Nachricht",
        ),
        "fr": Phrases(
            days=("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche"),
            minutes="environ {n} minutes",
            hour="environ une heure",
            hours="environ {n} heures",
            day="environ un jour",
            several_days="environ {n} jours",
            within="La plupart des messages sont lus dans un délai d'{wait}.",
            by="Nous pensons le lire d'ici {when}.",
            closed="Nous sommes fermés jusqu'à {when}.",
            subject="Votre message",
        ),
        "es": Phrases(
            days=("lunes", "martes", "miércoles", "jueves", "viernes", "sábado", "domingo"),
            minutes="unos {n} minutos",
            hour="una hora aproximadamente",
            hours="unas {n} horas",
            day="un día aproximadamente",
            several_days="unos {n} días",
            within="La mayoría de los mensajes se leen en {wait}.",
            by="Esperamos leerlo antes del {when}.",
            closed="Estamos cerrados hasta el {when}.",
            subject="Su mensaje",
        ),
    }
)


def phrases_of(language: str) -> Phrases:
    """The phrases of a language (BCP 47), English where there are none."""
    return PHRASES.get(language.partition("-")[0], ENGLISH)
