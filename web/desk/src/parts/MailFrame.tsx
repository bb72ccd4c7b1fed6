import { useEffect, useRef } from "preact/hooks";
import { texts } from "../texts";

const HEAD = '<!doctype html><base target="_blank"><link rel="stylesheet" href="/desk/mail.css">';

/**
 * Formatted mail, which the server has made safe, in a frame that runs nothing.
 *
 * `allow-same-origin` lets us measure it; without `allow-scripts` nothing in there can use it.
 */
export function MailFrame({ html }: { html: string }) {
  const frame = useRef<HTMLIFrameElement>(null);
  const observer = useRef<ResizeObserver | null>(null);
  useEffect(() => () => observer.current?.disconnect(), []);

  function fit(): void {
    const body = frame.current?.contentDocument?.body;
    if (!body || !frame.current) return;
    observer.current?.disconnect();
    observer.current = new ResizeObserver(() => {
      if (frame.current) frame.current.style.height = `${Math.ceil(body.offsetHeight) + 2}px`;
    });
    observer.current.observe(body);
  }

  return (
    <iframe
      ref={frame}
      class="mail"
      title={texts.value.mailFrame}
      sandbox="allow-same-origin allow-popups allow-popups-to-escape-sandbox"
      referrerpolicy="no-referrer"
      srcdoc={HEAD + html}
      onLoad={fit}
    />
  );
}
