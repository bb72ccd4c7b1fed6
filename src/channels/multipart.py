"""Form data in parts (RFC 7578): fields and files of one submission."""

from email.message import Message
from typing import TYPE_CHECKING, NoReturn

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from channels.contract import Attachment
from channels.errors import Unparseable
from channels.filenames import safe_filename

if TYPE_CHECKING:
    from python_multipart.multipart import MultipartCallbacks

MAX_PARTS = 200

Fields = dict[str, str]
Files = dict[str, list[Attachment]]


def read_multipart(content_type: str, body: bytes) -> tuple[Fields, Files]:
    """Return the fields by name (of a repeated one the last) and the files by their field's name.

    A file input that was left empty counts as absent.

    Raises:
        Unparseable: `not_a_form`, it is cut off, has no boundary or is not UTF-8.
    """
    _, options = parse_options_header(content_type)
    boundary = options.get(b"boundary", b"")
    if not 0 < len(boundary) <= 200:
        _refuse("multipart/form-data needs a boundary of 1 to 200 characters")
    parts = _Parts()
    try:
        parser = MultipartParser(boundary, parts.callbacks)
        parser.write(body)
        parser.finalize()
    except FormParserError as error:
        raise Unparseable("not_a_form", "the body is not multipart/form-data") from error
    if not parts.is_whole:
        _refuse("the body is cut off: its last boundary is missing")
    return parts.fields, parts.files


def _refuse(detail: str) -> NoReturn:
    raise Unparseable("not_a_form", detail)


class _Parts:
    """Listens to the parser and keeps what each part holds."""

    def __init__(self) -> None:
        self.fields: Fields = {}
        self.files: Files = {}
        self.is_whole = False
        self.callbacks: MultipartCallbacks = {
            "on_part_begin": self._begin,
            "on_header_field": self._name,
            "on_header_value": self._value,
            "on_header_end": self._header,
            "on_part_data": self._data,
            "on_part_end": self._end,
            "on_end": self._finish,
        }
        self._count = 0

    def _begin(self) -> None:
        self._count += 1
        if self._count > MAX_PARTS:
            _refuse(f"a form has at most {MAX_PARTS} parts")
        self._headers: dict[bytes, bytes] = {}
        self._header_name = b""
        self._header_value = b""
        self._content = bytearray()

    def _name(self, data: bytes, start: int, end: int) -> None:
        self._header_name += data[start:end]

    def _value(self, data: bytes, start: int, end: int) -> None:
        self._header_value += data[start:end]

    def _header(self) -> None:
        self._headers[self._header_name.lower()] = self._header_value
        self._header_name = self._header_value = b""

    def _data(self, data: bytes, start: int, end: int) -> None:
        self._content += data[start:end]

    def _end(self) -> None:
        _, options = parse_options_header(self._headers.get(b"content-disposition"))
        name = _text(options.get(b"name", b""))
        if b"filename" in options or b"filename*" in options:
            self._keep_file(name, options)
        else:
            self.fields[name] = _text(bytes(self._content))

    def _keep_file(self, name: str, options: dict[bytes, bytes]) -> None:
        filename = _text(options.get(b"filename", b""))
        if not filename and not self._content:
            return
        files = self.files.setdefault(name, [])
        files.append(
            Attachment(
                filename=safe_filename(filename.replace("%22", '"'), f"file-{self._count}"),
                content_type=_media_type(self._headers.get(b"content-type", b"")),
                content=bytes(self._content),
            )
        )

    def _finish(self) -> None:
        self.is_whole = True


def _text(raw: bytes) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError as error:
        raise Unparseable("not_a_form", "the form's texts must be UTF-8") from error


def _media_type(raw: bytes) -> str:
    message = Message()
    message["Content-Type"] = raw.decode("latin-1")
    return message.get_content_type() if raw else "application/octet-stream"
