"""How mail programs introduce quoted mail and sign by themselves, by language.

The words are those that Gmail, Outlook, Apple Mail, Thunderbird, Yahoo and Notes write. They are
compared casefolded, `openers` apart.
"""
# ruff: noqa: RUF001, E501 - words of many scripts, some of them wide

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal

Label = Literal["sender", "sent", "date", "to", "copy", "subject", "other"]
"""What a line such as `From: ...` of a quoted head tells."""

_LABELS: Final[tuple[Label, ...]] = ("sender", "sent", "date", "to", "copy", "subject", "other")


@dataclass(frozen=True, slots=True)
class QuoteLanguage:
    """The words of one language, divided by ` | `.

    `openers` begin a line such as "On ... wrote:", `verbs` are the word that tells it from others.
    `sender` to `other` name the lines of a quoted head. `originals` and `forwards` stand between
    dashes above a quoted or forwarded mail. `devices` are beginnings of "Sent from my ...", with
    what must follow later behind ` ... `. `above` asks to answer above a line.
    """

    name: str
    verbs: str
    openers: str = ""
    sender: str = ""
    sent: str = ""
    date: str = ""
    to: str = ""
    copy: str = ""
    subject: str = ""
    other: str = ""
    originals: str = ""
    forwards: str = ""
    devices: str = ""
    above: str = ""

    def words(self, name: str) -> list[str]:
        """Return the words of the field `name`."""
        words: str = getattr(self, name)
        return words.split(" | ") if words else []


