"""How mail servers say that something was not delivered, in the languages that they speak.

Words alone prove nothing, since customers write them too: they count beside a machine's address.
"""

import re

_SUBJECT = re.compile(
    r"undeliver|non[- ]?deliver|not delivered|wasn't delivered|returned (?:mail|to sender|message)"
    r"|(?:could ?not|cannot|can't|couldn't) be delivered|return to sender|returning message"
    r"|failure notice|failed (?:mail|delivery)|unable to deliver|user unknown|unknown user"
    r"|deliver(?:y|ing)[ -]*(?:has |of mail |status |of message |attempt |problem )?"
    r"(?:fail|error|problem|report|notif|delay|incomplete|unsuccessful|suspended)"
    r"|mail (?:system )?(?:error|failure)|delivery status|\berrors? from"
    r"|(?:mail|message)(?: delivery)? (?:has )?(?:failed|bounced|rejected|delayed|undelivered)"
    r"|\bbounced? (?:mail|message|e-?mail)|warning: (?:message|could)|mailbox (?:is )?full"
    r"|unzustellbar|nicht zugestellt|zustellung fehlgeschlagen|unzugestellt|zustellfehler"
    r"|non recapitabil|mancat[oa] (?:recapito|consegna)|consegna non riuscita|non consegnat"
    r"|recapito non riuscito|impossibile recapitare|non (?:remis|distribu|livr)"
    r"|échec d|impossible de (?:remettre|livrer|distribuer)"
    r"|no (?:se )?(?:puede |pudo |ha podido )?(?:ser )?entreg|error de entrega"
    r"|não (?:foi |é )?(?:possível )?entreg|falha na entrega"
    r"|onbestelba|niet[- ]?bestel|niet (?:bezorgd|afgeleverd)"
    r"|kunde? inte levere|olevererba|kunn?e? ikke leveres|ikke lever|uleverba"
    r"|niedostarcz|nie dostarcz|nie można dostarczy|nelivra|nu a (?:putut fi )?livrat"
    r"|не доставл|недоставл"
    r"|(?:配信|送信)(?:不能|でき|エラー|失敗)|未配信|エラー(?:通知|メール)"
    r"|退信|无法送达|未送达|投递失败|無法傳送|未傳送|배달되지|전송 실패|반송",
    re.IGNORECASE,
)
_NOTICE = re.compile(
    r"(?:could|can) ?not be delivered|(?:was|were|has|have|is)(?: not|n't)(?: yet)?(?: been)?"
    r" delivered|(?:un|not )able to deliver|cannot deliver|could ?n[o']t deliver"
    r"|did not reach|could not be (?:sent|reached)|couldn't be delivered|delevery to"
    r"|delivery (?:to|of|has|attempt|failed|failure|error|status|problem)"
    r"|fatal error|transient (?:non-)?fatal|transcript of session|undeliver"
    r"|following (?:address|recipient)|error (?:has )?occurred while|error delivering"
    r"|user unknown|unknown user|no such user|mailbox (?:is )?full|mailbox .{0,60}exceed"
    r"|was rejected|returned to (?:you|sender)|failure reason|no valid recipients"
    r"|recipient .{0,100}(?:unknown|rejected|not found|does not exist|not recognized)"
    r"|not listed in|quota exceeded|over quota|retry time(?:out)? (?:not|exceeded)"
    r"|nicht (?:zugestellt|zustellbar|erreicht)|non (?:è|e') stat[oa] (?:consegnat|recapitat)"
    r"|non (?:recapitabil|consegnat)|n'a (?:pas )?pu être|no se (?:ha )?(?:pudo|podido|puede)"
    r"|não (?:pôde|pode|foi) (?:ser )?entreg|niet (?:worden )?(?:bezorgd|afgeleverd|bereikt)"
    r"|kunde inte levereras|kunne ikke leveres|nie mogła|nie została dostarcz|nu a putut"
    r"|не может быть достав|送信でき|配信でき|失敗しました|无法|無法",
    re.IGNORECASE,
)
_DELAYED = re.compile(
    r"has been delayed|delayed \d|\(delay\)|delivery delayed|delay reason|message delayed"
    r"|not yet been delivered|has not been delivered yet|will be retried|still being retried"
    r"|will (?:keep|continue) (?:trying|to try|to be retried)|attempts will continue"
    r"|warning message only|do not need to resend|still trying|yet to be delivered"
    r"|warning: (?:could not send|message)|transient non-fatal|delivery is delayed"
    r"|wird weiterhin versucht|verzögert",
    re.IGNORECASE,
)
_GIVEN_UP = re.compile(
    r"permanent(?:ly| error| fatal| failure)|i've given up|no further (?:delivery )?attempts",
    re.IGNORECASE,
)
_SUCCEEDED = re.compile(r"\bsuccess|\(relay", re.IGNORECASE)
_ANSWERED = re.compile(
    r"\s*(?:re|fwd?|aw|wg|r|i|tr|rv|enc|sv|vs|vb|doorst|odp|pd|ynt|回复|转发|답장|전달)\s*[:：]",  # noqa: RUF001 - the colon of Chinese writers
    re.IGNORECASE,
)


def is_failure_subject(subject: str) -> bool:
    """Whether a subject tells of a failed delivery; one that answers or forwards does not."""
    is_other = _ANSWERED.match(subject) or _SUCCEEDED.search(subject)
    return bool(_SUBJECT.search(subject)) and not is_other


def is_failure_notice(text: str) -> bool:
    """Whether a text speaks of a failed delivery."""
    return bool(_NOTICE.search(text))


def is_delay(subject: str, text: str) -> bool:
    """Whether a notice tells that delivery is still being tried."""
    told = f"{subject}\n{text}"
    return bool(_DELAYED.search(told)) and not _GIVEN_UP.search(told)
