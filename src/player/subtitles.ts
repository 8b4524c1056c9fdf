import { find, make } from "./dom.ts";
import { toWebVtt } from "./web-vtt.rules.ts";

/** Something to play, and where the captions that belong to it are saved from; null where there are none. */
export interface Captioned {
  readonly id: string;
  readonly captionsUrl: string | null;
}

export interface Subtitles {
  /** Lets people save those of these parts. */
  readonly offer: (parts: readonly Captioned[]) => void;
  /** Lets the player show those of the part that it plays, which it does once somebody turns them on; null: of none. */
  readonly accompany: (part: Captioned | null, language: string) => Promise<void>;
}

const PATIENCE_MILLISECONDS = 15_000;

export function createSubtitles(video: HTMLVideoElement): Subtitles {
  const links = find("subtitles", HTMLElement);
  let offered = "";
  let track: HTMLTrackElement | null = null;
  let accompanied: string | null = null;
  /** Somebody who has turned them on sees those of the next part as well. */
  let mode: TextTrackMode = "disabled";

  function dropTrack(): void {
    if (track === null) return;
    mode = track.track.mode;
    URL.revokeObjectURL(track.src);
    track.remove();
    track = null;
  }

  return {
    offer(parts) {
      const next = JSON.stringify(parts.map(({ captionsUrl }) => captionsUrl));
      if (next === offered) return;
      offered = next;
      links.replaceChildren(...parts.flatMap((part, index) => linkOf(part, parts.length === 1 ? null : index + 1) ?? []));
      links.hidden = links.childElementCount === 0;
    },
    async accompany(part, language) {
      const id = part?.captionsUrl ? part.id : null;
      if (id === accompanied) return;
      accompanied = id;
      dropTrack();
      if (!part?.captionsUrl) return;
      const text = await fetchText(part.captionsUrl);
      if (accompanied !== id) return;
      // Tried once more when the part is begun anew; they can be saved in any case.
      if (text === null) return void (accompanied = null);
      track = make("track", "");
      // What players show has to be of the page's own origin, or be let in as the media is.
      track.src = URL.createObjectURL(new Blob([toWebVtt(text)], { type: "text/vtt" }));
      [track.kind, track.srclang, track.label] = ["captions", language, "Subtitles"];
      video.append(track);
      if (mode !== "disabled") track.track.mode = mode;
    },
  };
}

/** `number`: which of several parts it is. */
function linkOf({ captionsUrl }: Captioned, number: number | null): HTMLAnchorElement | null {
  if (captionsUrl === null) return null;
  const link = make("a", "", number === null ? "Subtitles (SRT)" : `Subtitles of part ${number} (SRT)`);
  link.href = captionsUrl;
  link.download = "";
  return link;
}

/** Null when it does not come. */
async function fetchText(url: string): Promise<string | null> {
  try {
    const response = await fetch(url, { credentials: "omit", signal: AbortSignal.timeout(PATIENCE_MILLISECONDS) });
    return response.ok ? await response.text() : null;
  } catch {
    return null;
  }
}
