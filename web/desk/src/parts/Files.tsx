import { useRef } from "preact/hooks";
import type { Attachment } from "../api/shapes";
import { sizeOf, texts } from "../texts";

const PICTURE = /^image\/(png|jpeg|gif|webp|avif)$/;

/** The files of a message: pictures as they are, everything as a download. */
export function Files({ files }: { files: Attachment[] }) {
  if (!files.length) return null;
  return (
    <ul class="files" aria-label={texts.value.attachments}>
      {files.map((file) => (
        <File key={file.id} file={file} />
      ))}
    </ul>
  );
}

function File({ file }: { file: Attachment }) {
  const say = texts.value;
  const kept = file.scan === "infected" ? say.infected : file.refused ? say.tooLarge : null;
  const isShown = !kept && file.url && PICTURE.test(file.content_type);
  return (
    <li>
      {isShown && <Picture file={file} link={ours(file.url!)} />}
      {kept ? file.filename : <a href={`/v1/attachments/${file.id}`} download={file.filename}>{file.filename}</a>}{" "}
      <span class="hint">{kept ?? sizeOf(file.size)}</span>
    </li>
  );
}

function Picture({ file, link }: { file: Attachment; link: string }) {
  return (
    <a class="picture" href={link} target="_blank" rel="noreferrer">
      <img src={link} alt={file.filename} loading="lazy" />
    </a>
  );
}

/** Links name the gateway as the world knows it; the page is served by the same one. */
function ours(url: string): string {
  const { pathname, search } = new URL(url, location.origin);
  return pathname + search;
}

/** What goes with the answer that is being written. */
export function Uploads(props: { files: Attachment[]; uploading: string[]; remove: (id: string) => void }) {
  const say = texts.value;
  if (!props.files.length && !props.uploading.length) return null;
  return (
    <ul class="uploads" aria-label={say.attachments}>
      {props.files.map(({ id, filename, size }) => (
        <li key={id} class="tag">
          {filename} <span class="hint">{sizeOf(size)}</span>
          <button type="button" class="plain" aria-label={say.detach(filename)} onClick={() => props.remove(id)}>
            ×
          </button>
        </li>
      ))}
      {props.uploading.map((name) => (
        <li key={name} class="hint" role="status">
          {say.uploading(name)}
        </li>
      ))}
    </ul>
  );
}

export function FileChoice({ attach }: { attach: (files: Iterable<globalThis.File>) => void }) {
  const input = useRef<HTMLInputElement>(null);
  const say = texts.value;
  return (
    <>
      <button type="button" onClick={() => input.current?.click()}>
        {say.attach}
      </button>
      <input
        ref={input}
        type="file"
        multiple
        hidden
        onChange={(event) => {
          attach(event.currentTarget.files ?? []);
          event.currentTarget.value = "";
        }}
      />
    </>
  );
}
