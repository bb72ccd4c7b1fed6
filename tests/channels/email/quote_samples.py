"""How mail programs introduce quoted mail, by language; names and addresses are made up."""
# ruff: noqa: RUF001, E501, ISC004 - samples of many scripts, some of several lines

REPLY_HEADERS = {
    "English": (
        "On Tue, Mar 3, 2026 at 9:15 AM Support Desk <help@shop.example> wrote:",
        "On Mar 3, 2026, at 9:15 AM, Support Desk via Shop\n<help@shop.example> wrote:",
        "On 03/03/2026 09:15, Support Desk wrote:",
        "On Tuesday, March 3rd, 2026 at 9:15 AM, Support Desk <help@shop.example> wrote:",
        "On 3 Mar 2026, 09:15 +0100, Support Desk <help@shop.example>, wrote:",
        "---- On Tue, 03 Mar 2026 09:15:00 +0100 Support Desk <help@shop.example> wrote ----",
        "Support Desk <help@shop.example> wrote:",
        "-----Support Desk/SHOP wrote: -----",
        "On Tue, Mar 3, 2026 at 9:15 AM The Longest Name That A Support Desk Ever Had <\n"
        "help@shop.example>\nwrote:",
    ),
    "Italian": (
        "Il giorno mar 3 mar 2026 alle ore 09:15 Banco Aiuto <help@shop.example> ha\nscritto:",
        "Il 03/03/2026 09:15, Banco Aiuto ha scritto:",
        "In data martedì 3 marzo 2026 09:15:00 CET, Banco Aiuto ha scritto:",
    ),
    "Swedish": (
        "Den tis 3 mars 2026 kl 09:15 skrev Stöd <help@shop.example>:",
        "3 mars 2026 kl. 09:15 skrev Stöd <help@shop.example>:",
        "Den 2026-03-03 kl. 09:15, skrev Stöd:",
    ),
    "Romanian": (
        "În mar., 3 mar. 2026 la 09:15, Ghișeul <help@shop.example> a scris:",
        "Pe 3 mar. 2026, la 09:15, Ghișeul <help@shop.example> a scris:",
        "mar., 3 mar. 2026, 09:15 Ghișeul <help@shop.example> a scris:",
    ),
    "German": (
        "Am Di., 3. März 2026 um 09:15 Uhr schrieb Hilfe <help@shop.example>:",
        "Am 03.03.26 um 09:15 schrieb Petra von der Hilfe:",
        "Hilfe <help@shop.example> schrieb am Di., 3. März 2026,\n09:15:",
    ),
    "French": (
        "Le mar. 3 mars 2026 à 09:15, Guichet <help@shop.example> a écrit :",
        "Le 03/03/2026 à 09:15, Guichet a écrit\xa0:",
    ),
    "Spanish": (
        "El mar, 3 mar 2026 a las 9:15, Ayuda (<help@shop.example>) escribió:",
        "El 03/03/2026 a las 9:15, Ayuda escribió:",
    ),
    "Portuguese": (
        "Em ter., 3 de mar. de 2026 às 09:15, Balcão <help@shop.example>\nescreveu:",
        "Balcão <help@shop.example> escreveu no dia terça, 3/03/2026 à(s) 09:15:",
    ),
    "Dutch": (
        "Op di 3 mrt 2026 om 09:15 schreef Loket <help@shop.example>:",
        "Op 3 mrt. 2026, om 09:15 heeft Loket <help@shop.example> het volgende geschreven:",
    ),
    "Polish": (
        "wt., 3 mar 2026 o 09:15 Okienko <help@shop.example> napisał(a):",
        "W dniu 3.03.2026 o 09:15, Okienko pisze:",
    ),
    "Danish": (
        "Den tir. 3. mar. 2026 kl. 09.15 skrev Skranken <help@shop.example>:",
        "Den 3. mar. 2026 kl. 09.15 skrev Skranken <help@shop.example>:",
    ),
    "Norwegian": (
        "tir. 3. mars 2026 kl. 09:15 skrev Skranken <help@shop.example>:",
        "3. mars 2026 kl. 09:15 skrev Skranken <help@shop.example>:",
    ),
    "Finnish": (
        "ti 3. maalisk. 2026 klo 9.15 Tiski (help@shop.example) kirjoitti:",
        "Tiski <help@shop.example> kirjoitti 3.3.2026 kello 9.15:",
    ),
    "Czech": (
        "út 3. 3. 2026 v 9:15 odesílatel Přepážka <help@shop.example> napsal:",
        "Dne 03. 03. 26 v 9:15 Přepážka napsal(a):",
    ),
    "Hungarian": (
        "Pult <help@shop.example> ezt írta (időpont: 2026. márc. 3., K, 9:15):",
        "2026.03.03. 9:15 keltezéssel, Pult írta:",
    ),
    "Russian": (
        "вт, 3 мар. 2026 г. в 09:15, Стойка <help@shop.example>:",
        "3 марта 2026 г., в 09:15, Стойка <help@shop.example> написал(а):",
    ),
    "Turkish": (
        "Gişe <help@shop.example>, 3 Mar 2026 Sal, 09:15 tarihinde şunu yazdı:",
        "Gişe <help@shop.example> şunları yazdı (3 Mar 2026 09:15):",
    ),
    "Japanese": (
        "2026年3月3日(火) 9:15 窓口 <help@shop.example>:",
        "2026/03/03 9:15、窓口 <help@shop.example>のメール:",
    ),
    "Chinese": (
        "柜台 <help@shop.example> 于2026年3月3日周二 09:15写道：",
        "在 2026年3月3日，09:15，柜台 <help@shop.example> 写道：",
        "櫃台 <help@shop.example> 於 2026年3月3日週二 上午9:15寫道：",
    ),
    "Korean": (
        "2026년 3월 3일 (화) 오전 9:15, 창구 <help@shop.example>님이 작성:",
        "2026. 3. 3. 오전 9:15, 창구 <help@shop.example> 작성:",
    ),
    "Ukrainian": ("вт, 3 бер. 2026 р. о 09:15 Стійка <help@shop.example> пише:",),
    "Greek": ("Στις Τρί 3 Μαρ 2026 στις 9:15 π.μ., ο χρήστης Γραφείο <help@shop.example> έγραψε:",),
}