LANGUAGES: Final = (
    QuoteLanguage(
        "English",
        openers="On | At",
        verbs="wrote | writes | sent",
        sender="from",
        sent="sent | sent on | received",
        date="date",
        to="to | recipients",
        copy="cc | bcc",
        subject="subject | re",
        other="reply-to | reply to | importance | attachments | organization",
        originals="original message | reply message | original email | original | reply",
        forwards="forwarded message | begin forwarded message | forwarded mail | forwarded by",
        devices="sent from | sent via | sent with | sent by | sent using | sent on my | "
        "from my | get outlook | get ... outlook for | yahoo mail: | download ... outlook | "
        "this message was sent from my | this email was sent from my",
        above="above this line | reply above | above the line",
    ),
    QuoteLanguage(
        "Italian",
        openers="Il | In data | Alle",
        verbs="scritto | scrive | scriveva",
        sender="da | mittente",
        sent="inviato | inviato il | inviata",
        date="data",
        to="a | destinatario",
        copy="cc | ccn",
        subject="oggetto",
        other="risposta | priorità | rispondi a",
        originals="messaggio originale | messaggio originario",
        forwards="messaggio inoltrato | inizio messaggio inoltrato | forwarded message",
        devices="inviato da | inviato dal | scarica outlook | ottieni",
        above="sopra questa riga | sopra questa linea",
    ),
    QuoteLanguage(
        "Swedish",
        openers="Den | På | Vid",
        verbs="skrev | skriver",
        sender="från",
        sent="skickat | skickad",
        date="datum",
        to="till",
        copy="kopia | hemlig kopia",
        subject="ämne",
        other="svara till | prioritet | svar till",
        originals="ursprungligt meddelande | originalmeddelande | ursprungsmeddelande",
        forwards="vidarebefordrat meddelande | vidarebefordrat brev | forwarded message",
        devices="skickat från | skickades från | hämta outlook",
        above="ovanför denna rad | ovanför den här raden",
    ),
    QuoteLanguage(
        "Romanian",
        openers="În | Pe | La | In data | În data",
        verbs="scris | scrie",
        sender="de la | din partea | expeditor",
        sent="trimis | trimis la | trimisă",
        date="data | dată",
        to="către | catre | pentru | la",
        copy="cc",
        subject="subiect | subiectul",
        originals="mesaj original | mesajul original",
        forwards="mesaj redirecționat | mesaj redirectionat | mesaj transmis mai departe",
        devices="trimis de pe | trimis din | trimis de la | obțineți outlook",
        above="deasupra acestei linii | deasupra acestui rând",
    ),
    QuoteLanguage(
        "German",
        openers="Am | Um",
        verbs="schrieb | schrieben | schreibt | geschrieben",
        sender="von",
        sent="gesendet | gesendet am",
        date="datum",
        to="an",
        copy="cc | kopie | blindkopie",
        subject="betreff",
        other="antwort an | wichtigkeit | antworten an | priorität",
        originals="ursprüngliche nachricht | originalnachricht | original-nachricht | "
        "originalmail | antwort nachricht | ursprüngliche mitteilung",
        forwards="weitergeleitete nachricht | anfang der weitergeleiteten nachricht | "
        "anfang der weitergeleiteten e-mail | weitergeleitet von",
        devices="von mein ... gesendet | gesendet von | gesendet mit | "
        "diese nachricht wurde von mein ... gesendet | "
        "diese nachricht wurde mit ... gesendet | outlook für | "
        "holen sie sich outlook",
        above="oberhalb dieser zeile | oberhalb dieser linie | über dieser zeile | über dieser linie",
    ),
    QuoteLanguage(
        "French",
        openers="Le | Du",
        verbs="écrit | ecrit | écrivait | envoyé",
        sender="de | expéditeur",
        sent="envoyé | envoyé le | envoye",
        date="date",
        to="à | a | pour | destinataire",
        copy="cc | cci",
        subject="objet | sujet",
        other="répondre à | importance",
        originals="message d'origine | message original | message initial | courriel original",
        forwards="message transféré | début du message transféré | début du message réexpédié",
        devices="envoyé de | envoyé depuis | envoyé à partir d | envoyé avec | "
        "obtenez outlook | télécharger outlook",
        above="au-dessus de cette ligne | ci-dessus de cette ligne",
    ),
    QuoteLanguage(
        "Spanish",
        openers="El | En",
        verbs="escribió | escribio | escribe",
        sender="de | desde | remitente",
        sent="enviado | enviado el | enviada el",
        date="fecha",
        to="para | a",
        copy="cc | cco",
        subject="asunto",
        other="responder a | importancia",
        originals="mensaje original | mensaje originario",
        forwards="mensaje reenviado | inicio del mensaje reenviado | forwarded message",
        devices="enviado desde | enviado con | enviado de | obtener outlook | descarga outlook",
        above="encima de esta línea | arriba de esta línea",
    ),
    QuoteLanguage(
        "Portuguese",
        openers="Em | No dia | A",
        verbs="escreveu | escreve",
        sender="de | remetente",
        sent="enviado | enviada em | enviado em | enviada",
        date="data",
        to="para",
        copy="cc | cco",
        subject="assunto",
        other="responder a | responder para | prioridade",
        originals="mensagem original",
        forwards="mensagem encaminhada | mensagem reencaminhada | "
        "início da mensagem encaminhada | início da mensagem reencaminhada",
        devices="enviado do | enviado a partir d | enviado pelo | enviada do | obter o outlook",
        above="acima desta linha",
    ),
    QuoteLanguage(
        "Dutch",
        openers="Op",
        verbs="schreef | geschreven | schrijft",
        sender="van",
        sent="verzonden | verzonden op",
        date="datum",
        to="aan",
        copy="cc | kopie",
        subject="onderwerp",
        other="antwoord aan | urgentie | beantwoorden aan",
        originals="oorspronkelijk bericht | origineel bericht | oorspronkelijke bericht",
        forwards="doorgestuurd bericht | begin doorgestuurd bericht | doorgestuurde bericht",
        devices="verzonden vanaf | verstuurd vanaf | verzonden met | verstuurd met | "
        "verstuurd vanuit | verzonden via | outlook voor | download outlook",
        above="boven deze regel | boven deze lijn",
    ),
    QuoteLanguage(
        "Polish",
        openers="W dniu | Dnia | Dn.",
        verbs="napisał | napisała | napisano | pisze | napisali",
        sender="od | nadawca",
        sent="wysłano | wysłane | wysłany",
        date="data",
        to="do | adresat",
        copy="dw | udw | kopia | do wiadomości",
        subject="temat",
        other="odpowiedz do | ważność",
        originals="oryginalna wiadomość | wiadomość oryginalna | treść oryginalnej wiadomości",
        forwards="przekazana wiadomość | wiadomość przekazana | treść przekazanej wiadomości",
        devices="wysłano z | wysłane z | wysłano za pomocą | pobierz ... outlook",
        above="powyżej tej linii",
    ),
    QuoteLanguage(
        "Danish",
        openers="Den | På",
        verbs="skrev | skriver",
        sender="fra",
        sent="sendt",
        date="dato",
        to="til",
        copy="cc | kopi",
        subject="emne | vedr.",
        other="svar til | besvar til | prioritet",
        originals="oprindelig meddelelse | oprindelig besked | original meddelelse",
        forwards="videresendt meddelelse | videresendt besked | start på videresendt besked",
        devices="sendt fra | sendt via | sendt med | hent outlook",
        above="over denne linje",
    ),
    QuoteLanguage(
        "Norwegian",
        openers="Den | På",
        verbs="skrev | skreiv",
        sender="fra | frå",
        sent="sendt | sendt dato",
        date="dato",
        to="til",
        copy="kopi | kopi til | blindkopi",
        subject="emne",
        other="svar til",
        originals="opprinnelig melding | original melding | oprindelig melding",
        forwards="videresendt melding | videresendt e-post | start på videresendt melding",
        devices="sendt fra | skaff deg outlook | få outlook",
        above="over denne linjen",
    ),
    QuoteLanguage(
        "Finnish",
        openers="Klo",
        verbs="kirjoitti | kirjoittaa",
        sender="lähettäjä",
        sent="lähetetty",
        date="päivämäärä | päiväys | pvm",
        to="vastaanottaja",
        copy="kopio | piilokopio",
        subject="aihe",
        originals="alkuperäinen viesti | alkuperäinen sähköposti",
        forwards="välitetty viesti | edelleenlähetetty viesti | välitetty viesti alkaa",
        devices="lähetetty | hanki outlook",
        above="vastaa tämän rivin yläpuolelle",
    ),
    QuoteLanguage(
        "Czech and Slovak",
        openers="Dne | Dňa",
        verbs="napsal | napsala | napsal/a | napísal | napísala | píše",
        sender="od | odesílatel | odosielateľ",
        sent="odesláno | odoslané",
        date="datum | dátum",
        to="komu | pro",
        copy="kopie | kópia",
        subject="předmět | predmet",
        originals="původní zpráva | původní e-mail | pôvodná správa",
        forwards="přeposlaná zpráva | předaná zpráva | preposlaná správa",
        devices="odesláno z | odoslané z | získat outlook",
        above="odpovězte nad tento řádek",
    ),
    QuoteLanguage(
        "Hungarian",
        verbs="írta | írt | irta",
        sender="feladó",
        sent="elküldve | küldve | küldés ideje",
        date="dátum",
        to="címzett",
        copy="másolatot kap | másolat | titkos másolat",
        subject="tárgy",
        originals="eredeti üzenet",
        forwards="továbbított üzenet | továbbított levél",
        devices="elküldve | az én ... küldve | küldve az",
        above="válaszoljon e sor fölé",
    ),
    QuoteLanguage(
        "Russian, Ukrainian and Bulgarian",
        openers="На | В",
        verbs="написал | написала | написал(а) | пишет | пише | написав | написа",
        sender="от | від | от кого | отправитель",
        sent="отправлено | надіслано | изпратено | послано",
        date="дата",
        to="кому | до | для",
        copy="копия | копія",
        subject="тема | относно",
        originals="исходное сообщение | оригинальное сообщение | первоначальное сообщение | "
        "вихідне повідомлення | оригінальне повідомлення",
        forwards="пересылаемое сообщение | пересланное сообщение | переслане повідомлення | "
        "начало переадресованного сообщения | препратено съобщение",
        devices="отправлено с | отправлено из | надіслано з",
        above="пожалуйста, пишите ваш ответ выше этой строки",
    ),
    QuoteLanguage(
        "Turkish",
        verbs="yazdı | yazmış",
        sender="kimden | gönderen",
        sent="gönderildi | gönderme tarihi | gönderilme",
        date="tarih",
        to="kime | alıcı",
        copy="bilgi",
        subject="konu",
        originals="özgün ileti | orijinal mesaj | orijinal ileti",
        forwards="iletilen mesaj | yönlendirilen mesaj | iletilmiş ileti başlangıcı",
        devices="iphone ... gönderildi | ipad ... gönderildi | samsung ... gönderildi",
        above="bu satırın üzerine yanıtlayın",
    ),
    QuoteLanguage(
        "Japanese",
        verbs="のメール | のメッセージ | 書きました | 書き込みました | さんは書きました | wrote",
        sender="差出人 | 送信者 | 送信元",
        sent="送信日時",
        date="日付 | 日時",
        to="宛先",
        copy="cc",
        subject="件名",
        originals="元のメッセージ | オリジナルメッセージ | 元のメール | original message",
        forwards="転送メッセージ | 転送されたメッセージ | 転送元メッセージ",
        devices="iphone ... 送信 | ipad ... 送信 | 私の ... 送信 | outlook for ... 入手",
        above="この行より上に返信",
    ),
    QuoteLanguage(
        "Chinese",
        openers="在 | 于 | 於",
        verbs="写道 | 寫道 | 写到 | 来信 | 寫信 | 編寫",
        sender="发件人 | 寄件者 | 寄件人 | 發件人",
        sent="发送时间 | 寄件日期 | 发送日期 | 傳送時間 | 發送時間 | 已发送 | 傳送日期",
        date="日期",
        to="收件人 | 收件者",
        copy="抄送 | 副本 | 密送",
        subject="主题 | 主旨 | 主題",
        originals="原始邮件 | 原始郵件 | 邮件原件 | 原始消息 | 回复的原邮件 | 原邮件信息",
        forwards="转发的邮件 | 转发邮件信息 | 轉寄郵件 | 转发的消息 | 轉寄的郵件",
        devices="发自 | 發自 | 从我的 ... 发送 | 從我的 ... 傳送 | 来自我的 | 傳送自 | 获取 ... outlook",
        above="请在此行上方回复",
    ),
    QuoteLanguage(
        "Korean",
        verbs="작성 | 작성함 | 썼습니다 | 썼음",
        sender="보낸 사람 | 보낸사람 | 발신",
        sent="보낸 날짜 | 보낸날짜 | 보낸 시간 | 전송",
        date="날짜",
        to="받는 사람 | 받는사람 | 수신",
        copy="참조",
        subject="제목",
        originals="원본 메시지 | 원본 메일 | original message",
        forwards="전달된 메시지 | 전달된 메일 | 전달한 메시지",
        devices="나의 ... 보냄 | 내 ... 보냄 | 내 ... 보낸 메일 | iphone에서 ... 보냄",
        above="이 줄 위에 답장",
    ),
    QuoteLanguage(
        "others",
        openers="Vào | Στις | Την | Pada | Dana",
        verbs="viết | έγραψε | menulis | napisao | napisala | rašė | rakstīja | "
        "kirjutas | escriure | כתב | כתבה | كتب",
        sender="από | từ | dari | מאת | من",
        sent="đã gửi | dikirim | נשלח | تم الإرسال | στάλθηκε",
        to="προσ | đến | kepada | אל | إلى",
        subject="θέμα | chủ đề | perihal | subjek | נושא | הנדון | الموضوع",
        devices="στάλθηκε από | đã gửi từ | dikirim dari | enviat des",
    ),
)


def _all(name: str) -> Iterable[str]:
    return (word for language in LANGUAGES for word in language.words(name))


OPENERS: Final = frozenset(_all("openers"))
VERBS: Final = frozenset(_all("verbs"))
LABELS: Final[dict[str, Label]] = {word: label for label in _LABELS for word in _all(label)}
ORIGINALS: Final = frozenset(_all("originals"))
FORWARDS: Final = frozenset(_all("forwards"))
DEVICES: Final = tuple(tuple(f"{each} ... ".split(" ... ")[:2]) for each in _all("devices"))
ABOVE: Final = tuple(_all("above"))
