import { find } from "./dom.ts";
import { playNatively, playWithHls, type Playback, type PlaybackOptions } from "./playback.ts";
import { createSubtitles, type Captioned } from "./subtitles.ts";

/** A playlist, or a file with the captions that belong to it. */
export interface Part extends Captioned {
  readonly url: string;
}

export interface Stream {
  readonly language: string;
  /** What is live plays by itself; a recording waits for somebody to start it. */
  readonly kind: "LIVE" | "RECORDING";
  /** A playlist, or files to be played one after the other. */
  readonly parts: readonly Part[];
}

/** The picture, and the words in its place. */
export interface Screen {
  /**
   * Plays a language, without an end to its patience. Another address of the same, since addresses may be signed anew, is taken once
   * the picture has to be begun anew. Null: nothing.
   */
  readonly play: (stream: Stream | null) => void;
  /** Stops once what was fetched is played. */
  readonly playOut: () => Promise<void>;
  /** What there is to say while nothing is played. */
  readonly say: (words: string) => void;
}

const LOOK_MILLISECONDS = 1_000;
/** Without any progress for so long the picture is called interrupted, and then is begun anew. */
const INTERRUPTED_AFTER_MILLISECONDS = 3_000;
const ANEW_AFTER_MILLISECONDS = 9_000;
const LONGEST_WAIT_MILLISECONDS = 8_000;
const NATIVE_TYPE = "application/vnd.apple.mpegurl";

export function createScreen(eventId: string): Screen {
  const video = find("video", HTMLVideoElement);
  const notice = find("notice", HTMLElement);
  const sound = find("sound", HTMLButtonElement);
  const subtitles = createSubtitles(video);
  let stream: Stream | null = null;
  let playback: Playback | null = null;
  let failures = 0;
  let retry = 0;
  /** Which of the parts is played. */
  let place = 0;
  let reached = 0;
  let progressedAt = 0;
  let isPausedByHand = false;
  let words = "";

  function begin(): void {
    window.clearTimeout(retry);
    playback?.end();
    playback = null;
    const part = stream?.parts[place] ?? stream?.parts[0];
    void subtitles.accompany(part ?? null, stream?.language ?? "");
    if (stream === null || part === undefined) return;
    progressedAt = performance.now();
    const options = { video, url: part.url, eventId, onLost: beginLater };
    playback = stream.kind === "RECORDING" ? playFile(options) : playLive(options);
    if (playback === null) return say("This browser cannot play the stream. Any current one can.");
    if (!isPausedByHand) void start();
  }

  /** After a wait that grows and differs: many lose the same stream at once. */
  function beginLater(): void {
    window.clearTimeout(retry);
    failures += 1;
    const longest = Math.min(LONGEST_WAIT_MILLISECONDS, 1_000 * 2 ** Math.min(failures, 3));
    retry = window.setTimeout(begin, longest * (0.5 + Math.random() / 2));
  }

  function playLive(options: PlaybackOptions): Playback | null {
    return playWithHls(options) ?? (video.canPlayType(NATIVE_TYPE) === "" ? null : playNatively(options));
  }

  function playFile(options: PlaybackOptions): Playback | null {
    const begun = playNatively(options);
    // Where it was lost: what is live goes on at its newest, a recording where somebody was.
    video.currentTime = reached;
    return begun;
  }

  /** Browsers play without sound where nobody has touched the page yet. */
  async function start(): Promise<void> {
    try {
      await video.play();
    } catch (error) {
      if (!(error instanceof DOMException) || error.name !== "NotAllowedError" || video.muted) return;
      video.muted = true;
      sound.hidden = false;
      await video.play().catch(() => undefined);
    }
  }

  function look(): void {
    if (stream === null || isPausedByHand || video.ended) return;
    const now = performance.now();
    if (video.currentTime !== reached) {
      reached = video.currentTime;
      progressedAt = now;
      failures = 0;
      show("");
      return;
    }
    const idle = now - progressedAt;
    if (idle > INTERRUPTED_AFTER_MILLISECONDS)
      show(reached === 0 ? "The picture is coming." : "The picture is interrupted. It comes back by itself.");
    // What stands still although there is something new cannot be helped otherwise; of what is old there would be the last seconds again.
    if (idle > ANEW_AFTER_MILLISECONDS && playback?.hasNews()) begin();
    else if (video.paused && idle > INTERRUPTED_AFTER_MILLISECONDS) void start();
  }

  function show(text: string): void {
    if (text === words) return;
    words = text;
    notice.textContent = text;
    notice.hidden = text === "";
  }

  function say(text: string): void {
    video.hidden = stream === null;
    show(text);
  }

  sound.addEventListener("click", () => {
    video.muted = false;
    video.focus();
  });
  video.addEventListener("volumechange", () => {
    if (!video.muted) sound.hidden = true;
  });
  video.addEventListener("pause", () => {
    // At the end of what there is, and where the picture is begun anew, nobody has paused it.
    if (stream?.kind === "RECORDING") isPausedByHand = !video.ended;
    else isPausedByHand = playback !== null && !video.ended && video.readyState > HTMLMediaElement.HAVE_CURRENT_DATA;
  });
  video.addEventListener("play", () => {
    isPausedByHand = false;
    progressedAt = performance.now();
  });
  video.addEventListener("ended", () => {
    if (stream?.kind !== "RECORDING") return;
    place = (place + 1) % stream.parts.length;
    reached = 0;
    // Behind the last it stands at the beginning again, for whoever wants to see it once more.
    isPausedByHand = place === 0;
    begin();
  });
  window.setInterval(look, LOOK_MILLISECONDS);

  return {
    play(next) {
      const isSame = next?.language === stream?.language && next?.kind === stream?.kind;
      stream = next;
      subtitles.offer(next?.parts ?? []);
      if (isSame) return;
      [failures, place, reached, isPausedByHand] = [0, 0, 0, next?.kind === "RECORDING"];
      video.hidden = stream === null;
      if (stream?.kind !== "LIVE") sound.hidden = true;
      if (stream !== null) show(isPausedByHand ? "" : "The picture is coming.");
      begin();
    },
    async playOut() {
      if (stream === null) return;
      const end = video.buffered.length === 0 ? 0 : video.buffered.end(video.buffered.length - 1);
      playback?.stopLoading();
      const seconds = video.paused ? 0 : Math.max(0, end - video.currentTime);
      await new Promise((resolve) => window.setTimeout(resolve, seconds * 1_000));
    },
    say,
  };
}