HEADS = {
    "English": "From: Desk <help@shop.example>\nSent: Tuesday, March 3, 2026 9:15\nTo: Ann\n"
    "Subject: Parcel",
    "Italian": "Da: Banco <help@shop.example>\nInviato: martedì 3 marzo 2026 09:15\nA: Anna\n"
    "Oggetto: Pacco",
    "Swedish": "Från: Disken <help@shop.example>\nSkickat: den 3 mars 2026 09:15\nTill: Anna\n"
    "Ämne: Paket",
    "Romanian": "De la: Ghișeul <help@shop.example>\nTrimis: marți, 3 martie 2026 09:15\n"
    "Către: Ana\nSubiect: Colet",
    "German": "Von: Schalter <help@shop.example>\nGesendet: Dienstag, 3. März 2026 09:15\nAn: Anna\n"
    "Betreff: Paket",
    "French": "De : Guichet <help@shop.example>\nEnvoyé : mardi 3 mars 2026 09:15\nÀ : Anne\n"
    "Objet : Colis",
    "Spanish": "De: Ayuda <help@shop.example>\nEnviado el: martes, 3 de marzo de 2026 9:15\n"
    "Para: Ana\nAsunto: Paquete",
    "Portuguese": "De: Balcão <help@shop.example>\nEnviada em: terça-feira, 3 de março de 2026 9:15\n"
    "Para: Ana\nAssunto: Encomenda",
    "Dutch": "Van: Loket <help@shop.example>\nVerzonden: dinsdag 3 maart 2026 09:15\nAan: Anna\n"
    "Onderwerp: Pakket",
    "Polish": "Od: Okienko <help@shop.example>\nWysłano: wtorek, 3 marca 2026 09:15\nDo: Anna\n"
    "Temat: Paczka",
    "Danish": "Fra: Skranken <help@shop.example>\nSendt: 3. marts 2026 09:15\nTil: Anna\n"
    "Emne: Pakke",
    "Norwegian": "Fra: Skranken <help@shop.example>\nSendt: tirsdag 3. mars 2026 09:15\nTil: Anna\n"
    "Emne: Pakke",
    "Finnish": "Lähettäjä: Tiski <help@shop.example>\nLähetetty: tiistai 3. maaliskuuta 2026 9.15\n"
    "Vastaanottaja: Anna\nAihe: Paketti",
    "Czech": "Od: Přepážka <help@shop.example>\nOdesláno: úterý 3. března 2026 9:15\nKomu: Anna\n"
    "Předmět: Balík",
    "Hungarian": "Feladó: Pult <help@shop.example>\nElküldve: 2026. március 3. 9:15\n"
    "Címzett: Anna\nTárgy: Csomag",
    "Russian": "От: Стойка <help@shop.example>\nОтправлено: 3 марта 2026 г. 9:15\nКому: Анна\n"
    "Тема: Посылка",
    "Turkish": "Kimden: Gişe <help@shop.example>\nGönderildi: 3 Mart 2026 Salı 09:15\nKime: Ayşe\n"
    "Konu: Paket",
    "Japanese": "差出人: 窓口 <help@shop.example>\n送信日時: 2026年3月3日 9:15\n宛先: 花子\n件名: 荷物",
    "Chinese": "发件人：柜台 <help@shop.example>\n发送时间：2026年3月3日 9:15\n收件人：小明\n主题：包裹",
    "Korean": "보낸 사람: 창구 <help@shop.example>\n보낸 날짜: 2026년 3월 3일 화요일 9:15\n"
    "받는 사람: 지수\n제목: 소포",
}

RULES = (
    "-----Original Message-----",
    "----- Messaggio originale -----",
    "-----Ursprungligt meddelande-----",
    "-----Mesaj original-----",
    "-----Ursprüngliche Nachricht-----",
    "-----Message d'origine-----",
    "-----Mensaje original-----",
    "-----Mensagem original-----",
    "-----Oorspronkelijk bericht-----",
    "-----Oryginalna wiadomość-----",
    "-----Oprindelig meddelelse-----",
    "-----Opprinnelig melding-----",
    "-----Alkuperäinen viesti-----",
    "-----Původní zpráva-----",
    "-----Eredeti üzenet-----",
    "-----元のメッセージ-----",
    "------------------ 原始邮件 ------------------",
    "-----원본 메시지-----",
    "-------- Исходное сообщение --------",
    "‐‐‐‐‐‐‐ Original Message ‐‐‐‐‐‐‐",
    "*-------- Original Message --------*",
    "---------- Forwarded message ---------",
    "Begin forwarded message:",
    "Inizio messaggio inoltrato:",
    "Anfang der weitergeleiteten Nachricht:",
    "Début du message transféré :",
    "##- Please type your reply above this line -##",
    "--- Reply above this line ---",
    "##- Bitte geben Sie Ihre Antwort oberhalb dieser Zeile ein. -##",
    "===== Scrivi la tua risposta sopra questa riga =====",
)

DEVICES = (
    "Sent from my iPhone",
    "Sent via Yahoo Mail on Android",
    "Get Outlook for iOS<https://aka.ms/o0ukef>",
    "Inviato da iPhone",
    "Inviato dal mio telefono Samsung",
    "Skickat från min iPhone",
    "Trimis de pe iPhone-ul meu",
    "Von meinem iPhone gesendet",
    "Gesendet von Outlook für Android",
    "Envoyé de mon iPhone",
    "Envoyé depuis mon téléphone",
    "Enviado desde mi iPhone",
    "Enviado do meu iPhone",
    "Verzonden vanaf mijn iPhone",
    "Verstuurd vanaf mijn iPad",
    "Wysłane z iPhone'a",
    "Sendt fra min iPhone",
    "Lähetetty iPhonesta",
    "Odesláno z iPhonu",
    "Отправлено с iPhone",
    "iPhone'umdan gönderildi",
    "iPhoneから送信",
    "发自我的iPhone",
    "從我的 iPhone 傳送",
    "나의 iPhone에서 보냄",
)
